"""Saved views, kept beside a snapshot: found again as they were saved, whoever else writes, and nobody's id in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data import ImportRefused, SavedView, SavedViews, remove_view, rename_view, save_view, saved_views

LIPS = SavedView("Lips, by product", "side-effects", {"area": ("lips", ""), "rates_by": ("Product",)})
ALL = SavedView("all “Überblick”", "", {})


def file_of(snapshot: Path) -> Path:
    return snapshot.with_name(f"{snapshot.name}.d") / "saved_views.json"


def test_what_is_saved_is_found_renamed_and_removed(tmp_path: Path) -> None:
    snapshot = tmp_path / "o.json"
    assert saved_views(snapshot) == SavedViews()
    for view in (LIPS, ALL):
        save_view(snapshot, f" {view.name} ", view.page, view.query)
    assert saved_views(snapshot).views == (ALL, LIPS)
    with pytest.raises(ImportRefused, match="already"):
        save_view(snapshot, LIPS.name, "watch", {})
    with pytest.raises(ImportRefused, match="already"):
        rename_view(snapshot, ALL.name, LIPS.name)
    rename_view(snapshot, LIPS.name, "Lips")
    assert [view.name for view in saved_views(snapshot).views] == [ALL.name, "Lips"]
    with pytest.raises(ImportRefused, match="any more"):
        rename_view(snapshot, LIPS.name, "Mouth")
    for _ in range(2):
        remove_view(snapshot, ALL.name)
    assert [view.query for view in saved_views(snapshot).views] == [LIPS.query]
    assert sorted(file.name for file in file_of(snapshot).parent.iterdir()) == ["saved_views.json", "saved_views.lock"]


@pytest.mark.parametrize(
    ("name", "page", "query", "said"),
    [
        ("", "watch", {}, "1 to 60 characters"),
        ("x" * 61, "watch", {}, "1 to 60 characters"),
        ("A", "patients", {}, "single patient"),
        ("A", "", {"patient_id": ["P1"]}, "single patient"),
        ("A", "../x", {}, "no page"),
        ("A", "watch", {'on"click': ["x"]}, "no page"),
        ("A", "watch", {"lot": "L1"}, "lists of texts"),
        ("A", "watch", {"lot": ["x" * 9_000]}, "too many filter values"),
    ],
)
def test_what_is_no_view_is_refused_and_not_read(
    tmp_path: Path, name: str, page: str, query: dict[str, list[str]], said: str
) -> None:
    snapshot = tmp_path / "o.json"
    with pytest.raises(ImportRefused, match=said):
        save_view(snapshot, name, page, query)
    file_of(snapshot).parent.mkdir(exist_ok=True)
    file_of(snapshot).write_text(json.dumps([{"name": name, "page": page, "query": query}]))
    assert saved_views(snapshot) == SavedViews(problem="saved_views.json is no list of saved views.")


@pytest.mark.parametrize("content", [b"", b"{}x", b"[1]", b'{"a": 1}', b"[" * 100_000, b"\xff", b" " * 1_000_001])
def test_a_file_that_is_damaged_is_told_and_not_written_over(tmp_path: Path, content: bytes) -> None:
    snapshot = tmp_path / "o.json"
    file_of(snapshot).parent.mkdir()
    file_of(snapshot).write_bytes(content)
    assert saved_views(snapshot).views == ()
    with pytest.raises(ImportRefused, match="beside the snapshot"):
        save_view(snapshot, "A", "watch", {})
    assert file_of(snapshot).read_bytes() == content


def test_there_are_not_too_many(tmp_path: Path) -> None:
    snapshot = tmp_path / "o.json"
    file_of(snapshot).parent.mkdir()
    file_of(snapshot).write_text(json.dumps([{"name": f"{i}", "page": "", "query": {}} for i in range(100)]))
    with pytest.raises(ImportRefused, match="100 saved views already"):
        save_view(snapshot, "one more", "", {})
