"""What is taken away is the same wherever it is taken: page, command, store and bundle, cell by cell."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet
from streamlit.runtime.media_file_manager import MediaFileManager

import queries
from dashboard.charts.style import words
from dashboard.cli import main
from dashboard.dictionary import meaning
from dashboard.export import FORMATS, plain
from dashboard.filters import Filters
from dashboard.request import Request
from dashboard.store import MEASURES, OF_ONE_PATIENT, RECORDS, open_snapshot
from tests.drawing import random_exports
from tests.pages.opening import MANY, Opened

SELECTION = ("--from", "2023-02-01")
FILTERS = Filters.from_query({"treated_from": "2023-02-01"})
TABLES = (*(name for name in RECORDS if name not in OF_ONE_PATIENT), *MEASURES)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    """What the download buttons of the pages give, by the file's name."""
    found: dict[str, Callable[[], bytes]] = {}
    add = MediaFileManager.add_deferred

    def noted(self: MediaFileManager, contents: Any, *args: Any, **kwargs: Any) -> str:
        found[kwargs["file_name"]] = contents
        return add(self, contents, *args, **kwargs)

    monkeypatch.setattr(MediaFileManager, "add_deferred", noted)
    return found


def test_page_command_store_and_bundle_give_the_same_cells(
    opened: Opened, folder: Path, offered: dict[str, Callable[[], bytes]]
) -> None:
    app = opened("many", MANY, "records", treated_from="2023-02-01")
    place = folder / "many" / "outcomes.json"
    store = open_snapshot(place)
    patient = store.patients_found()[0]
    made = {}
    for file_format in FORMATS:
        zipped = folder / f"{file_format}.zip"
        asked = (*TABLES, *OF_ONE_PATIENT, *SELECTION, "--patient-id", patient, "--format", file_format)
        outcome = run(*asked, "--bundle", zipped, "--snapshot", place)
        assert (outcome.exit_code, outcome.stdout) == (0, ""), outcome.stderr
        made[file_format] = zipfile.ZipFile(zipped)
    for name in (*TABLES, *OF_ONE_PATIENT):
        options = (("patient_id", patient),) if name in OF_ONE_PATIENT else ()
        schema, batches = plain(Request(name, FILTERS, options=options).rows(store))
        table = pa.Table.from_batches(batches, schema)
        bundled = {suffix: made[suffix].read(f"tables/{name}.{suffix}") for suffix in FORMATS}
        assert parquet.read_table(io.BytesIO(bundled["parquet"])).equals(table), name
        told = json.loads(bundled["json"])
        assert [list(row.values()) for row in told] == [list(row.values()) for row in json_rows(table)], name
        heads, *cells = csv.reader(io.StringIO(bundled["csv"].decode()))
        assert (tuple(heads), len(cells)) == (tuple(table.column_names), table.num_rows)
        written = run(name, *SELECTION, "--snapshot", place, *(("--patient-id", patient) if options else ()))
        assert written.stdout_bytes == bundled["csv"], name
        if name in TABLES:
            app.selectbox(key="records_table").set_value(words(name)).run()
            assert not app.exception
            assert {suffix: offered[f"{name}.{suffix}"]() for suffix in FORMATS} == bundled, name


def test_a_download_is_of_the_snapshot_that_its_page_shows(
    opened: Opened, folder: Path, offered: dict[str, Callable[[], bytes]]
) -> None:
    taken = {}
    for name, exports in (("many", MANY), ("others", random_exports(2))):
        app = opened(name, exports, "side-effects")
        assert "side_effect_rates.csv" not in offered, "files are offered where somebody asks for one"
        app.session_state["side_effect_rates-any-side-effect-download"] = True
        app.run()
        taken[name] = offered.pop("side_effect_rates.csv")
    for name, download in taken.items():
        asked = run("side_effect_rates", "--snapshot", folder / name / "outcomes.json")
        assert download() == asked.stdout_bytes


def json_rows(table: pa.Table) -> list[dict[str, Any]]:
    return [
        {
            name: None if value != value else value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in row.items()
        }
        for row in table.to_pylist()
    ]


