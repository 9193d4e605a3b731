"""Two snapshots side by side: each change is found, and nothing else is, by hand and against a naive comparison."""

from __future__ import annotations

import csv
import functools
import io
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import data
from dashboard import privacy
from dashboard.changes import FIGURES, SIGNAL_OF, figures_compared, signals_compared
from dashboard.cli import main
from dashboard.store import CHANGES, Changes, SuppressedStore, earlier_snapshots, open_kept, open_snapshot
from tests import oracle
from tests.drawing import PRODUCTS, Exports, Row, drawn, on, random_exports, write_exports
from tests.measures.agreement import disagreements, only, plain

BEFORE = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type | product   | dose
        t1           | ann        | 0          | skincare       | Product A | 1
        t2           | ann        | 40         | skincare       | Product A | .
        t3           | bea        | 50         | neuromodulator | .         | 20.25
    """,
    patients="""
        patient_id | birth_year | smoker
        ann        | 1980       | true
        bea        | 1990       | .
    """,
    follow_ups="""
        follow_up_id | treatment_id | followed_up_on | satisfaction
        f1           | t1           | 14             | 4
        f2           | t2           | 60             | 5
        f3           | t3           | 60             | .
    """,
    side_effects="""
        side_effect_id | treatment_id | effect   | severity | onset_on | resolved_on
        s1             | t1           | redness  | mild     | 0        | .
        s2             | t3           | bruising | .        | 50       | 55
    """,
)
# Added: t4 on the day of the cut-off (60), t5 late (59); s3 late. Edited: t1 twice, t2, ann, f1 emptied, s1 filled in.
ADDED = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type | product   | dose
        t1           | ann        | 0          | skincare       | Product B | 1.5
        t2           | ann        | 40         | skincare       | .         | .
        t3           | bea        | 50         | neuromodulator | .         | 20.25
        t4           | bea        | 60         | neuromodulator | .         | 20
        t5           | cat        | 59         | new thing      | .         | .
    """,
    patients="""
        patient_id | birth_year | smoker
        ann        | 1980       | false
    """,
    follow_ups="""
        follow_up_id | treatment_id | followed_up_on | satisfaction
        f1           | t1           | 14             | .
    """,
    side_effects="""
        side_effect_id | treatment_id | effect   | severity | onset_on | resolved_on
        s1             | t1           | redness  | mild     | 0        | 7
        s3             | t2           | swelling | mild     | 41       | .
    """,
)

Kept = Callable[..., Path]


def imported(folder: Path, *exports: Exports, afresh: bool = False) -> Path:
    """The pointer behind which these exports were imported one after the other, afresh where told so."""
    pointer = folder / "outcomes.json"
    for place, one in enumerate(exports):
        exported = write_exports(one, folder / f"{place}")
        report = data.import_exports([exported], into=pointer, replace=afresh and place > 0)
        assert not report.rejects, report.rejects
    return pointer


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """Imports exports one after the other, behind a pointer of the test's own."""
    return functools.partial(imported, tmp_path)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pointer behind which BEFORE and then ADDED were imported."""
    return imported(tmp_path_factory.mktemp("two"), BEFORE, ADDED)


def between(pointer: Path, number: int = 1) -> Changes:
    return open_snapshot(pointer).since(open_kept(pointer, number))


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of every row, None for missing cells."""
    return [tuple(plain(row[column]) for column in columns) for row in frame.to_dict("records")]


