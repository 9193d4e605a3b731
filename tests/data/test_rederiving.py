"""An edited catalogue derives the snapshot again, exactly as an import of the same exports by it would have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb
import pytest

import data
from dashboard.store import first_look, open_snapshot
from data import ImportRefused, TreatmentType
from data.catalogue import SHIPPED
from tests.data.conftest import Practice, four_records
from tests.drawing import random_exports, write_exports

SHIPPED_TYPES = data.read_catalogue(SHIPPED)


def own(pointer: Path) -> Path:
    """The practice's own catalogue beside its snapshot."""
    return pointer.with_name(f"{pointer.name}.d") / "treatment_types.csv"


def changed(code: str, **values: Any) -> tuple[TreatmentType, ...]:
    """The shipped catalogue with other values for one type; a new one where it has none of that code."""
    known = [replace(one, **values) if one.code == code else one for one in SHIPPED_TYPES]
    if code not in (one.code for one in known):
        known.append(TreatmentType(code, **{"label": code} | values))
    return tuple(known)


def tables(pointer: Path) -> dict[str, list[Any]]:
    """Every table of a snapshot in the order of its rows, and each column with its type; but the moments of imports."""
    with duckdb.connect(str(data.current(pointer).path), read_only=True) as connection:
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        moments = {"snapshot": "exclude (created_at)", "imports": "exclude (imported_at)"}
        found: dict[str, list[Any]] = {
            name: connection.execute(f"select * {moments.get(name, '')} from {name}").fetchall() for name in names
        }
        columns = "select table_name, column_name, data_type from duckdb_columns() where not internal order by all"
        return found | {"columns": connection.execute(columns).fetchall()}


def differing(one: Path, other: Path) -> list[str]:
    left, right = tables(one), tables(other)
    assert set(left) == set(right)
    return [name for name in left if left[name] != right[name]]


def random_records(practice: Practice) -> None:
    """Random exports, imported with the figures of the first pages."""
    write_exports(random_exports(6), practice.exports)
    data.import_exports([practice.exports], practice.pointer, figures=first_look)


@pytest.mark.parametrize(
    "catalogue",
    [
        changed("neuromodulator", touch_up_window_days=0),
        changed("dermal_filler", touch_up_window_days=120, label="Filler", colour="green"),
        changed("rhinoplasty", is_maintained=True, touch_up_window_days=30),
        changed("skincare", is_maintained=False, expected_interval_low_days=None, expected_interval_high_days=None),
        changed("Laser, 2 passes", label="Laser", touch_up_window_days=14, category="skin", colour="blue"),
    ],
    ids=["window", "label", "maintained", "not maintained", "new"],
)
def test_it_is_what_a_fresh_import_by_that_catalogue_makes(
    catalogue: Sequence[TreatmentType], practice: Practice
) -> None:
    practice.becomes(random_records)
    edited, fresh = practice.pointer, practice.folder / "fresh.json"
    before = tables(edited)
    data.rederive(edited, catalogue, figures=first_look)
    own(fresh).parent.mkdir()
    own(fresh).write_text(data.written_catalogue(catalogue), encoding="utf-8")
    data.import_exports([practice.exports], fresh, figures=first_look)
    # An import warns of a type that it does not know; that it once did not know it stays in the account.
    assert set(differing(edited, fresh)) <= {"import_warnings", "imports"}
    assert tables(edited)["import_warnings"] == before["import_warnings"]
    assert tables(edited)["imports"] == before["imports"]
    assert tables(edited)["treatment_types"] != before["treatment_types"]
    assert data.catalogue_of(edited).types == tuple(catalogue)


def test_the_window_decides_what_a_course_is(practice: Practice) -> None:
    """P1 came on 10 January and on 10 May: 121 days apart."""
    practice.becomes(four_records)
    assert practice.rows("select count(*) from courses where treatment_type = 'neuromodulator'") == [(2,)]
    data.rederive(practice.pointer, changed("neuromodulator", touch_up_window_days=121))
    assert practice.rows("select count(*) from courses where treatment_type = 'neuromodulator'") == [(1,)]
    data.rederive(practice.pointer, changed("neuromodulator", touch_up_window_days=120))
    assert practice.rows("select count(*) from courses where treatment_type = 'neuromodulator'") == [(2,)]


def test_what_was_edited_holds_for_later_imports_and_for_those_that_start_afresh(practice: Practice) -> None:
    practice.becomes(four_records)
    data.rederive(practice.pointer, changed("neuromodulator", label="Botulinum", touch_up_window_days=200))
    assert practice.imports().is_nothing_new
    label = "select label, touch_up_window_days from treatment_types where code = 'neuromodulator'"
    for is_afresh in (False, True):
        practice.write(
            "more_treatments.csv", f"treatment_id,patient_id,treated_on,treatment_type\nT{is_afresh},P1,2024-06-01,x\n"
        )
        assert not practice.imports(replace=is_afresh).is_nothing_new
        assert practice.rows(label) == [("Botulinum", 200)]


