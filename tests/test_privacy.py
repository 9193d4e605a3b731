"""Small numbers do not leave: whatever is asked for, no count of few can be worked out from all that is told."""

from __future__ import annotations

import calendar
import datetime
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard import privacy
from dashboard.filters import Filters
from dashboard.statistics.disclosure import Cell, merged
from dashboard.store import MEASURES, RECORDS, Store, SuppressedStore, open_snapshot
from data import import_exports
from data.sampling import write_sample
from queries import ATTRIBUTES
from tests.conftest import RandomSnapshot

K = 5
QUESTIONS = 200

GROUPS = [column for column in privacy.COLUMNS if column in ATTRIBUTES]
Units = frozenset[int]
"""The sessions, or the side effects, that are behind a count."""


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, SuppressedStore]:
    """A synthetic practice of 3,000 records: as it is, and with small numbers suppressed."""
    folder = tmp_path_factory.mktemp("practice")
    write_sample(folder / "exports", 3_000, seed=11)
    import_exports([folder / "exports"], into=folder / "outcomes.json")
    store = open_snapshot(folder / "outcomes.json", 0)
    return store, SuppressedStore(store.generation, K)


class Practice:
    """Who is behind every count, by going through the records."""

    def __init__(self, store: Store) -> None:
        columns = [*ATTRIBUTES, "month", "year"]
        records = store._frame("from treatment_records").astype(dict.fromkeys(columns, str))
        effects = store._frame("select treatment_no, side_effect_no, effect, right_day from side_effect_observations")
        effects = effects.astype({"effect": str}).merge(records, on="treatment_no")
        self.frames = {"session_no": records, "side_effect_no": effects}
        self.is_of = {
            (unit, column): {value: (frame[column] == value).to_numpy() for value in frame[column].unique()}
            for unit, frame in self.frames.items()
            for column in [*columns, *(["effect"] if unit == "side_effect_no" else [])]
        }
        self.patients = {
            unit: dict(zip(frame[unit], frame["patient_no"], strict=True)) for unit, frame in self.frames.items()
        }
        self.of_one_record = {no for no, many in records["session_no"].value_counts().items() if many == 1}

    def selected(self, unit: str, filters: Filters, group: Mapping[str, str]) -> np.ndarray:
        """Which records, or side effects, are of a selection and a group."""
        frame = self.frames[unit]
        chosen: dict[str, tuple[str, ...]] = {column: getattr(filters, column) for column in (*ATTRIBUTES, "effect")}
        wanted = [(column, values) for column, values in chosen.items() if values and (unit, column) in self.is_of]
        days = pd.to_datetime(frame["treated_on"])
        found = np.ones(len(frame), dtype=bool)
        if filters.treated_from and filters.treated_to:
            found &= days.between(pd.Timestamp(filters.treated_from), pd.Timestamp(filters.treated_to)).to_numpy()
        for column, values in [*wanted, *((column, (value,)) for column, value in group.items())]:
            of_column = self.is_of[unit, column]
            found &= np.logical_or.reduce([of_column.get(value, np.zeros(len(frame), dtype=bool)) for value in values])
        return found

    def counts(self, name: str, filters: Filters, row: Mapping[Any, object], by: Sequence[str]) -> dict[str, Units]:
        """The units behind the counts of a row of a measure, and of those that are the difference of two."""
        group = {column: str(row[column]) for column in by}
        records, effects = self.frames.values()
        if name.startswith("time_to_resolution"):
            of_effects = self.selected("side_effect_no", filters, group)
            every = frozenset(effects["side_effect_no"].to_numpy()[of_effects].tolist())
            is_resolved = of_effects & effects["right_day"].notna().to_numpy()
            resolved = frozenset(effects["side_effect_no"].to_numpy()[is_resolved].tolist())
            return {"side_effects": every, "resolved": resolved, "censored": every - resolved}
        of_records = self.selected("session_no", filters, group)
        sessions = records["session_no"].to_numpy()
        treated = frozenset(sessions[of_records].tolist())
        evaluable = frozenset(sessions[of_records & records["is_evaluable"].to_numpy()].tolist())
        counts = {"treated": treated, "evaluable": evaluable, "unseen": treated - evaluable}
        if name == "side_effect_rates":
            of_effect = {} if row["effect"] == "any" else {"effect": str(row["effect"])}
            of_effects = self.selected("side_effect_no", filters, group | of_effect)
            affected = frozenset(effects["session_no"].to_numpy()[of_effects].tolist())
            counts |= {"affected": affected, "unaffected": evaluable - affected}
        return counts