def told(changes: Changes, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """All records of a list, as a download has them."""
    frame = changes.records_reader(name).read_all().to_pandas()
    return sorted(rows(frame, "table", "record_id", *columns), key=str)


def test_each_change_of_a_second_import_is_found_and_nothing_else(two: Path) -> None:
    changes = between(two)
    assert rows(changes.counts("record_changes"), "table", "change", "records") == [
        ("treatments", "added", 1),
        ("treatments", "edited", 2),
        ("treatments", "late", 1),
        ("patients", "edited", 1),
        ("follow_ups", "edited", 1),
        ("side_effects", "edited", 1),
        ("side_effects", "late", 1),
        ("treatment_types", "added", 1),
    ]
    assert told(changes, "changed_records", "change", "patient_id", "happened_on") == [
        ("follow_ups", "f1", "edited", None, on(14)),
        ("patients", "ann", "edited", "ann", None),
        ("side_effects", "s1", "edited", None, on(0)),
        ("side_effects", "s3", "late", None, on(41)),
        ("treatments", "t1", "edited", "ann", on(0)),
        ("treatments", "t2", "edited", "ann", on(40)),
        ("treatments", "t5", "late", "cat", on(59)),
    ]
    assert told(changes, "edits", "column", "earlier", "later") == [
        ("follow_ups", "f1", "satisfaction", "4", None),
        ("patients", "ann", "smoker", "true", "false"),
        ("side_effects", "s1", "resolved_on", None, "2023-01-08"),
        ("treatments", "t1", "dose", "1.0", "1.5"),
        ("treatments", "t1", "product", "Product A", "Product B"),
        ("treatments", "t2", "product", "Product A", None),
    ]
    columns = ("table", "column", "edited", "filled", "emptied", "example_id", "example_earlier", "example_later")
    assert rows(changes.counts("edited_columns"), *columns) == [
        ("treatments", "product", 2, 0, 1, "t1", "Product A", "Product B"),
        ("treatments", "dose", 1, 0, 0, "t1", "1.0", "1.5"),
        ("patients", "smoker", 1, 0, 0, "ann", "true", "false"),
        ("follow_ups", "satisfaction", 1, 0, 1, "f1", "4", None),
        ("side_effects", "resolved_on", 1, 1, 0, "s1", None, "2023-01-08"),
    ]
    assert len(changes.records("changed_records", ["treatments", "patients"], 2)) == 3


def test_what_an_import_afresh_leaves_out_is_removed(kept: Kept) -> None:
    fewer = replace(
        BEFORE, follow_ups=[row for row in BEFORE.follow_ups if row["follow_up_id"] != "f1"], side_effects=[]
    )
    changes = between(kept(BEFORE, fewer, afresh=True))
    assert told(changes, "changed_records", "change", "happened_on") == [
        ("follow_ups", "f1", "removed", on(14)),
        ("side_effects", "s1", "removed", on(0)),
        ("side_effects", "s2", "removed", on(50)),
    ]
    assert changes.counts("edited_columns").empty


def test_how_much_is_recorded_is_counted_before_now_and_among_the_added(two: Path) -> None:
    recording = between(two).counts("recording")
    product = only(recording, table="treatments", column="product")
    assert (product["earlier_missing"], product["earlier_records"]) == (1, 3)
    assert (product["later_missing"], product["later_records"]) == (4, 5)
    assert (product["added_missing"], product["added_records"]) == (2, 2)
    assert product["shift"] == pytest.approx(1 - 1 / 3, abs=1e-12)
    satisfaction = only(recording, table="follow_ups", column="satisfaction")
    assert (satisfaction["earlier_missing"], satisfaction["later_missing"], satisfaction["later_records"]) == (1, 2, 3)
    assert satisfaction["added_records"] == 0
    assert satisfaction["added_share"] is None
    assert satisfaction["shift"] == pytest.approx(1 / 3, abs=1e-12)
    assert not {"treated_on", "patient_id", "resolved_on"} & set(recording["column"])


def test_rejected_rows_and_warnings_are_those_of_imports_since(kept: Kept, tmp_path: Path) -> None:
    pointer = kept(BEFORE)
    worse = replace(ADDED, follow_ups=[{**ADDED.follow_ups[0], "gais": 9, "treatment_id": "nobody"}])
    data.import_exports([write_exports(worse, tmp_path / "worse")], into=pointer)
    columns = ("table", "is_since", "rows_read", "rows_rejected", "rejected_share")
    account = rows(between(pointer).counts("account_changes"), *columns)
    assert [row for row in account if row[0] == "follow_ups"] == [
        ("follow_ups", False, 3, 0, 0.0),
        ("follow_ups", True, 1, 1, 1.0),
    ]
    assert ("treatments", True, 5, 0, 0.0) in account


def test_nothing_differs_where_nothing_does(kept: Kept) -> None:
    pointer = kept(BEFORE, replace(BEFORE, treatments=BEFORE.treatments[::-1]), afresh=True)
    changes = between(pointer)
    assert changes.counts("record_changes").empty
    assert changes.counts("edited_columns").empty
    assert (changes.counts("recording")["shift"] == 0).all()
    earlier, later = open_kept(pointer, 1), open_snapshot(pointer)
    for name in FIGURES:
        assert not figures_compared(name, earlier.measure(name), later.measure(name), ("treatment_type",))[
            "is_moved"
        ].any()


def test_earlier_snapshots_are_those_imported_before_the_current_one(kept: Kept) -> None:
    pointer = kept(BEFORE)
    assert earlier_snapshots(pointer) == []
    kept(BEFORE, ADDED, BEFORE)
    assert [one.number for one in earlier_snapshots(pointer)] == [2, 1]
    data.return_to(pointer, 2)
    assert [one.number for one in earlier_snapshots(pointer)] == [1]
    with pytest.raises(data.ImportRefused, match="not kept any more"):
        open_kept(pointer, 9)


def test_a_reader_without_single_patients_is_told_nothing_of_a_difference(two: Path) -> None:
    reader = open_snapshot(two, suppress_below=5)
    assert isinstance(reader, SuppressedStore)
    with pytest.raises(privacy.Withheld, match="withheld while small numbers are suppressed"):
        reader.since(open_kept(two, 1, suppress_below=5))


def export(pointer: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments), "--snapshot", str(pointer)])