def test_the_account_has_no_import_more_and_the_state_before_can_be_returned_to(practice: Practice) -> None:
    practice.becomes(four_records)
    data.rederive(practice.pointer, changed("neuromodulator", touch_up_window_days=200))
    assert practice.rows("select import_no from imports") == [(1,)]
    kept = data.snapshots(practice.pointer)
    assert [(one.number, one.is_current, one.is_derived_again, one.files) for one in kept] == [
        (2, True, True, ("treatments.csv",)),
        (1, False, False, ("treatments.csv",)),
    ]
    data.return_to(practice.pointer, 1)
    assert practice.rows("select count(*) from courses where treatment_type = 'neuromodulator'") == [(2,)]
    # What was edited still holds for imports, and for what is derived again.
    data.rederive(practice.pointer)
    assert practice.rows("select count(*) from courses where treatment_type = 'neuromodulator'") == [(1,)]


def test_one_that_fails_leaves_everything_as_it_was(practice: Practice) -> None:
    practice.becomes(four_records)
    data.rederive(practice.pointer, changed("neuromodulator", label="Botulinum"))
    before = practice.pointer.read_bytes(), own(practice.pointer).read_bytes()
    left = sorted(path.name for path in own(practice.pointer).parent.iterdir())

    def fail(_: Path, told: Callable[[float], None]) -> Any:
        raise OSError(28, "No space left on device")

    with pytest.raises(ImportRefused, match=r"No space left on device\. Nothing was changed"):
        data.rederive(practice.pointer, changed("neuromodulator", label="Toxin"), figures=fail)
    assert (practice.pointer.read_bytes(), own(practice.pointer).read_bytes()) == before
    assert sorted(path.name for path in own(practice.pointer).parent.iterdir()) == left


def test_an_import_meanwhile_waits_and_adds_to_what_was_derived(practice: Practice) -> None:
    practice.becomes(four_records)
    practice.write("more_treatments.csv", "treatment_id,patient_id,treated_on,treatment_type\nT5,P1,2024-06-01,x\n")
    waits = Event()

    def told(step: str, *_: int) -> None:
        if step.startswith("waiting for another import"):
            waits.set()

    importing = Thread(target=lambda: data.import_exports([practice.exports], practice.pointer, progress=told))

    def figures(place: Path, told: Callable[[float], None]) -> Any:
        importing.start()
        assert waits.wait(60)
        return first_look(place, told)

    data.rederive(practice.pointer, changed("neuromodulator", touch_up_window_days=200), figures=figures)
    importing.join(60)
    assert practice.rows("select count(*) from treatments") == [(5,)]
    assert practice.rows("select count(*) from courses where treatment_type = 'neuromodulator'") == [(1,)]
    assert [one.is_derived_again for one in data.snapshots(practice.pointer)] == [False, True, False]


