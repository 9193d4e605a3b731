"""The catalogue of treatment types: the practice's own, kept beside its snapshot, or else the one that is shipped.

`<pointer>.d/treatment_types.csv` is the practice's own, in place of the shipped file as a whole. Every import into that
snapshot reads it; data.rederive puts an edited one there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from data.generations import folder_of
from data.refusal import ImportRefused

NAME = "treatment_types.csv"
SHIPPED = Path(__file__).parent / NAME
COLUMNS = {
    "code": "varchar",
    "label": "varchar",
    "category": "varchar",
    "is_maintained": "boolean",
    "touch_up_window_days": "integer",
    "expected_interval_low_days": "integer",
    "expected_interval_high_days": "integer",
    "colour": "varchar",
}
"""The columns of the file, and their types in the snapshot."""
COLOURS = ("blue", "orange", "green", "rose", "olive", "teal", "purple", "grey")
LONGEST_DAYS = 3_650
LARGEST_FILE = 1_000_000
_YES_OR_NO = {"true": True, "false": False}


@dataclass(frozen=True)
class TreatmentType:
    """A treatment type; days are None where nothing is expected, the colour where its place in the catalogue gives it.

    One that the catalogue does not know is called by its code, taken for maintained, and has no touch-up window.
    """

    code: str
    label: str
    category: str | None = None
    is_maintained: bool = True
    touch_up_window_days: int = 0
    expected_interval_low_days: int | None = None
    expected_interval_high_days: int | None = None
    colour: str | None = None

    @property
    def row(self) -> tuple[str | bool | int | None, ...]:
        """Its values in the order of COLUMNS."""
        return astuple(self)


@dataclass(frozen=True)
class Catalogue:
    """The treatment types that imports know; `problem` says why they are not those of the practice's own file."""

    types: tuple[TreatmentType, ...]
    problem: str = ""


def catalogue_of(snapshot: str | Path | None) -> Catalogue:
    """The catalogue that imports into this snapshot read; the shipped one where the practice's own cannot be read."""
    own = folder_of(Path(snapshot)) / NAME if snapshot is not None else None
    if own is None or not own.exists():
        return Catalogue(read_catalogue(SHIPPED))
    try:
        return Catalogue(read_catalogue(own))
    except ImportRefused as refused:
        return Catalogue(read_catalogue(SHIPPED), f"{refused} The catalogue that is shipped is used instead.")


def read_catalogue(file: Path) -> tuple[TreatmentType, ...]:
    """The treatment types of a file with the columns of COLUMNS, `colour` being optional.

    Raises ImportRefused for a file that cannot be read, and for types that cannot be (see `check_catalogue`).
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            text = opened.read(LARGEST_FILE)
        # A spreadsheet that writes decimal commas separates cells by semicolons.
        lines = csv.DictReader(io.StringIO(text), delimiter=";" if text.startswith("code;") else ",")
        rows = [(f"line {lines.line_num}", row) for row in lines]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ImportRefused(f"The catalogue {file.name} cannot be read: {error}.") from error
    missing = [name for name in COLUMNS if name not in (lines.fieldnames or ()) and name != "colour"]
    if missing:
        raise ImportRefused(f"The catalogue {file.name} has no column {', '.join(missing)}.")
    types: list[TreatmentType] = []
    wrong: list[str] = []
    for line, row in rows:
        try:
            types.append(_treatment_type({name: (row.get(name) or "").strip() for name in COLUMNS}))
        except ValueError as error:
            wrong.append(f"{line}: {error}")
    if wrong:
        raise ImportRefused(f"The catalogue {file.name} cannot be read. {_told(wrong)}")
    check_catalogue(types, file.name)
    return tuple(types)


def check_catalogue(types: Sequence[TreatmentType], name: str = "") -> None:
    """Nothing, where these types can be a catalogue; else ImportRefused, which says of each what is wrong."""
    wrong = [] if types else ["It holds no treatment type."]
    for seen, one in enumerate(types):
        low, high = one.expected_interval_low_days, one.expected_interval_high_days
        called, before = one.label or one.code or f"Type {seen + 1}", types[:seen]
        if not one.code or one.code.casefold() in (other.code.casefold() for other in before):
            wrong.append(f"{called}: needs a code that no other type has.")
        if not one.label or one.label.casefold() in (other.label.casefold() for other in before):
            wrong.append(f"{called}: needs a label that no other type has.")
        if not 0 <= one.touch_up_window_days <= LONGEST_DAYS:
            wrong.append(f"{called}: the touch-up window has to be from 0 to {LONGEST_DAYS} days.")
        if (low is None) != (high is None):
            wrong.append(f"{called}: the expected interval needs both its ends, or neither.")
        elif low is not None and high is not None and not 1 <= low <= high <= LONGEST_DAYS:
            wrong.append(f"{called}: the expected interval has to go from a smaller to a larger number of days.")
        if one.colour is not None and one.colour not in COLOURS:
            wrong.append(f"{called}: the colour {one.colour} is none of {', '.join(COLOURS)}.")
        elif one.colour and (other := next((each for each in before if each.colour == one.colour), None)):
            wrong.append(f"{called}: has the colour of {other.label}; choose another one.")
    if wrong:
        raise ImportRefused(f"The catalogue{f' {name}' if name else ''} cannot be used. {_told(wrong)}")


def with_unknown(types: Sequence[TreatmentType], derived: Sequence[TreatmentType]) -> tuple[TreatmentType, ...]:
    """The types of a catalogue, and after them those of a snapshot that it does not know."""
    known = {one.code.casefold() for one in types}
    return (*types, *(one for one in derived if one.code.casefold() not in known))


def without_unknown(types: Sequence[TreatmentType]) -> tuple[TreatmentType, ...]:
    """The types of which more is told than a type has that the catalogue does not know."""
    return tuple(one for one in types if one != TreatmentType(one.code, one.code))


def written(types: Sequence[TreatmentType]) -> str:
    """The treatment types as the file that `read_catalogue` reads."""
    lines = io.StringIO()
    rows = csv.writer(lines, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows([_text(value) for value in one.row] for one in types)
    return lines.getvalue()


def _treatment_type(cells: dict[str, str]) -> TreatmentType:
    """The type that a line tells; ValueError, in words, where a cell is none that it can have."""
    is_maintained = _YES_OR_NO.get(cells["is_maintained"].lower())
    if is_maintained is None:
        raise ValueError(f"is_maintained is true or false, not {cells['is_maintained']!r}")
    if not cells["touch_up_window_days"]:
        raise ValueError("touch_up_window_days is empty; 0 is no touch-up window")
    window, low, high = (_days(name, cells[name]) for name in COLUMNS if name.endswith("_days"))
    return TreatmentType(
        cells["code"],
        cells["label"],
        cells["category"] or None,
        is_maintained,
        window or 0,
        low,
        high,
        cells["colour"].lower() or None,
    )


def _days(name: str, cell: str) -> int | None:
    if cell and not (cell.isascii() and cell.isdecimal() and len(cell) < 10):
        raise ValueError(f"{name} is a whole number of days, not {cell!r}")
    return int(cell) if cell else None


def _text(value: str | bool | int | None) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _told(wrong: Sequence[str], most: int = 5) -> str:
    more = f" And {len(wrong) - most} more." if len(wrong) > most else ""
    return " ".join(f"{one.rstrip('.')}." for one in wrong[:most]) + more
