"""The command line by its own door: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import csv
import datetime
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.cli import main
from dashboard.filters import Filters
from dashboard.store import MEASURES, OF_ONE_PATIENT, RECORDS, definition, open_snapshot
from data import save_mapping
from data.mapping import read_mapping
from queries import groups_of
from tests.conftest import SnapshotOf
from tests.drawing import Exports, random_exports, write_exports


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with exports and their snapshot, `outcomes.json`."""
    place = tmp_path_factory.mktemp("cli")
    write_exports(random_exports(1), place / "exports")
    made = run("import", place / "exports", "--into", place / "outcomes.json", "--report", place / "report.json")
    assert made.exit_code == 0, made.output
    return place


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def export(folder: Path, *arguments: object) -> list[dict[str, str]]:
    outcome = run("export", *arguments, "--snapshot", folder / "outcomes.json")
    assert outcome.exit_code == 0, outcome.stderr
    return list(csv.DictReader(io.StringIO(outcome.stdout)))


def refused(*arguments: object) -> str:
    """The one message of a command that does nothing: exit status 2, nothing on stdout, no traceback."""
    outcome = run(*arguments)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert "Traceback" not in outcome.stderr
    assert not isinstance(outcome.exception, Exception) or isinstance(outcome.exception, SystemExit)
    return outcome.stderr


def test_the_report_accounts_for_every_row(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text())
    assert {file["table"] for file in report["files"]} == {"treatments", "patients", "follow_ups", "side_effects"}
    for file in report["files"]:
        kinds = ("rows_loaded", "rows_duplicate", "rows_skipped", "rows_rejected")
        assert file["rows_read"] == sum(file[kind] for kind in kinds)
    assert report["rejects"] is None
    assert datetime.date.fromisoformat(report["as_of"])


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_is_what_the_store_says(folder: Path, measure: str) -> None:
    store = open_snapshot(folder / "outcomes.json")
    written = run(
        "export", measure, "--by", "area", "--where", "clinic=" + store.values("clinic")[0][0],
        "--snapshot", folder / "outcomes.json",
    )  # fmt: skip
    heads, *rows = csv.reader(io.StringIO(written.stdout))
    assert tuple(heads) == ("area", *definition(measure).columns)
    assert rows or measure == "days_between_events"  # of what is rare there


@pytest.mark.parametrize("table", [table for table in RECORDS if table not in OF_ONE_PATIENT])
def test_every_record_table_can_be_had(folder: Path, table: str) -> None:
    rows = export(folder, table)
    assert len(rows) == open_snapshot(folder / "outcomes.json").record_count(table)
    if table in ("treatments", "follow_ups"):
        assert rows


@pytest.mark.parametrize("table", OF_ONE_PATIENT)
def test_the_tables_of_one_patient_ask_of_whom(folder: Path, table: str) -> None:
    patient_id = export(folder, "treatments")[0]["patient_id"]
    rows = export(folder, table, "--patient-id", patient_id)
    assert {row["patient_id"] for row in rows} == {patient_id}
    assert tuple(rows[0]) == definition(table).columns
    for options, told in (((), "say of whom"), (("--patient-id", "nobody"), "there is no patient 'nobody'")):
        refused = run("export", table, "--snapshot", folder / "outcomes.json", *options)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert told in refused.stderr


def test_groups_cross_and_options_count(folder: Path) -> None:
    crossed = export(folder, "side_effect_rates", "--by", "clinic", "--by", "sex", "--unit", "patient")
    assert list(crossed[0])[:3] == ["clinic", "sex", "effect"]
    patients = export(folder, "side_effect_rates", "--by", "total", "--unit", "patient")
    records = export(folder, "side_effect_rates", "--by", "total", "--unit", "record")
    assert int(patients[0]["treated"]) < int(records[0]["treated"])


def test_a_file_takes_its_format_from_its_ending(folder: Path, tmp_path: Path) -> None:
    for ending, beginning in (("csv", b"treatment_type,"), ("parquet", b"PAR1"), ("xlsx", b"PK"), ("json", b"[")):
        place = tmp_path / f"rates.{ending}"
        outcome = run("export", "side_effect_rates", "--snapshot", folder / "outcomes.json", "--output", place)
        assert (outcome.exit_code, outcome.stdout) == (0, "")
        assert place.read_bytes().startswith(beginning)


