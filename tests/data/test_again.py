"""Next month's files: recognised by their columns, read as last month, with what is new named."""

from __future__ import annotations

from pathlib import Path

import pytest

from data import ImportRefused, import_exports
from data.mapping import read_mapping
from data.proposing import Proposal, as_saved, files_of_the_contract, propose, unnamed_types, with_value

SEPTEMBER = """Nr;Kunde;Datum;Leistung;Einheiten
1;K1;03.09.2024;Botox 20u;20
2;K2;13.09.2024;Lippenfiller;0,5
3;K1;14.09.2024;Beratung;
4;K3;30.09.2024;Spezialkur;1,5
"""
OCTOBER = """Nr;Kunde;Datum;Leistung;Einheiten
5;K1;03.10.2024;Botox 20u;20
6;K4;05.10.2024;Neue Sache;1,0
7;K4;06.10.2024;Beratung;
"""
CONTRACT = "treatment_id,patient_id,treated_on,treatment_type\nT1,P1,2024-01-05,skincare\n"


def proposed(folder: Path, name: str, text: str) -> tuple[Path, Proposal]:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode("cp1252"))
    return folder / name, propose([folder / name])


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    _, proposal = proposed(tmp_path / "september", "Leistungen September.csv", SEPTEMBER)
    name = proposal.files[0].name
    proposal = with_value(proposal, name, 0, "treatment_type", "Spezialkur", "skincare")
    (tmp_path / "saved.toml").write_text(proposal.to_toml("saved"))
    return tmp_path / "saved.toml"


def test_next_month_is_read_as_last_month(tmp_path: Path, saved: Path) -> None:
    file, proposal = proposed(tmp_path / "october", "anders.csv", OCTOBER)
    read = as_saved(proposal, read_mapping(saved))
    assert read
    assert not read.questions
    assert unnamed_types(read) == ("Neue Sache",)
    (tmp_path / "again.toml").write_text(read.to_toml("again"))
    report = import_exports([file], into=tmp_path / "o.json", mapping=tmp_path / "again.toml")
    assert [(one.rows_loaded, one.rows_skipped, one.rows_rejected) for one in report.files] == [(2, 1, 0)]
    from dashboard.store import open_snapshot

    treatments = open_snapshot(tmp_path / "o.json").records("treatments").set_index("treatment_id")
    assert list(treatments["treatment_type"]) == ["neuromodulator", "Neue Sache"]
    assert [str(day)[:10] for day in treatments["treated_on"]] == ["2024-10-03", "2024-10-05"]
    assert list(treatments["dose"]) == [20.0, 1.0]


def test_answers_hold_though_this_month_proves_less(tmp_path: Path, saved: Path) -> None:
    _, proposal = proposed(
        tmp_path / "day", "x.csv", "Nr;Kunde;Datum;Leistung;Einheiten\n9;K1;03.04.2025;Spezialkur;\n"
    )
    read = as_saved(proposal, read_mapping(saved))
    assert read
    cells = {cell.column: cell for cell in read.files[0].sections[0].cells}
    assert cells["treated_on"].date_formats == ("%d.%m.%Y",)
    assert {match.value: match.code for match in cells["treatment_type"].values}["Spezialkur"] == "skincare"


def test_a_column_that_is_gone_does_not_fit(tmp_path: Path, saved: Path) -> None:
    _, proposal = proposed(tmp_path / "other", "Leistungen Oktober.csv", OCTOBER.replace("Leistung;", "Service;"))
    assert as_saved(proposal, read_mapping(saved)) is None


def test_more_columns_fit_as_well(tmp_path: Path, saved: Path) -> None:
    text = "\n".join(f"x;{line}" for line in OCTOBER.splitlines()) + "\n"
    _, proposal = proposed(tmp_path / "other", "Leistungen Oktober.csv", text)
    assert as_saved(proposal, read_mapping(saved))


def test_another_file_beside_it_that_holds_records_does_not_fit(tmp_path: Path, saved: Path) -> None:
    folder = tmp_path / "both"
    proposed(folder, "Leistungen Oktober.csv", OCTOBER)
    (folder / "patients.csv").write_text("patient_id,birth_year,sex\nK1,1980,female\nK2,1975,male\n")
    assert as_saved(propose([folder]), read_mapping(saved)) is None


def test_files_of_the_contract_need_no_mapping(tmp_path: Path) -> None:
    assert files_of_the_contract(proposed(tmp_path, "treatments.csv", CONTRACT)[1])
    assert not files_of_the_contract(proposed(tmp_path / "a", "Leistungen.csv", SEPTEMBER)[1])
    for folder, own in (("b", ("skincare", "Peeling")), ("c", ("2024-01-05", "3/4/2024"))):
        assert not files_of_the_contract(proposed(tmp_path / folder, "treatments.csv", CONTRACT.replace(*own))[1])


def test_a_mapping_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text("[treatments")
    with pytest.raises(ImportRefused):
        read_mapping(tmp_path / "m.toml")
