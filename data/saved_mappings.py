"""Mappings that are kept under a name beside a snapshot, for next month's exports of the same system."""

from __future__ import annotations

import re
from pathlib import Path

from data.generations import folder_of
from data.mapping import read_mapping, saved_beside
from data.refusal import ImportRefused

NAME = re.compile(r"[^\W_][\w ()+&.,-]{0,79}")


def save_mapping(snapshot: str | Path, name: str, toml: str) -> Path:
    """Keep a mapping under this name beside a snapshot, in the place of an earlier one; its file.

    Raises ImportRefused for a name that no file can have and for what is no mapping.
    """
    place = _place(snapshot, name)
    unfinished = place.parent / "unfinished" / place.name
    try:
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(toml, encoding="utf-8")
        read_mapping(unfinished)
        unfinished.replace(place)
    except OSError as error:
        raise ImportRefused(f"The mapping cannot be saved at {place}: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return place


def saved_mappings(snapshot: str | Path) -> dict[str, Path]:
    """The mappings that are kept beside a snapshot, by name."""
    return saved_beside(snapshot)


def remove_mapping(snapshot: str | Path, name: str) -> None:
    """Remove a mapping that is kept beside a snapshot; ImportRefused where there is none of that name."""
    place = saved_beside(snapshot).get(name)
    if place is None:
        raise ImportRefused(f"There is no saved mapping {name}.")
    place.unlink(missing_ok=True)


def _place(snapshot: str | Path, name: str) -> Path:
    if not NAME.fullmatch(name) or name.endswith((" ", ".")):
        raise ImportRefused(
            f"A mapping cannot be called {name!r}: take letters, digits, spaces and - . , ( ), at most 80, "
            "beginning with a letter or a digit."
        )
    return folder_of(Path(snapshot)) / "mappings" / f"{name}.toml"
