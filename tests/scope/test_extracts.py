"""What an extract holds is what an import of its rows alone would hold, with pseudonyms as Python's hmac makes them."""

from __future__ import annotations

import datetime
import hmac
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

import data
from dashboard.store import Scope, Store, open_snapshot
from data import extracting
from data.attaching import RELATIONS
from data.extracting import extract
from tests import oracle
from tests.conftest import import_once
from tests.drawing import Exports, Row, write_exports
from tests.oracle import NUMBERED
from tests.scope.clinics import CLINICS, of_clinics, only

KEY = bytes(range(32))
TABLES_IN_ORDER = ("treatments", "patients", "follow_ups", "side_effects")
IDS = ("patient_id", "treatment_id", "follow_up_id", "side_effect_id")
HELD = [name for name in RELATIONS if name not in ("snapshot", "figures", "rejects", "imports", "import_warnings")]


def rows(store: Store, relation: str) -> list[dict[str, Any]]:
    """The rows of a relation of the snapshot's file, in their order, numbers and all."""
    with duckdb.connect(str(store.generation.path), read_only=True) as connection:
        told: list[dict[str, Any]] = connection.sql(f"from {relation}").to_arrow_table().to_pylist()
        return told


def pseudonym(kind: str, given: str) -> str:
    message = f"{kind}\x1f{given}".encode()
    return f"{kind[0]}-{hmac.new(KEY, message, 'sha256').hexdigest()[:20]}"


def with_pseudonyms(exports: Exports) -> Exports:
    def renamed(row: Row) -> Row:
        return {name: pseudonym(name, value) if name in IDS and value else value for name, value in row.items()}

    return Exports(*([renamed(row) for row in exports.table(name)] for name in TABLES_IN_ORDER))


def test_pseudonyms_are_those_of_an_import_of_pseudonyms(tmp_path: Path) -> None:
    """All numbers, orders and lists of values are those that the pseudonyms have; nothing is left of the ids."""
    exports = of_clinics()
    store = import_once(exports, tmp_path / "ids")
    (store.generation.path.parent / "installation.key").write_bytes(KEY)
    told = Store(store.generation, scope=Scope(pseudonyms=True))
    expected = import_once(with_pseudonyms(exports), tmp_path / "pseudonyms")
    for relation in HELD:
        assert rows(told, relation) == rows(expected, relation) != [], relation


def test_a_clinic_holds_what_an_import_of_its_rows_holds(tmp_path: Path) -> None:
    """Where no patient changes the clinic; but for what is derived from everybody: usual intervals, thirds of doses."""
    exports = staying(of_clinics())
    mine = CLINICS[:3]
    told = Store(imported(exports, tmp_path / "all"), scope=Scope(clinics=mine))
    expected = Store(imported(only(exports, mine), tmp_path / "mine"))
    for relation in HELD:
        if relation != "personal_intervals":
            found, wanted = (rows(store, relation) for store in (told, expected))
            for row in (*found, *wanted):
                row.pop("dose_band", None)
            assert found == wanted != [], relation
    assert {row["series_no"] for row in rows(told, "personal_intervals")} == {
        row["series_no"] for row in rows(expected, "personal_intervals")
    }
    for column in ("clinic", "product", "effect", "area", "practitioner", "lot", "treatment_type"):
        assert told.values(column) == expected.values(column)
    for hidden in ("rejects", "import_warnings", "imports", "figures"):
        assert rows(told, hidden) == []
    assert told.limited_to == "only clinic <C01> or <C02> or <C03>"
    assert expected.limited_to == ""


def staying(exports: Exports) -> Exports:
    """Those who come to one clinic only."""
    clinics: dict[str, set[str]] = {}
    for row in exports.treatments:
        clinics.setdefault(row["patient_id"], set()).add(row["clinic"])
    stay = {patient for patient, places in clinics.items() if len(places) == 1}
    kept = {row["treatment_id"] for row in exports.treatments if row["patient_id"] in stay}
    return Exports(
        *(
            [row for row in exports.table(name) if row.get("treatment_id") in kept or row.get("patient_id") in stay]
            for name in TABLES_IN_ORDER
        )
    )


def imported(exports: Exports, folder: Path) -> data.Generation:
    data.import_exports([write_exports(exports, folder)], into=folder / "it.json", as_of=datetime.date(2026, 1, 1))
    return data.current(folder / "it.json")