def test_a_bundle_is_whole_true_and_the_same_again(opened: Opened, folder: Path, tmp_path: Path) -> None:
    opened("many", MANY, "data")
    place = folder / "many" / "outcomes.json"
    names = (*TABLES, "patient_overview")
    patient = open_snapshot(place).patients_found()[0]
    asked = (*names, *SELECTION, "--by", "practitioner", "--format", "parquet", "--patient-id", patient)
    first, again, third = (tmp_path / f"{number}.zip" for number in "123")
    assert "cannot be shown by" in run(*asked, "--by", "position", "--bundle", first, "--snapshot", place).stderr
    assert not first.exists()
    for to in (first, again):
        assert run(*asked, "--bundle", to, "--snapshot", place).exit_code == 0
    assert first.read_bytes() == again.read_bytes()
    archive = zipfile.ZipFile(first)
    manifest = json.loads(archive.read("manifest.json"))

    # From the zip, and from the manifest alone, with nothing else said.
    (tmp_path / "manifest.json").write_bytes(archive.read("manifest.json"))
    for source in (first, tmp_path / "manifest.json"):
        remade = run("--from-manifest", source, "--bundle", third, "--snapshot", place)
        assert (remade.exit_code, remade.stderr) == (0, "")
        assert third.read_bytes() == first.read_bytes()

    # Every file is told of, truly.
    files = {file["file"]: file for file in manifest["files"]}
    assert {*files, "manifest.json"} == set(archive.namelist())
    for name, told in files.items():
        content = archive.read(name)
        assert (told["bytes"], told["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (manifest["snapshot"]["is_synthetic"], manifest["snapshot"]["as_of"]) == (
        False,
        str(open_snapshot(place).as_of),
    )
    assert manifest["filters"] == [
        {
            "in_words": "treated from 1 February 2023 on",
            "url": "?treated_from=2023-02-01",
            "command_line": "--from 2023-02-01",
        }
    ]

    # The dictionary tells of every column of every table, and the SQL gives the rows.
    entries = json.loads(archive.read("data_dictionary.json"))["columns"]
    listed = list(csv.DictReader(io.StringIO(archive.read("data_dictionary.csv").decode())))
    assert listed == entries
    assert all(entry["type"] and entry["definition"] for entry in entries)
    snapshot = open_snapshot(place).generation.path
    for table in manifest["tables"]:
        rows = parquet.read_table(io.BytesIO(archive.read(table["file"])))
        assert [entry["column"] for entry in entries if entry["table"] == table["name"]] == rows.column_names
        assert table["rows"] == files[table["file"]]["rows"] == rows.num_rows
        script = archive.read(table["sql"]).decode()
        with duckdb.connect(str(snapshot), read_only=True) as connection:
            connection.execute(script)
            if table["name"] in RECORDS:
                assert connection.fetchall() == [tuple(row.values()) for row in rows.to_pylist()]


def test_every_word_of_the_dictionary_is_used() -> None:
    with (queries.ROOM / "columns.csv").open(encoding="utf-8", newline="") as file:
        told = [(row["table"], row["column"]) for row in csv.DictReader(file)]
    assert len(set(told)) == len(told)
    assert {table for table, _ in told} <= {"", *RECORDS, *MEASURES}
    groups = (*queries.RECORD_GROUPS, *queries.SIDE_EFFECT_GROUPS, *queries.COURSE_GROUPS)
    for group in groups:
        assert meaning("side_effect_rates", group)[1]


def test_a_bundle_of_something_else_is_said_and_not_made(opened: Opened, folder: Path, tmp_path: Path) -> None:
    opened("many", MANY, "data")
    place = folder / "many" / "outcomes.json"
    made, again = tmp_path / "made.zip", tmp_path / "again.zip"
    assert run("treatments", "--bundle", made, "--snapshot", place).exit_code == 0
    manifest = json.loads(zipfile.ZipFile(made).read("manifest.json"))

    def from_changed(*more: str, **changed: Any) -> Result:
        (tmp_path / "changed.json").write_text(json.dumps({**manifest, **changed}))
        return run("--from-manifest", tmp_path / "changed.json", "--bundle", again, "--snapshot", place, *more)

    for changed, said in (
        ({"snapshot": {**manifest["snapshot"], "as_of": "2020-01-01"}}, "The data cut-off is"),
        ({"snapshot": {**manifest["snapshot"], "name": "other"}}, "The snapshot is"),
        ({"program": {**manifest["program"], "version": "0.0.1"}}, "made by 0.0.1"),
        ({"files": manifest["files"][1:]}, "may have been changed"),
        ({"bundle": 99}, "another version"),
        ({"tables": [{"request": {"name": "nothing"}}]}, "no manifest of a bundle"),
    ):
        outcome = from_changed(**changed)
        assert (outcome.exit_code, outcome.stdout) == (2, "")
        assert said in outcome.stderr
        assert not again.exists()
    anyway = from_changed("--anyway", program={**manifest["program"], "version": "0.0.1"})
    assert anyway.exit_code == 0
    assert "made by 0.0.1" in anyway.stderr
    assert again.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name what is to be written"),
        (("treatments", "patients"), "several with --bundle"),
        (("treatments", "--by", "area", "--bundle", "{place}"), "takes no --by"),
        (("treatments", "patients", "--unit", "patient", "--bundle", "{place}"), "takes no --unit"),
        (("record_changes", "--bundle", "{place}"), "in no bundle"),
        (("treatments", "--suppress-below", "5", "--bundle", "{place}"), "withheld"),
        (("--from-manifest", "{manifest}"), "--bundle FILE.zip alone"),
        (("--from-manifest", "{manifest}", "--bundle", "{place}"), "no manifest of a bundle"),
    ],
)
def test_a_bundle_that_makes_no_sense_is_refused(
    opened: Opened, folder: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    opened("many", MANY, "data")
    (tmp_path / "other.json").write_text("{}")
    places = {"place": tmp_path / "b.zip", "manifest": tmp_path / "other.json"}
    outcome = run(*(part.format(**places) for part in arguments), "--snapshot", folder / "many" / "outcomes.json")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert said in outcome.stderr
    assert not (tmp_path / "b.zip").exists()


def test_small_numbers_are_suppressed_in_bundles_too(opened: Opened, folder: Path, tmp_path: Path) -> None:
    opened("many", MANY, "data")
    asked = ("side_effect_rates", "--by", "practitioner", "--suppress-below", 5)
    place = ("--snapshot", folder / "many" / "outcomes.json")
    assert run(*asked, "--bundle", tmp_path / "b.zip", *place).exit_code == 0
    archive = zipfile.ZipFile(tmp_path / "b.zip")
    assert archive.read("tables/side_effect_rates.csv") == run(*asked, *place).stdout_bytes
    assert b"is_suppressed" in archive.read("tables/side_effect_rates.csv")
    assert json.loads(archive.read("manifest.json"))["suppress_below"] == 5
    again = run("--from-manifest", tmp_path / "b.zip", "--bundle", tmp_path / "c.zip", *place)
    assert (again.exit_code, again.stderr) == (0, "")
    assert (tmp_path / "c.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