def test_the_command_line_exports_what_changed(kept: Kept) -> None:
    pointer = kept(BEFORE, ADDED, BEFORE)
    for name in CHANGES:
        assert export(pointer, name).exit_code == 0
    listed = list(csv.DictReader(io.StringIO(export(pointer, "edits", "--since", 1).stdout)))
    assert listed == []
    listed = list(csv.DictReader(io.StringIO(export(pointer, "edits").stdout)))
    assert [(row["record_id"], row["earlier"], row["later"]) for row in listed if row["column"] == "product"] == [
        ("t1", "Product B", "Product A"),
        ("t2", "", "Product A"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("edits", "--since", 7), "snapshot 7 is none of the earlier ones, which are: 1"),
        (("edits", "--where", "product=Product B"), "edits is of all records, and takes no selection"),
        (("edits", "--unit", "record"), "takes no unit"),
        (("treatments", "--since", 1), "--since is for what changed"),
        (("edits", "--suppress-below", 5), "withheld while small numbers are suppressed"),
    ],
)
def test_what_cannot_be_exported_of_it_is_refused(arguments: tuple[object, ...], message: str, two: Path) -> None:
    outcome = export(two, *arguments)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert message in outcome.stderr


def test_with_one_snapshot_there_is_nothing_to_export(kept: Kept) -> None:
    outcome = export(kept(BEFORE), "edits")
    assert outcome.exit_code == 2
    assert "there is no earlier snapshot yet" in outcome.stderr


# --- random exports -----------------------------------------------------------------------------------------


def numbered(exports: Exports, prefix: str = "") -> Exports:
    """The same with a number for every row: a row without one is numbered by its line."""
    return replace(
        exports,
        follow_ups=[{**row, "follow_up_id": f"{prefix}f{place}"} for place, row in enumerate(exports.follow_ups)],
        side_effects=[{**row, "side_effect_id": f"{prefix}s{place}"} for place, row in enumerate(exports.side_effects)],
    )