def random_questions(store: Store, seed: int) -> Iterator[tuple[str, Filters, tuple[str, ...]]]:
    """Measures with random filters, periods and groups; of them, those that are answered at all."""
    draw = random.Random(seed)
    values = {column: [value for value, _ in store.values(column)] for column in (*GROUPS, "effect")}
    assert store.period
    while True:
        name = draw.choice(["side_effect_rates", "follow_up_completeness", "time_to_resolution_summary"])
        by = tuple(draw.sample([*GROUPS, "month", "year"], draw.choice([0, 1, 1, 1, 2])))
        chosen: dict[str, Any] = {}
        for column in draw.sample(GROUPS, draw.choice([0, 0, 1, 1])):
            chosen[column] = tuple(draw.sample(values[column], min(draw.choice([1, 1, 2, 3]), len(values[column]))))
        if draw.random() < 0.2:
            chosen["effect"] = (draw.choice(values["effect"]),)
        if draw.random() < 0.3:
            chosen["treated_from"], chosen["treated_to"] = random_period(store.period, draw)
        yield name, Filters(**chosen), by


def random_period(period: tuple[datetime.date, datetime.date], draw: random.Random) -> tuple[datetime.date, ...]:
    first = draw.randrange(period[0].year * 12 + period[0].month - 1, period[1].year * 12 + period[1].month)
    last = first + draw.choice([0, 2, 5, 11, 23])
    if draw.random() < 0.5:
        first, last = first // 12 * 12, first // 12 * 12 + 11
    ends_on = calendar.monthrange(last // 12, last % 12 + 1)[1]
    return datetime.date(first // 12, first % 12 + 1, 1), datetime.date(last // 12, last % 12 + 1, ends_on)


class Reader:
    """Somebody who has read all answers, knows which unit was counted where, and takes counts from each other."""

    def __init__(self) -> None:
        self.told: set[Units] = set()
        self.small: dict[Units, str] = {}

    def recovered(self) -> dict[Units, str]:
        """The counts of few that are a sum or a difference of any counts that are told."""
        told, small = list(self.told), list(self.small)
        place = {unit: at for at, unit in enumerate(sorted(set().union(*told, *small)))}
        matrix = np.zeros((len(place), len(told) + len(small)), dtype=bool)
        for column, units in enumerate([*told, *small]):
            matrix[[place[unit] for unit in units], column] = True
        # Units that were counted together wherever they were are one to the reader.
        matrix = np.unique(matrix, axis=0).astype(float)
        space, strengths, _ = np.linalg.svd(matrix[:, : len(told)], full_matrices=False)
        space = space[:, strengths > 1e-8 * strengths[0]]
        aims = matrix[:, len(told) :]
        left = np.linalg.norm(aims - space @ (space.T @ aims), axis=0)
        return {small[at]: self.small[small[at]] for at in np.flatnonzero(left < 1e-6)}


def test_no_small_count_can_be_worked_out_from_200_answers(stores: tuple[Store, SuppressedStore]) -> None:
    """Nor can one that is the difference of two counts, such as of those who were not followed up.

    A session of several records may be counted in several groups: the sum of these less their total tells how many
    are, which is no count of an answer, though it may be of the very session that one is of.
    """
    store, suppressed = stores
    practice = Practice(store)
    readers = {"session_no": Reader(), "side_effect_no": Reader()}
    answered, hidden = 0, 0
    for name, filters, by in random_questions(store, 5):
        try:
            told = suppressed.measure(name, filters, by, **({"limits": "none"} if "resolution" in name else {}))
        except privacy.Withheld:
            continue
        answered += 1
        unit = "side_effect_no" if "resolution" in name else "session_no"
        reader, patients = readers[unit], practice.patients[unit]
        for row in told.to_dict("records"):
            for count, units in practice.counts(name, filters, row, by).items():
                value = row.get(count, np.nan)
                if not np.isnan(value):
                    assert value == len(units), (name, filters, by, row)
                    reader.told.add(units)
                if 0 < len({patients[each] for each in units}) < K:
                    assert np.isnan(value), (name, filters, by, count, row)
                    reader.small[units] = f"{count} of {name} by {by} where {filters.describe()} is {len(units)}: {row}"
                    hidden += 1
        if answered == QUESTIONS:
            break
    assert hidden > 1_000, "too few small counts to tell anything"
    assert all(len(reader.told) > 50 for reader in readers.values())
    found = readers["session_no"].recovered()
    assert [name for units, name in found.items() if units & practice.of_one_record] == []
    assert list(readers["side_effect_no"].recovered().values()) == []


@pytest.mark.parametrize("name", sorted({*privacy.RULES} - {*privacy.CURVES}))
def test_what_is_told_is_what_everybody_else_is_told(name: str, stores: tuple[Store, SuppressedStore]) -> None:
    store, suppressed = stores
    limits: dict[str, Any] = {"limits": "none"} if name.startswith("time_to_resolution") else {}
    by = ("practitioner",) if "funnel" in name else () if name == "rates_over_time" else ("treatment_type",)
    shown, truth = (each.measure(name, by=by, **limits) for each in (suppressed, store))
    assert list(shown.columns) == [*truth.columns, "is_suppressed"]
    keys = [*by, *(column for column in ("effect", "outcome", "month", "day") if column in truth)]
    both = shown.merge(truth, on=keys, suffixes=("", "_true"))
    hidden = both["is_suppressed"]
    rule = privacy.RULES[name]
    if privacy.curve_of(name) is None:
        assert 0 < hidden.sum() < len(hidden)
        counts = [column for column in ("treated", "evaluable", "affected", "courses", "recorded") if column in shown]
        assert both.loc[hidden, counts].isna().all(axis=None)
    if rule.is_across:
        return
    for column in (str(each) for each in truth if each not in (*keys, *rule.of_all)):
        told = shown[column].notna() if truth[column].dtype.kind in "if" else ~shown["is_suppressed"]
        assert shown.loc[told, column].astype(truth[column].dtype).equals(truth.loc[told, column]), column


def test_a_funnel_is_made_of_those_that_are_told(stores: tuple[Store, SuppressedStore]) -> None:
    store, suppressed = stores
    shown = suppressed.measure("follow_up_funnel", by=("practitioner",))
    told = shown[~shown["is_suppressed"]]
    assert 1 < len(told) < len(shown)
    alone = store.measure("follow_up_funnel", Filters(practitioner=tuple(told["practitioner"])), ("practitioner",))
    limits = ["completeness", "overall_completeness", "funnel_95_low", "funnel_998_high"]
    assert told.set_index("practitioner")[limits].equals(alone.set_index("practitioner")[limits])


def test_how_many_were_treated_is_left_out_wherever_few_were_not_followed_up(random_snapshot: RandomSnapshot) -> None:
    """The funnel is made again of those that are told, and results count the treated too."""
    left_out = 0
    for seed in (4, 7, 11, 12):
        _, store = random_snapshot(seed)
        reader = SuppressedStore(store.generation, 3)
        for column in ("clinic", "sex", "smoker", "treatment_type", "area"):
            table = reader.table_of("side_effects", (column,))
            if table is None or "unseen" not in table["detail"]:
                continue
            left_out += 1
            for name in ("follow_up_completeness", "follow_up_funnel", "practitioner_funnel", "results"):
                assert reader.measure(name, by=(column,))["treated"].isna().all(), (name, column, seed)
            assert np.isnan(reader.cohort_size(Filters.of([(column, store.values(column)[0][0])]))[0])
    assert left_out


@pytest.mark.parametrize(("name", "event"), [("time_to_resolution", "resolved"), ("maintenance_intervals", "returned")])
@pytest.mark.parametrize("by", [(), ("treatment_type",), ("clinic",), ("sex", "clinic")])
def test_nobody_can_be_counted_out_of_a_curve(
    name: str, event: str, by: tuple[str, ...], stores: tuple[Store, SuppressedStore]
) -> None:
    """Ends since the row before, and those left after it, are none or at least five: of every group and of the others.

    The days are the same for all groups, and for every group when it is asked for by itself.
    """
    store, suppressed = stores
    limits: dict[str, Any] = {"limits": "none"} if name == "time_to_resolution" else {}
    shown = suppressed.measure(name, by=by, **limits)
    whole = store.measure(name, by=by, **limits)
    told = shown[shown["at_risk"].notna()]
    for frame in [rows for _, rows in told.groupby(list(by))] if by else [told]:
        left = frame["at_risk"] - frame["at_risk"].shift(-1)
        ends = [frame[event], (left - frame[event]).dropna(), frame["at_risk"]]
        assert all(((each.abs() < 1e-9) | (each > K - 1e-9)).all() for each in ends)
        true = whole.merge(frame[list(by)].drop_duplicates(), on=list(by)) if by else whole
        so_far = [true[true["day"] <= day][event].sum() for day in frame["day"]]
        assert np.allclose(frame[event].cumsum(), so_far)
    if len(by) == 1 and len(told):
        value = str(told[by[0]].iloc[0])
        of_group: dict[str, Any] = {by[0]: (value,)}
        alone = suppressed.measure(name, Filters(**of_group), (), **limits)
        same = told[told[by[0]] == value].drop(columns=list(by)).reset_index(drop=True)
        assert alone[["day", "at_risk", event]].equals(same[["day", "at_risk", event]])
    if by and len(told):  # the groups that are not told, as one
        days = sorted(told["day"].unique())
        untold = whole.merge(told[list(by)].drop_duplicates(), on=list(by), how="left", indicator=True)
        untold = untold[untold["_merge"] == "left_only"]
        since = np.diff([0.0, *(untold[untold["day"] <= day][event].sum() for day in days)])
        assert ((np.abs(since) < 1e-9) | (since > K - 1e-9)).all()


def test_a_single_cell_stands_with_the_smallest_others() -> None:
    cells = [
        Cell((place, kind), (), "treated", "", frozenset(range(at, at + many)), 0, many)
        for at, (place, kind, many) in enumerate(
            [("A", "x", 90), ("A", "y", 2), ("A", "z", 30), ("B", "x", 80), ("B", "y", 40), ("B", "z", 20)]
        )
    ]
    # y in A is of two: z has the fewest of the values that y could stand together with, and A and B together are all.
    assert merged(cells, ("place", "kind"), 5, {}, False) == {
        "place": frozenset(),
        "kind": frozenset({"y", "z"}),
        "detail": frozenset(),
    }
    assert merged(cells[1:2], ("place", "kind"), 5, {}, False) is None
    assert merged([], ("place", "kind"), 5, {}, False) is not None


def test_records_and_what_no_table_tells_are_withheld(random_snapshot: RandomSnapshot) -> None:
    _, store = random_snapshot(7)
    reader = SuppressedStore(store.generation, K)
    for table in RECORDS:
        for ask in (reader.records, reader.records_reader, reader.record_count):
            with pytest.raises(privacy.Withheld, match="withheld while small numbers are suppressed"):
                ask(table)
    with pytest.raises(privacy.Withheld, match="told by maintenance_summary"):
        reader.patients_of_courses()
    for name in set(MEASURES) - set(privacy.RULES):
        with pytest.raises(privacy.Withheld, match="no rule of what to hide"):
            reader.measure(name)
    asked: list[tuple[Filters, tuple[str, ...], dict[str, object], str]] = [
        (
            Filters(sex=("female",)),
            ("clinic", "treatment_type"),
            {},
            "two things at a time.*clinic, sex, treatment type",
        ),
        (Filters(), ("lot",), {}, "no figures by lot"),
        (Filters(technique=("needle",)), (), {}, "no filter by technique"),
        (Filters(dose_from=1), (), {}, "no filter by dose"),
        (Filters(severity=("mild",)), (), {}, "no filter by severity"),
        (Filters(effect=("pain", "bruising")), (), {}, "one side effect"),
        (Filters(treated_from=datetime.date(2023, 2, 3)), (), {}, "whole months"),
        (Filters(), (), {"window_days": 30}, "Choose no window"),
        (Filters(), (), {"unit": "patient"}, "Choose sessions"),
    ]
    for filters, by, options, said in asked:
        with pytest.raises(privacy.Withheld, match=said):
            reader.measure("side_effect_rates", filters, by, **options)


def test_a_cohort_is_counted_where_a_table_tells_it(stores: tuple[Store, SuppressedStore]) -> None:
    store, suppressed = stores
    told = {True: 0, False: 0}
    for clinic in [value for value, _ in store.values("clinic")]:
        for kind in [value for value, _ in store.values("treatment_type")]:
            filters = Filters(clinic=(clinic,), treatment_type=(kind,))
            size, of = store.cohort_size(filters)
            shown = suppressed.cohort_size(filters)
            assert shown in ((size, of), (pytest.approx(np.nan, nan_ok=True), of))
            told[not np.isnan(shown[0])] += 1
            assert not 0 < size < K or np.isnan(shown[0])
    assert all(told.values())
    assert np.isnan(suppressed.cohort_size(Filters(lot=("none such",)))[0])


@pytest.mark.parametrize("text", ["five", "-1", "4.5"])
def test_a_setting_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", text)
    with pytest.raises(privacy.Withheld, match="has to be a whole number"):
        privacy.suppress_below()