def test_not_recorded_can_be_chosen(folder: Path) -> None:
    rows = export(folder, "treatments", "--where", "product=")
    assert rows
    assert {row["product"] for row in rows} == {""}


def test_every_measure_and_record_table_is_listed() -> None:
    listed = run("measures").stdout
    for name in (*MEASURES, *RECORDS):
        assert name in listed
        assert definition(name).sentence in listed
    for measure in MEASURES:
        assert ", ".join(definition(measure).columns) in listed
        assert ", ".join(groups_of(measure)) in listed


def test_the_same_seed_makes_the_same_sample(tmp_path: Path) -> None:
    for name in ("one", "two"):
        made = run("sample", "--treatments", 200, "--seed", 5, "--output", tmp_path / name)
        assert made.exit_code == 0, made.output
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_check_writes_no_snapshot(folder: Path, tmp_path: Path) -> None:
    before = sorted(path.name for path in folder.rglob("*"))
    outcome = run("check", folder / "exports", "--report", tmp_path / "report.json")
    assert outcome.exit_code == 0
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert json.loads((tmp_path / "report.json").read_text())["files"]


def test_rejected_rows_end_with_status_one_and_a_file(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "treatments.csv").write_text(
        "treatment_id,patient_id,treated_on,treatment_type\nT1,P1,2024-01-05,skincare\nT2,P1,someday,skincare\n"
    )
    outcome = run("import", exports, "--into", tmp_path / "o.json", "--report", tmp_path / "report.json")
    assert outcome.exit_code == 1
    report = json.loads((tmp_path / "report.json").read_text())
    rejects = (tmp_path / report["rejects"]).read_text(encoding="utf-8-sig")
    assert "T2,P1,someday,skincare" in rejects.replace('"', "")
    assert "someday" in outcome.stdout
    assert run("check", exports).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["side_effect_rate"], "there is no measure 'side_effect_rate'; there are: asymmetry_change"),
        (["side_effect_rates", "--where", "colour=red"], "there is no column 'colour'"),
        (["side_effect_rates", "--where", "area=moon"], "area 'moon' occurs nowhere; there are: "),
        (["side_effect_rates", "--where", "area"], "is not COLUMN=VALUE"),
        (["side_effect_rates", "--effect", "joy"], "effect 'joy' occurs nowhere"),
        (["side_effect_rates", "--by", "position"], "cannot be shown by position; it can by: "),
        (["side_effect_rates", "--by", "mood"], "cannot be shown by mood"),
        (["maintenance_intervals", "--by", "effect"], "cannot be shown by effect"),
        (["maintenance_intervals", "--window-days", "30"], "takes no --window-days"),
        (["comparison", "--reference", "moon"], "the reference 'moon' is none of the groups; there are: "),
        (["side_effect_rates", "--reference", "moon"], "takes no --reference"),
        (["side_effect_rates", "--limits", "none"], "takes no --limits"),
        (["time_to_resolution", "--limits", "wide"], "'wide' is not one of"),
        (["treatments", "--by", "area"], "treatments takes no --by"),
        (["treatments", "--from", "2024-13-01"], "2024-13-01"),
        (["treatments", "--from", "2024-02-01", "--to", "2024-01-01"], "before it begins"),
    ],
)
def test_an_export_that_makes_no_sense_is_refused(folder: Path, arguments: list[str], said: str) -> None:
    assert said in refused("export", *arguments, "--snapshot", folder / "outcomes.json")


def test_a_snapshot_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "There is no snapshot" in refused("export", "treatments", "--snapshot", tmp_path / "none.json")
    (tmp_path / "rubbish.json").write_text("rubbish")
    assert "rubbish.json" in refused("export", "treatments", "--snapshot", tmp_path / "rubbish.json")


BAD_MAPPING = '[treatments]\nfile = "treatments.csv"\n[treatments.columns]\ntreated_on = "Datum"\n'