def altered(draw: random.Random, exports: Exports, more: Exports) -> Exports:
    """The exports with some rows edited, some contacts left out and some rows of another one added."""
    more = numbered(more, "more-")
    renamed = [{**row, "treatment_id": f"more-{row['treatment_id']}"} for row in more.treatments]
    added = draw.sample(renamed, min(len(renamed), draw.choice((0, 1, 5))))
    known = {row["treatment_id"] for row in added}
    contacts = [{**row, "treatment_id": f"more-{row['treatment_id']}", "patient_id": None} for row in more.follow_ups]

    def edited(row: Row, **values: Sequence[Any]) -> Row:
        return row if draw.random() < 0.8 else {**row, **{name: draw.choice(one) for name, one in values.items()}}

    def some(contacts: Sequence[Row]) -> list[Row]:
        return [row for row in contacts if draw.random() < 0.9]

    return replace(
        exports,
        treatments=[*(edited(row, product=PRODUCTS, dose=(None, 0.1, 12.0)) for row in exports.treatments), *added],
        patients=[edited(row, birth_year=(None, 1975), smoker=(True, None)) for row in exports.patients],
        follow_ups=[
            *(
                edited(row, satisfaction=(None, 2), goal_met=(True, None))
                for row in exports.follow_ups
                if draw.random() < 0.9
            ),
            *(row for row in contacts if row["treatment_id"] in known),
        ],
        side_effects=[
            edited(row, severity=(None, "mild", "severe"), effect=("bruising", "new effect"))
            for row in some(exports.side_effects)
        ],
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_naive_comparison_of_random_exports_finds_the_same(seed: int, kept: Kept) -> None:
    draw = random.Random(f"changes {seed}")
    before = numbered(random_exports(seed, patients=draw.choice((3, 12, 25))))
    now = altered(draw, before, random_exports(seed + 100, patients=4))
    pointer = kept(before, now, afresh=True)
    changes = between(pointer)

    expected = oracle.record_changes(before, now)
    found = [row for row in told(changes, "changed_records", "change") if row[0] in oracle.NUMBERED]
    assert Counter(found) == Counter(tuple(row.values()) for row in expected if row["change"] != "added")
    counted = {row[:2]: row[2] for row in rows(changes.counts("record_changes"), "table", "change", "records")}
    counted = {key: number for key, number in counted.items() if key[0] in oracle.NUMBERED}
    assert counted == Counter((row["table"], row["change"]) for row in expected)

    edits = [tuple(row.values()) for row in oracle.edits(before, now)]
    assert Counter(told(changes, "edits", "column", "earlier", "later")) == Counter(edits)
    columns = Counter((table, column) for table, _, column, *_ in edits)
    assert {row[:2]: row[2] for row in rows(changes.counts("edited_columns"), "table", "column", "edited")} == columns

    earlier, later = open_kept(pointer, 1), open_snapshot(pointer)
    for name, figure in FIGURES.items():
        options = {"limits": "greenwood"} if name == "time_to_resolution_summary" else {}
        for by in ((), ("treatment_type",)):
            keys = [*by, *(["effect"] if name == "side_effect_rates" else [])]
            then, today = (oracle.MEASURES[name](exports, {}, by, **options) for exports in (before, now))
            expected = oracle.figures_compared(then, today, keys, figure.columns, figure.is_days)
            before_now = [store.measure(name, by=by, **options) for store in (earlier, later)]  # type: ignore[arg-type]
            frame = figures_compared(name, before_now[0], before_now[1], by)
            assert not disagreements(frame, expected, keys), name


# --- signals ------------------------------------------------------------------------------------------------


def of_months(rates: Sequence[int], practitioner: str = "P1", rare: Sequence[int] = ()) -> Exports:
    """A month per rate: 40 patients of a practitioner, with a lot of his own, followed up, so many with redness.

    `rare` are the months in which one of them has ptosis too.
    """
    treatments, follow_ups, side_effects = [], [], []
    for month, affected in enumerate(rates):
        day = date(2023 + month // 12, 1 + month % 12, 10)
        for one in range(40):
            name = f"{practitioner}-{month}-{one}"
            what = {"treatment_type": "skincare", "product": "A", "lot": practitioner, "practitioner": practitioner}
            treatments.append({"treatment_id": name, "patient_id": name, "treated_on": day, **what})
            follow_ups.append({"follow_up_id": f"f{name}", "treatment_id": name, "followed_up_on": day})
            effects = ["redness"] * (one < affected) + ["ptosis"] * (one == 0 and month in rare)
            side_effects += [
                {"side_effect_id": f"{effect}{name}", "treatment_id": name, "effect": effect, "onset_on": day}
                for effect in effects
            ]
    return Exports(treatments, [], follow_ups, side_effects)


USUAL = [6, 10] * 8


def test_a_month_that_crosses_a_limit_is_a_new_signal_and_a_corrected_one_is_closed(kept: Kept) -> None:
    then, now = [*USUAL], [*USUAL]
    then[4], now[12] = 30, 30
    pointer = kept(of_months(then), of_months(now), afresh=True)
    before, after = (
        store.measure("rates_over_time", by=()) for store in (open_kept(pointer, 1), open_snapshot(pointer))
    )
    new, closed = signals_compared("rates_over_time", before, after)
    assert rows(new[new["is_signal"]], "effect", "month", "affected") == [
        ("any", "2024-01", 30),
        ("redness", "2024-01", 30),
    ]
    assert rows(closed[closed["is_signal"]], "effect", "month", "affected") == [
        ("any", "2023-05", 30),
        ("redness", "2023-05", 30),
    ]
    for same in signals_compared("rates_over_time", after, after):
        assert not same["is_signal"].any()


def test_signals_are_new_or_closed_where_only_one_snapshot_has_them(kept: Kept) -> None:
    # P1 has another month of many, P2 was low and is high, P3 was high and is usual; ptosis, seen every second month,
    # came in two more; P4 was never followed up and is gone, P5 is there and never followed up.
    months, every_second = 32, range(0, 32, 2)
    peak_then, peak_now = USUAL * 2, USUAL * 2
    peak_then[4], peak_now[20] = 40, 40
    then = [of_months(peak_then, rare=every_second), of_months([0] * months, "P2"), of_months([30] * months, "P3")]
    then += [replace(of_months([0], "P4"), follow_ups=[])]
    now = [
        of_months(peak_now, rare=[*every_second, 25, 27]),
        of_months([38] * months, "P2"),
        of_months([8] * months, "P3"),
        replace(of_months([0], "P5"), follow_ups=[]),
    ]
    pointer = kept(together(then), together(now), afresh=True)
    earlier, later = open_kept(pointer, 1), open_snapshot(pointer)
    for name in SIGNAL_OF:
        by = ("practitioner",) if name == "practitioner_funnel" else ()
        before, after = earlier.measure(name, by=by), later.measure(name, by=by)
        new, closed = signals_compared(name, before, after, by)
        keys = [*by, *SIGNAL_OF[name]]
        were, are, came, went = (set(rows(frame[frame["is_signal"]], *keys)) for frame in (before, after, new, closed))
        assert came, name
        assert went or name == "days_between_events", name
        assert are - were <= came <= are
        assert were - are <= went <= were
        assert (new["signal"] != "").equals(new["is_signal"])


def together(exports: Sequence[Exports]) -> Exports:
    return Exports(
        [row for one in exports for row in one.treatments],
        [],
        [row for one in exports for row in one.follow_ups],
        [row for one in exports for row in one.side_effects],
    )