def test_files_tell_nobody_and_are_made_anew_where_they_cannot_be_trusted(tmp_path: Path) -> None:
    pointer = tmp_path / "it.json"
    generation = imported(of_clinics(), tmp_path)
    folder = generation.path.parent
    assert extract(generation, Scope()) is generation
    assert not (folder / "installation.key").exists()
    one, other = extract(generation, Scope((CLINICS[0],))), extract(generation, Scope((CLINICS[1],)))
    assert one.name != other.name != generation.name
    assert extract(generation, Scope((CLINICS[0], CLINICS[0]))) == one
    assert (folder / "installation.key").stat().st_mode & 0o777 == 0o600
    assert one.path.parent.stat().st_mode & 0o777 == 0o700
    assert one.path.stat().st_mode & 0o777 == 0o400
    assert sorted(one.path.parent.iterdir()) == sorted([one.path, other.path])
    assert not any("C0" in path.name for path in folder.rglob("*"))
    # Damaged, and with the log of somebody who wrote into it.
    content = one.path.read_bytes()
    one.path.chmod(0o600)
    one.path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    again = extract(generation, Scope((CLINICS[0],)))
    other.path.with_name(f"{other.path.name}.wal").write_bytes(b"log")
    assert extract(generation, Scope((CLINICS[1],))).path.is_file()
    with duckdb.connect(str(again.path), read_only=True) as connection:
        assert connection.sql("select distinct clinic from treatments").fetchall() == [(CLINICS[0],)]
    # Nothing is made, and nothing left behind, of a relation that says nothing of scopes.
    with pytest.MonkeyPatch.context() as forgotten:
        forgotten.delitem(extracting.ROWS, "results")
        with pytest.raises(KeyError):
            extract(generation, Scope((CLINICS[5],)))
    assert not list(again.path.parent.glob("unfinished-*"))
    # Gone with its snapshot.
    before = list(again.path.parent.glob(f"{generation.path.stem}-*.duckdb"))
    with pytest.MonkeyPatch.context() as kept:
        kept.setenv("OUTCOMES_SNAPSHOTS_KEPT", "1")
        data.import_exports([tmp_path], into=pointer, replace=True)
    assert before
    assert not any(path.exists() for path in before)
    generation = data.current(pointer)
    shutil.rmtree(again.path.parent)
    again.path.parent.write_text("in the way")
    with pytest.raises(data.ImportRefused, match="cannot be written"):
        extract(generation, Scope(pseudonyms=True))
    (folder / "installation.key").write_bytes(b"short")
    with pytest.raises(data.ImportRefused, match="is damaged"):
        open_snapshot(pointer, scope=Scope(pseudonyms=True))


def test_a_scope_is_of_texts() -> None:
    with pytest.raises(TypeError):
        Scope(clinics="North")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Scope(practitioners=(None,))  # type: ignore[arg-type]
    assert Scope(clinics=("b", "a", "b")) == Scope(clinics=("a", "b"))
    assert (
        Scope(("b", ""), ("Dr",), True).in_words
        == "only clinic not recorded or b, only practitioner Dr, ids are pseudonyms"
    )


def test_what_changed_is_what_changed_in_the_clinic(tmp_path: Path) -> None:
    """A record that moves to another clinic is removed from the one and added to the other."""
    before = of_clinics()
    draw = random.Random(3)
    treatments, follow_ups = [], []
    for row in before.treatments:
        change = draw.choice(("moved", "edited", "removed", *["same"] * 9))
        # A record that contacts name is there to stay.
        if change == "moved":
            treatments.append({**row, "clinic": draw.choice(CLINICS)})
        elif change == "edited":
            treatments.append({**row, "dose": 77.0, "indication": draw.choice(("other", None))})
        else:
            treatments.append(row)
    for row in before.follow_ups:
        change = draw.choice(("edited", "removed", *["same"] * 9))
        if change != "removed":
            follow_ups.append({**row, "satisfaction": 2} if change == "edited" else row)
    after = Exports(treatments, before.patients, follow_ups, before.side_effects)
    earlier, later = (imported(exports, tmp_path / name) for name, exports in (("before", before), ("after", after)))
    for clinics in (CLINICS[:1], CLINICS[2:7]):
        stores = [Store(each, scope=Scope(clinics)) for each in (earlier, later)]
        mine = [only(each, clinics) for each in (before, after)]
        told = stores[1].since(stores[0])
        expected = Counter(
            (row["table"], row["change"].replace("late", "added")) for row in oracle.record_changes(*mine)
        )
        counted: Counter[tuple[str, str]] = Counter()
        changed: list[Any] = list(told.counts("record_changes").itertuples())
        for each in changed:
            if each.table in NUMBERED:
                counted[each.table, each.change.replace("late", "added")] += each.records
        assert counted == expected
        assert {change for _, change in expected} == {"added", "edited", "removed"}
        for table, columns in (
            ("changed_records", ("record_id", "change")),
            ("edits", ("record_id", "column", "later")),
        ):
            wanted = oracle.edits(*mine) if table == "edits" else oracle.record_changes(*mine)
            found = [row for row in told.records_reader(table).read_all().to_pylist() if row["table"] in NUMBERED]
            assert {tuple(row[name] for name in columns) for row in found if row.get("change") != "late"} == {
                tuple(row[name] for name in columns) for row in wanted if row.get("change") not in ("added", "late")
            }
        with pytest.raises(ValueError, match="different scopes"):
            stores[1].since(Store(earlier))