@pytest.mark.parametrize(
    ("name", "content", "mapping", "said"),
    [
        (None, b"", None, "treatments.csv"),
        ("treatments.csv", b"", None, "treatments.csv"),
        ("treatments.csv", b"<html><body>Sign in</body></html>", None, "treatments.csv"),
        ("treatments.csv", b"\x00\x01\x02PNG\xff\xfe\x00" * 50, None, "treatments.csv"),
        ("treatments.csv", b"treatment_id,patient_id,treatment_type\nT1,P1,skincare\n", None, "treated_on"),
        ("treatments.csv", b"treatment_id,patient_id,treated_on,treatment_type\n", BAD_MAPPING, "Datum"),
        ("treatments.csv", b"treatment_id\nT1\n", "not [toml", "mapping.toml"),
        (
            "treatments.csv",
            b"treatment_id,patient_id,treated_on,treatment_type\nT1,P1,03/04/2024,skincare\n",
            None,
            "date_format",
        ),
    ],
)
def test_an_import_that_cannot_be_done_changes_nothing(
    tmp_path: Path, name: str | None, content: bytes, mapping: str | None, said: str
) -> None:
    source = tmp_path / (name or "treatments.csv")
    if name:
        source.write_bytes(content)
    arguments: list[object] = [source]
    if mapping:
        (tmp_path / "mapping.toml").write_text(mapping)
        arguments += ["--mapping", tmp_path / "mapping.toml"]
    assert said in refused("import", *arguments, "--into", tmp_path / "o.json")
    assert said in refused("check", *arguments)
    assert not (tmp_path / "o.json").exists()


def test_a_failed_import_leaves_the_snapshot_as_it_was(folder: Path, tmp_path: Path) -> None:
    before = (folder / "outcomes.json").read_bytes()
    refused("import", tmp_path / "none", "--into", folder / "outcomes.json")
    assert (folder / "outcomes.json").read_bytes() == before


def test_the_network_sees_nothing_without_sign_in(folder: Path) -> None:
    assert "no sign-in is configured" in refused("serve", "--host", "0.0.0.0", "--snapshot", folder / "outcomes.json")


def test_the_command_is_installed(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "outcomes"), "export", "follow_up_completeness"]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    assert "synthetic" in outcome.stderr
    assert outcome.stdout.startswith("treatment_type,treated,")
    assert (tmp_path / ".outcomes" / "snapshot.json").exists()


def test_a_mapping_that_is_shipped_is_written_out_to_be_changed(tmp_path: Path) -> None:
    listed = run("mappings").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["cdisc_adam", "fhir", "omop_5_4", "synthea_csv", "template"]
    copy = tmp_path / "fhir.toml"
    copy.write_text(run("mappings", "fhir").stdout, encoding="utf-8")
    assert read_mapping(copy) == read_mapping("fhir")
    assert "there is no mapping fire: shipped are cdisc_adam, fhir" in refused("mappings", "fire")


def test_snapshots_are_listed_and_returned_to(tmp_path: Path) -> None:
    place = tmp_path / "o.json"
    assert "There is no snapshot at" in refused("snapshots", "--snapshot", place)
    write_exports(random_exports(2), tmp_path / "exports")
    for _ in range(2):
        assert run("import", tmp_path / "exports", "--into", place, "--replace").exit_code == 0

    def listed(*arguments: object) -> list[list[str]]:
        outcome = run("snapshots", "--snapshot", place, *arguments)
        assert outcome.exit_code == 0, outcome.output
        return [line.split() for line in outcome.stdout.splitlines()[1:]]

    assert [row[:2] for row in listed()] == [["2", "current"], ["1", str(datetime.date.today())]]
    assert [row[:2] for row in listed("--return-to", 1)] == [["2", str(datetime.date.today())], ["1", "current"]]
    assert "Snapshot 1 is the current one already." in refused("snapshots", "--snapshot", place, "--return-to", 1)
    assert "there are: 2, 1." in refused("snapshots", "--snapshot", place, "--return-to", 3)