def test_progress_rises_to_the_whole(practice: Practice) -> None:
    practice.becomes(four_records)
    told: list[tuple[str, int, int]] = []
    data.rederive(practice.pointer, progress=lambda *step: told.append(step), figures=first_look)
    shares = [done for _, done, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == ("done", 1000, 1000)
    assert list(dict.fromkeys(step for step, *_ in told)) == [
        "copying the records",
        "linking and deriving",
        "counting",
        "publishing",
        "done",
    ]


def test_a_snapshot_of_an_earlier_version_is_brought_up_to_date(practice: Practice) -> None:
    practice.becomes(four_records)
    whole = practice.folder / "whole.json"
    data.import_exports([practice.exports], whole)
    file = data.current(practice.pointer).path
    plain = practice.folder / "older.duckdb"
    plain.write_bytes(file.read_bytes())
    plain.chmod(0o644)
    with duckdb.connect(str(plain)) as connection:
        connection.execute("drop table personal_intervals")
        connection.execute("alter table treatment_records drop dose_band")
        connection.execute("alter table treatment_types drop colour")
    publish(plain, practice.pointer)
    store = open_snapshot(practice.pointer)
    assert not store.is_up_to_date
    assert store.treatment_types == SHIPPED_TYPES
    data.rederive(practice.pointer)
    assert open_snapshot(practice.pointer).is_up_to_date
    assert differing(practice.pointer, whole) == []
    assert not own(practice.pointer).exists()
    assert practice.imports().is_nothing_new


def publish(file: Path, pointer: Path) -> None:
    """Makes a file the snapshot of a pointer, as an import does."""
    from data import publishing

    with publishing.staging(pointer) as place:
        file.rename(place.path)
        place.commit(4, None)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("laser,Laser,,yes,0,,,", r"line 2: is_maintained is true or false, not 'yes'"),
        ("laser,Laser,,true,,,,", r"line 2: touch_up_window_days is empty; 0 is no touch-up window"),
        ("laser,Laser,,true,1.5,,,", r"line 2: touch_up_window_days is a whole number of days, not '1.5'"),
        ("laser,Laser,,true,-1,,,", r"line 2: touch_up_window_days is a whole number of days, not '-1'"),
        ("laser,Laser,,true,3651,,,", r"Laser: the touch-up window has to be from 0 to 3650 days"),
        ("laser,,,true,0,,,", r"laser: needs a label that no other type has"),
        ("peel,Skincare,,true,0,,,\nlaser,skincare,,true,0,,,", r"skincare: needs a label that no other type has"),
        ("laser,A,,true,0,,,\nLaser,B,,true,0,,,", r"B: needs a code that no other type has"),
        (",A,,true,0,,,", r"A: needs a code that no other type has"),
        ("laser,Laser,,true,0,90,,", r"Laser: the expected interval needs both its ends, or neither"),
        ("laser,Laser,,true,0,90,30,", r"Laser: the expected interval has to go from a smaller to a larger"),
        ("laser,Laser,,true,0,0,30,", r"Laser: the expected interval has to go from a smaller to a larger"),
        ("laser,Laser,,true,0,,,#FFFF00", r"Laser: the colour #ffff00 is none of blue, orange"),
        ("a,A,,true,0,,,blue\nb,B,,true,0,,,blue", r"B: has the colour of A; choose another one"),
        ("", r"It holds no treatment type"),
    ],
)
def test_a_catalogue_that_cannot_be_is_told_and_never_stops_an_import(practice: Practice, line: str, told: str) -> None:
    practice.becomes(four_records)
    header = SHIPPED.read_text().splitlines()[0] + ",colour\n"
    edited = practice.folder / "edited.csv"
    edited.write_text(f"{header}{line}\n", encoding="utf-8")
    with pytest.raises(ImportRefused, match=told):
        data.read_catalogue(edited)
    own(practice.pointer).write_text(edited.read_text())
    report = practice.imports(replace=True)
    assert [one.file for one in report.warnings] == ["treatment_types.csv"]
    assert "The catalogue that is shipped is used instead" in report.text()
    assert data.catalogue_of(practice.pointer).types == open_snapshot(practice.pointer).treatment_types == SHIPPED_TYPES
    with pytest.raises(ImportRefused, match="Mend or remove that file first"):
        data.rederive(practice.pointer)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"code\nlaser\n", b"\x00" * 100, b"", b'code,"'])
def test_rubbish_in_its_place_is_told(practice: Practice, content: bytes) -> None:
    practice.becomes(four_records)
    own(practice.pointer).write_bytes(content)
    known = data.catalogue_of(practice.pointer)
    assert known.types == SHIPPED_TYPES
    assert known.problem.startswith("The catalogue treatment_types.csv")


def test_a_spreadsheet_may_write_it_in_its_own_way(tmp_path: Path) -> None:
    edited = tmp_path / "edited.csv"
    text = data.written_catalogue(SHIPPED_TYPES).replace(",", ";").replace("true", "TRUE").replace("false", "FALSE")
    edited.write_text(text.replace("\n", "\r\n"), encoding="utf-8-sig")
    assert data.read_catalogue(edited) == SHIPPED_TYPES


def test_a_type_is_called_as_the_catalogue_writes_it(practice: Practice) -> None:
    practice.write("treatments.csv", "treatment_id,patient_id,treated_on,treatment_type\nT1,P1,2024-01-10,laser\n")
    practice.imports()
    data.rederive(practice.pointer, changed("Laser", touch_up_window_days=10))
    assert practice.rows("select treatment_type from treatments") == [("Laser",)]
    assert practice.rows("select code from treatment_types")[-1] == ("Laser",)


def test_an_unknown_type_stays_unknown_until_something_is_said_of_it(practice: Practice) -> None:
    practice.write("treatments.csv", "treatment_id,patient_id,treated_on,treatment_type\nT1,P1,2024-01-10,Laser\n")
    practice.imports()
    offered = data.with_unknown(SHIPPED_TYPES, open_snapshot(practice.pointer).treatment_types)
    assert offered[-1] == TreatmentType("Laser", "Laser")
    data.rederive(practice.pointer, (replace(offered[0], label="Botulinum"), *offered[1:]))
    assert [one.code for one in data.catalogue_of(practice.pointer).types] == [one.code for one in SHIPPED_TYPES]
    assert open_snapshot(practice.pointer).treatment_types[-1] == TreatmentType("Laser", "Laser")
    assert len(practice.imports(replace=True).warnings) == 1
    data.rederive(practice.pointer, (*SHIPPED_TYPES, replace(offered[-1], touch_up_window_days=7)))
    assert not practice.imports(replace=True).warnings


def test_where_there_is_no_snapshot_there_is_nothing_to_derive(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="There is no snapshot"):
        data.rederive(tmp_path / "none.json", SHIPPED_TYPES)
    assert list(tmp_path.iterdir()) == []
