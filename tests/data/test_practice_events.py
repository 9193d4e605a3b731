"""What changed in the practice, kept beside a snapshot: told again as it was noted, whoever else writes."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest

import data
from data import ImportRefused, PracticeEvent, add_practice_event, practice_events, remove_practice_event

PRODUCT = PracticeEvent(date(2025, 3, 1), 'New filler, "soft"; lips')
MOVE = PracticeEvent(date(2024, 1, 31), "Umzug nach Zürich")


def file_of(snapshot: Path) -> Path:
    return snapshot.with_name(f"{snapshot.name}.d") / "practice_events.csv"


def test_what_is_noted_is_told_and_can_be_removed(tmp_path: Path) -> None:
    snapshot = tmp_path / "o.json"
    assert practice_events(snapshot) == data.PracticeEvents()
    for event in (PRODUCT, MOVE, MOVE):
        add_practice_event(snapshot, event)
    assert practice_events(snapshot).events == (MOVE, PRODUCT)
    remove_practice_event(snapshot, MOVE)
    remove_practice_event(snapshot, MOVE)
    assert practice_events(snapshot).events == (PRODUCT,)
    assert sorted(file.name for file in file_of(snapshot).parent.iterdir()) == [
        "practice_events.csv",
        "practice_events.lock",
    ]


@pytest.mark.parametrize("what", ["", "  ", "x" * 81, "tab\x00"])
def test_what_says_nothing_or_too_much_is_refused(tmp_path: Path, what: str) -> None:
    with pytest.raises(ImportRefused, match="1 to 80 characters"):
        add_practice_event(tmp_path / "o.json", PracticeEvent(date(2025, 1, 1), what))
    assert practice_events(tmp_path / "o.json").events == ()


def test_two_who_write_at_once_lose_nothing(tmp_path: Path) -> None:
    snapshot = tmp_path / "o.json"
    noted = [[PracticeEvent(date(2025, 1, 1 + i), f"writer {who}") for i in range(20)] for who in range(4)]

    def write(events: list[PracticeEvent]) -> None:
        for event in events:
            add_practice_event(snapshot, event)

    writers = [threading.Thread(target=write, args=(events,)) for events in noted]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert set(practice_events(snapshot).events) == {event for events in noted for event in events}
    assert practice_events(snapshot).problems == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "does not begin with the line happened_on,what"),
        (b"when,what\n2025-01-01,Move\n", "does not begin with the line happened_on,what"),
        (b"happened_on,what\n2025-01-01,\xff\n", "no CSV file in UTF-8"),
        (b"happened_on,what\n" + b"x" * 100_001, "too large"),
    ],
)
def test_a_file_that_is_none_is_told_and_left_alone(tmp_path: Path, content: bytes, told: str) -> None:
    file = file_of(tmp_path / "o.json")
    file.parent.mkdir()
    file.write_bytes(content)
    found = practice_events(tmp_path / "o.json")
    assert found.events == ()
    assert told in found.problems[0]
    with pytest.raises(ImportRefused, match="Mend or remove it first"):
        add_practice_event(tmp_path / "o.json", MOVE)
    assert file.read_bytes() == content


def test_a_line_that_cannot_be_read_is_told_and_the_others_are_shown(tmp_path: Path) -> None:
    file = file_of(tmp_path / "o.json")
    file.parent.mkdir()
    file.write_text("happened_on,what\n01/02/2025,Move\n2025-03-01,New product\n2025-03-02\n")
    found = practice_events(tmp_path / "o.json")
    assert found.events == (PracticeEvent(date(2025, 3, 1), "New product"),)
    assert [problem.split(" of")[0] for problem in found.problems] == ["Line 2", "Line 4"]


def test_a_folder_that_cannot_be_made_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "o.json.d").write_text("a file where the folder would be")
    with pytest.raises(ImportRefused, match="cannot be kept"):
        add_practice_event(tmp_path / "o.json", MOVE)
