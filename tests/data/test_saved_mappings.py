"""A mapping that was found good is kept under a name beside the snapshot, and used again by it."""

from __future__ import annotations

from pathlib import Path

import pytest

import data
from data import ImportRefused, remove_mapping, save_mapping, saved_mappings
from tests.data.conftest import Practice

MAPPING = '[treatments]\nfile = "treatments*.csv"\n[treatments.columns]\nclinic = { value = "Bath" }\n'


def test_a_saved_mapping_is_found_by_its_name(practice: Practice) -> None:
    place = save_mapping(practice.pointer, "My practice", MAPPING)
    assert saved_mappings(practice.pointer) == {"My practice": place}
    practice.imports("My practice")
    assert practice.rows("select distinct clinic from treatments") == [("Bath",)]
    save_mapping(practice.pointer, "My practice", MAPPING.replace("Bath", "Wells"))
    practice.imports("My practice")
    assert practice.rows("select distinct clinic from treatments") == [("Wells",)]


def test_a_saved_mapping_goes_before_a_shipped_one_and_after_a_file(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    save_mapping(practice.pointer, "template", MAPPING)
    practice.imports("template")
    assert practice.rows("select distinct clinic from treatments") == [("Bath",)]
    monkeypatch.chdir(tmp_path)
    Path("template").write_text(MAPPING.replace("Bath", "Ely"), encoding="utf-8")
    practice.imports("template")
    assert practice.rows("select distinct clinic from treatments") == [("Ely",)]


def test_a_mapping_is_removed(practice: Practice) -> None:
    save_mapping(practice.pointer, "A", MAPPING)
    remove_mapping(practice.pointer, "A")
    assert not saved_mappings(practice.pointer)
    with pytest.raises(ImportRefused, match="no saved mapping A"):
        remove_mapping(practice.pointer, "A")
    with pytest.raises(ImportRefused, match="There is no mapping A"):
        data.check_exports([practice.exports], mapping="A", into=None)


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "a\\b", ".hidden", "a" * 81, "a\0", "ends ", "a\nb"])
def test_a_name_that_is_no_file_name_is_refused(practice: Practice, name: str) -> None:
    with pytest.raises(ImportRefused, match="cannot be called"):
        save_mapping(practice.pointer, name, MAPPING)
    assert not list(practice.folder.rglob("*.toml"))


def test_what_is_no_mapping_is_not_saved(practice: Practice) -> None:
    save_mapping(practice.pointer, "A", MAPPING)
    with pytest.raises(ImportRefused, match="no table"):
        save_mapping(practice.pointer, "A", "[appointments]\n")
    assert saved_mappings(practice.pointer)["A"].read_text(encoding="utf-8") == MAPPING