def test_the_catalogue_is_printed_edited_and_taken(tmp_path: Path) -> None:
    place = tmp_path / "outcomes.json"
    assert run("import", write_exports(random_exports(1), tmp_path / "exports"), "--into", place).exit_code == 0
    printed = run("catalogue", "--snapshot", place)
    assert printed.exit_code == 0, printed.stderr
    assert printed.stdout.splitlines()[1] == "neuromodulator,Neuromodulator,injectable,true,28,90,150,"
    edited = tmp_path / "types.csv"
    edited.write_text(printed.stdout.replace(",Neuromodulator,injectable,true,28,", ",Botulinum,injectable,true,7,"))
    taken = run("catalogue", edited, "--snapshot", place)
    assert (taken.exit_code, "derived again by" in taken.stdout) == (0, True), taken.stderr
    assert run("catalogue", "--snapshot", place).stdout == edited.read_text()
    assert open_snapshot(place).treatment_types[0].touch_up_window_days == 7
    assert "derived again, " in run("snapshots", "--snapshot", place).stdout
    assert run("catalogue", "--derive-again", "--snapshot", place).exit_code == 0
    edited.write_text(edited.read_text().replace("Dermal filler", "Botulinum"))
    assert "Botulinum: needs a label that no other type has." in refused("catalogue", edited, "--snapshot", place)
    assert open_snapshot(place).generation.number == 3


def test_limits_of_resolution_curves_may_be_chosen(folder: Path) -> None:
    curves = {kind: export(folder, "time_to_resolution", "--limits", kind) for kind in ("clustered", "none")}
    assert [row["unresolved"] for row in curves["clustered"]] == [row["unresolved"] for row in curves["none"]]
    limited = [row for row in curves["clustered"] if row["limits"] != "none (one patient)"]
    assert limited
    assert all(row["unresolved_low"] and row["limits"] != "none" for row in limited)
    assert not any(row["unresolved_low"] or row["unresolved_high"] for row in curves["none"])
    assert curves["clustered"] == export(folder, "time_to_resolution")


def test_the_memory_is_bounded_in_words_of_size(folder: Path) -> None:
    assert run("check", folder / "exports", "--memory", "0.5 GB").exit_code == 0
    assert "write it like 4GB" in refused("check", folder / "exports", "--memory", "much")
    assert "at least 500 MB" in refused("check", folder / "exports", "--memory", "20MB")


def test_what_is_stored_with_the_snapshot_is_what_is_computed(folder: Path, snapshot_of: SnapshotOf) -> None:
    stored, computed = open_snapshot(folder / "outcomes.json"), snapshot_of(random_exports(1))
    assert stored._stored
    assert not computed._stored
    for measure in MEASURES:
        for by in ((), ("treatment_type",)):
            one, other = (store.measure(measure, by=by, limits="none") for store in (stored, computed))
            assert one.equals(other)
            assert (one.dtypes == other.dtypes).all()


@pytest.mark.parametrize("by", [(), ("treatment_type",), ("clinic", "sex")])
@pytest.mark.parametrize("measure", MEASURES)
def test_an_empty_selection_has_columns_but_no_rows(folder: Path, measure: str, by: tuple[str, ...]) -> None:
    store = open_snapshot(folder / "outcomes.json")
    frame = store.measure(measure, Filters(treated_from=datetime.date(2100, 1, 1)), by=by)
    assert tuple(frame.columns) == (*by, *definition(measure).columns)
    assert frame.empty


