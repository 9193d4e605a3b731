"""Small numbers do not leave: an attacker with linear programming tells none, from figures, totals or curves."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pandas as pd
import pytest

from dashboard import privacy
from dashboard.filters import Filters
from dashboard.store import MEASURES, RECORDS, Store, SuppressedStore, options_of
from queries import groups_of
from tests.attacking import Key, attack, keyed
from tests.conftest import RandomSnapshot

K = 5
COUNTS = {
    "side_effect_rates": ("treated", "pending", "evaluable", "affected"),
    "follow_up_completeness": ("treated", "pending", "evaluable"),
    "follow_up_funnel": ("treated", "pending", "evaluable"),
    "time_to_resolution_summary": ("side_effects", "resolved", "censored"),
    "maintenance_summary": ("patients", "courses", "completed"),
}
WHOLES: dict[str, list[tuple[str, Sequence[str]]]] = {
    "side_effect_rates": [("treated", ("evaluable", "unseen")), ("evaluable", ("affected", "unaffected"))],
    "follow_up_completeness": [("treated", ("evaluable", "unseen"))],
    "follow_up_funnel": [("treated", ("evaluable", "unseen"))],
    "time_to_resolution_summary": [("side_effects", ("resolved", "censored"))],
    "maintenance_summary": [("courses", ("completed", "open"))],
}
DERIVED = {
    "unseen": ("treated", "evaluable"),
    "unaffected": ("evaluable", "affected"),
    "open": ("courses", "completed"),
}


def behind(store: Store) -> SuppressedStore:
    """The same snapshot, with small numbers suppressed."""
    return SuppressedStore(store.generation, K)


def small_counts(name: str, truth: Mapping[Key, float]) -> list[Key]:
    """The counts from 1 to 4 of an answer, those among them that only subtraction gives."""
    counts = dict(truth)
    for part, (whole, other) in DERIVED.items():
        if not any(part in parts for _, parts in WHOLES[name]):
            continue
        for count, group, effect in truth:
            if count == other:
                counts[part, group, effect] = truth[whole, group, ""] - truth[count, group, effect]
    return [key for key, value in counts.items() if 0 < value < K]


def pinned(
    name: str, shown: Sequence[pd.DataFrame], truth: Sequence[pd.DataFrame], by: Sequence[str], most: int = 40
) -> list[str]:
    """The small counts that a reader of the frame and its total can tell to be one number."""
    own = [column for column in by if column != "effect" or "affected" not in COUNTS[name]]
    told, true = (keyed(each[0], own, COUNTS[name]) | keyed(each[1], (), COUNTS[name]) for each in (shown, truth))
    reader = attack(told, true, WHOLES[name])
    keys = small_counts(name, true)
    keys = random.Random(1).sample(keys, min(len(keys), most))
    return [f"{key} is {low}" for key in keys for low, high in [reader.bounds(key)] if low == high]


def answers(store: Store, name: str, by: Sequence[str], **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    return store.measure(name, by=by, **options), store.measure(name, by=(), **options)  # type: ignore[arg-type]


def random_case(name: str, seed: int) -> tuple[tuple[str, ...], dict[str, object]]:
    draw = random.Random(f"{name} {seed}")
    options: dict[str, object] = {}
    if "unit" in options_of(name):
        options = {"unit": draw.choice(("session", "record", "patient")), "window_days": draw.choice((None, 90))}
    return (draw.choice(groups_of(name)),), options


@pytest.mark.parametrize("seed", [4, 7, 11, 12])
@pytest.mark.parametrize("name", COUNTS)
def test_no_small_count_can_be_worked_out(name: str, seed: int, random_snapshot: RandomSnapshot) -> None:
    _, store = random_snapshot(seed)
    by, options = random_case(name, seed)
    shown = answers(behind(store), name, by, **options)
    truth = answers(store, name, by, **options)
    assert pinned(name, shown, truth, by) == [], (by, options)


def test_the_attacker_sees_through_hiding_one_by_one(random_snapshot: RandomSnapshot) -> None:
    _, store = random_snapshot(7)
    truth = answers(store, "side_effect_rates", ("clinic",))
    naive = []
    for frame in truth:
        hidden = frame.astype(dict.fromkeys(COUNTS["side_effect_rates"], float))
        for count in COUNTS["side_effect_rates"]:
            hidden[count] = hidden[count].mask((hidden[count] > 0) & (hidden[count] < K))
        naive.append(hidden)
    assert pinned("side_effect_rates", naive, truth, ("clinic",))


@pytest.mark.parametrize("seed", [4, 7])
@pytest.mark.parametrize("name", COUNTS)
def test_figures_go_with_their_counts_and_nothing_else_changes(
    name: str, seed: int, random_snapshot: RandomSnapshot
) -> None:
    _, store = random_snapshot(seed)
    by, options = random_case(name, seed)
    shown, truth = (answers(each, name, by, **options)[0] for each in (behind(store), store))
    rule = privacy.RULES[name]
    assert list(shown.columns) == [*truth.columns, "is_suppressed"]
    for counts, columns in rule.figures.items():
        is_hidden = shown[list(counts)].isna().any(axis=1)
        for figure in columns:
            assert shown.loc[is_hidden, figure].isna().all() or figure == "is_little_followed_up"
    if name == "follow_up_funnel":  # its limits are those of the groups that are told
        return
    for column in map(str, truth):
        told = shown[column].notna()
        assert shown.loc[told, column].astype(truth[column].dtype).equals(truth.loc[told, column]), column
    hidden_counts = shown[list(rule.counts)].isna().any(axis=1)
    assert (shown["is_suppressed"] | ~hidden_counts).all()
    zeros = shown[list(rule.counts)][~shown["is_suppressed"]].eq(0)
    assert (zeros == truth[list(rule.counts)][~shown["is_suppressed"]].eq(0)).all(axis=None)


@pytest.mark.parametrize("seed", [4, 7, 11])
@pytest.mark.parametrize(("name", "event"), [("time_to_resolution", "resolved"), ("maintenance_intervals", "returned")])
def test_nobody_can_be_counted_out_of_a_curve(
    name: str, event: str, seed: int, random_snapshot: RandomSnapshot
) -> None:
    """Ends since the row before, and those left after it, are none or at least five, by group and of the others."""
    _, store = random_snapshot(seed)
    share = "unresolved" if event == "resolved" else "not_returned"
    for by in ("sex", "treatment_type"):
        shown, total = answers(behind(store), name, (by,))
        truth, _ = answers(store, name, (by,))
        told = shown[shown["at_risk"].notna()]
        for frame in (*(rows for _, rows in told.groupby(by)), total[total["at_risk"].notna()]):
            left = (frame["at_risk"] - frame["at_risk"].shift(-1)).fillna(0.0)
            for ends in (frame[event], (left - frame[event]).where(left > 0, 0.0), frame["at_risk"]):
                assert ((ends.abs() < 1e-9) | (ends > K - 1e-9)).all()
        for row in told.to_dict("records"):
            own = truth[(truth[by] == row[by]) & (truth["day"] <= row["day"])]
            assert row[share] == own[share].iloc[-1]
            later = truth[(truth[by] == row[by]) & (truth["day"] > row["day"])]["at_risk"]
            if "censored" in row:
                assert row["at_risk"] - row[event] - row["censored"] == (later.iloc[0] if len(later) else 0)
        days = told.groupby(by)["day"].agg(set)
        assert all(len(each - set.union(*days)) == 0 for each in days)


def test_records_single_patients_and_crossed_groups_are_withheld(random_snapshot: RandomSnapshot) -> None:
    _, store = random_snapshot(7)
    reader = behind(store)
    for table in RECORDS:
        for ask in (reader.records, reader.records_reader, reader.record_count):
            with pytest.raises(privacy.Withheld, match="withheld while small numbers are suppressed"):
                ask(table)
    with pytest.raises(privacy.Withheld, match="one group at a time"):
        reader.measure("side_effect_rates", by=("clinic", "sex"))
    for name in MEASURES:
        if name not in privacy.RULES and name not in privacy.CURVES:
            with pytest.raises(privacy.Withheld, match="no rule of what to hide"):
                reader.measure(name)


def test_a_cohort_of_few_is_not_counted(random_snapshot: RandomSnapshot) -> None:
    exports, store = random_snapshot(7)
    reader = behind(store)
    told = {True: 0, False: 0}
    for lot in (*sorted({row["lot"] or "" for row in exports.treatments}), "none such"):
        for area in sorted({row["area"] or "" for row in exports.treatments}):
            filters = Filters(lot=(lot,), area=(area,))
            size, of = store.cohort_size(filters)
            is_told = not (0 < size < K or 0 < of - size < K)
            told[is_told] += 1
            assert str(reader.cohort_size(filters)[0]) == (str(size) if is_told else "nan")
    assert all(told.values())


@pytest.mark.parametrize("text", ["five", "-1", "4.5"])
def test_a_setting_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", text)
    with pytest.raises(privacy.Withheld, match="has to be a whole number"):
        privacy.suppress_below()