def test_an_import_without_any_treatment_is_refused(tmp_path: Path) -> None:
    exports = write_exports(Exports(treatments=[]), tmp_path / "exports")
    assert "No treatment record" in refused("import", exports, "--into", tmp_path / "o.json")
    assert not (tmp_path / "o.json").exists()


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_done(folder: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none" / "report.json"
    assert "cannot be written" in refused(
        "import", folder / "exports", "--into", tmp_path / "o.json", "--report", missing
    )
    assert not (tmp_path / "o.json").exists()


def test_filters_that_change_nothing_are_told(folder: Path) -> None:
    effect = open_snapshot(folder / "outcomes.json").values("effect")[0][0]
    told = run("export", "maintenance_summary", "--effect", effect, "--snapshot", folder / "outcomes.json")
    assert (told.exit_code, "leaves maintenance_summary as it is" in told.stderr) == (0, True)


@pytest.mark.parametrize("measure", MEASURES)
def test_columns_have_the_same_types_whatever_is_selected(folder: Path, measure: str) -> None:
    store = open_snapshot(folder / "outcomes.json")
    nothing = store.measure(measure, Filters(treated_from=datetime.date(2100, 1, 1)), by=("clinic",))
    assert (nothing.dtypes == store.measure(measure, by=("clinic",)).dtypes).all()


def test_a_check_may_look_at_the_snapshot_that_would_be_added_to(folder: Path, tmp_path: Path) -> None:
    only = tmp_path / "follow_ups.csv"
    treatment = export(folder, "treatments")[0]
    only.write_text(
        f"follow_up_id,treatment_id,followed_up_on\nNEW,{treatment['treatment_id']},{treatment['treated_on']}\n"
    )
    assert run("check", only).exit_code == 1
    assert run("check", only, "--into", folder / "outcomes.json").exit_code == 0


def test_progress_can_be_told_to_a_program(folder: Path) -> None:
    outcome = run("check", folder / "exports", "--progress", "json")
    told = [json.loads(line) for line in outcome.stderr.splitlines()]
    assert told
    assert all(set(line) == {"step", "done", "total"} for line in told)
    assert {"reading treatments", "checking treatments", "writing the account", "done"} <= {
        line["step"] for line in told
    }


RAW = "Kunde;Datum;Leistung\nK1;31.01.2024;Botox\nK2;01.02.2024;Lippenfiller\n"


def test_a_mapping_is_proposed_previewed_saved_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "termine.csv").write_text(RAW)
    proposed = run("propose", exports, "--output", tmp_path / "mine.toml")
    assert (proposed.exit_code, proposed.stdout, proposed.stderr) == (0, "", "")
    assert run("propose", exports).stdout.replace('"exports"', '"mine"') == (tmp_path / "mine.toml").read_text()
    told = json.loads(run("propose", exports, "--format", "json").stdout)
    assert told["files"][0]["sections"][0]["table"] == "treatments"
    checked = run("check", exports, "--mapping", tmp_path / "mine.toml", "--preview", tmp_path / "preview.json")
    assert checked.exit_code == 0, checked.output
    (shown,) = json.loads((tmp_path / "preview.json").read_text())["tables"]
    assert shown["before"][0] == ["K1", "31.01.2024", "Botox"]
    assert dict(zip(shown["columns"], shown["after"][0], strict=True))["treated_on"] == "2024-01-31"
    save_mapping(tmp_path / "outcomes.json", "Mine", (tmp_path / "mine.toml").read_text())
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(tmp_path / "outcomes.json"))
    assert run("check", exports, "--mapping", "Mine").exit_code == 0
    used = run("import", exports, "--mapping", "Mine")
    assert used.exit_code == 0, used.output


def test_what_a_proposal_leaves_open_is_said(tmp_path: Path) -> None:
    (tmp_path / "termine.csv").write_text(RAW.replace("31.01.2024", "03.04.2024"))
    outcome = run("propose", tmp_path)
    assert outcome.exit_code == 0
    assert "Open: termine.csv: The dates of Datum can be read as day first or month first" in outcome.stderr
    assert "would be written over" in refused("propose", tmp_path, "--output", tmp_path / "termine.csv")
    assert "does not exist" in refused("propose", tmp_path / "absent")


def test_small_numbers_are_suppressed_where_that_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = export(folder, "side_effect_rates", "--by", "practitioner", "--suppress-below", 5)
    assert "true" in {row["is_suppressed"] for row in asked}
    assert not {row["affected"] for row in asked} & {"1", "2", "3", "4"}
    assert "withheld" in refused("export", "treatments", "--suppress-below", 5, "--snapshot", folder / "outcomes.json")
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    assert export(folder, "side_effect_rates", "--by", "practitioner") == asked
    assert "is_suppressed" not in export(folder, "side_effect_rates", "--suppress-below", 0)[0]
