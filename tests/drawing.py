"""Exports drawn for tests: small tables written by hand, and hostile random ones that keep the contract."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from data.contract import TABLES
from tests import oracle

Row = dict[str, Any]

FIRST_DAY = date(2023, 1, 1)


@dataclass(frozen=True, eq=False)
class Exports:
    """The four tables of the contract as lists of rows; a column that a row does not name is empty.

    Two exports are the same only where they are one object, so that a test's exports are imported once.
    """

    treatments: Sequence[Row]
    patients: Sequence[Row] = field(default_factory=list)
    follow_ups: Sequence[Row] = field(default_factory=list)
    side_effects: Sequence[Row] = field(default_factory=list)

    def table(self, name: str) -> Sequence[Row]:
        """The rows of the table of that name."""
        return {
            "treatments": self.treatments,
            "patients": self.patients,
            "follow_ups": self.follow_ups,
            "side_effects": self.side_effects,
        }[name]


def on(text: str | int | None) -> date | None:
    """The day of an ISO text; a number counts days from 1 January 2023."""
    if text is None or text == "":
        return None
    return FIRST_DAY + timedelta(days=text) if isinstance(text, int) else date.fromisoformat(text)


def rows_of(drawn: str) -> list[Row]:
    """The typed rows of a table drawn as text.

    The first line names the columns, separated by `|`; `.` is an empty cell. Days may be ISO dates or numbers
    of days from 1 January 2023.
    """
    lines = [line.strip().strip("|").strip() for line in drawn.strip().splitlines()]
    names = [name.strip() for name in lines[0].split("|")]
    kinds = {column.name: column.kind for table in TABLES.values() for column in table.columns}
    rows = []
    for line in lines[1:]:
        cells = [cell.strip() for cell in line.split("|")]
        rows.append({name: typed(cell, kinds[name]) for name, cell in zip(names, cells, strict=True)})
    return rows


def typed(cell: str, kind: str) -> Any:
    """The value of a drawn cell of a contract kind."""
    if cell in ("", "."):
        return None
    if kind == "date":
        return on(int(cell)) if cell.lstrip("-").isdigit() else on(cell)
    if kind == "integer":
        return int(cell)
    if kind == "decimal":
        return float(cell)
    if kind == "boolean":
        return {"true": True, "false": False}[cell]
    return cell


def drawn(treatments: str, patients: str = "", follow_ups: str = "", side_effects: str = "") -> Exports:
    """Exports of tables drawn as text (`rows_of`)."""
    tables = [rows_of(table) if table else [] for table in (treatments, patients, follow_ups, side_effects)]
    return Exports(*tables)


def cell_of(value: object) -> str:
    """A value as the contract's CSV files write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def write_exports(exports: Exports, folder: Path) -> Path:
    """Writes one CSV file per table that has rows, with the contract's headers, and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in TABLES.items():
        rows = exports.table(name)
        if not rows and name != "treatments":
            continue
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(table.column_names)
            for row in rows:
                writer.writerow([cell_of(row.get(column)) for column in table.column_names])
    return folder


# --- random exports -----------------------------------------------------------------------------------------

TYPES = (
    "neuromodulator",
    "dermal_filler",
    "skincare",
    "jawline_contouring",
    "rhinoplasty",
    "Laser, 2 passes",
)
AREAS = ("glabella", "lips", "cheek", "chin", "Crow's feet; outer", None)
SIDES = ("left", "right", "both", "midline", None)
PRODUCTS = ("Product A", 'Product "B"', "Produit é", None)
LOTS = ("L1", "L2", "007", None)
TECHNIQUES = ("needle", "cannula", None)
PRACTITIONERS = ("P1", "P2", "Dr Østby, M.", None)
CLINICS = ("North", "South", None)
INDICATIONS = ("lines", "volume", None)
EFFECTS = ("bruising", "swelling", "headache", "ptosis", "crusting, mild")
SEVERITIES = ("mild", "moderate", "severe", None)
DOSES = (None, 0.0, 0.1, 0.5, 1.0, 12.0, 20.25)


def random_exports(seed: int, patients: int | None = None) -> Exports:
    """Hostile but valid exports: ties, zero durations, touch-ups, sessions of several types, missing values.

    Small seeds differ in size as well: from one patient to sixty. Some effects and some areas, clinics or
    products have nobody affected; some patients come once, some every few weeks; some rows are linked by
    patient only.
    """
    draw = random.Random(seed)
    n_patients = patients if patients is not None else draw.choice((1, 2, 4, 8, 15, 25, 40, 60))
    treatments: list[Row] = []
    people: list[Row] = []
    follow_ups: list[Row] = []
    side_effects: list[Row] = []
    types = draw.sample(TYPES, draw.randint(1, len(TYPES)))
    effects = draw.sample(EFFECTS, draw.randint(1, len(EFFECTS)))
    horizon = draw.choice((60, 400, 900))
    for number in range(n_patients):
        patient_id = f"pat-{draw.randint(0, 9)}{number}"
        if draw.random() < 0.8:
            people.append(random_patient(draw, patient_id))
        days = random_days(draw, horizon)
        frailty = draw.choice((0.0, 0.1, 0.5, 0.9))
        sessions: list[tuple[int, list[Row]]] = []
        for day in days:
            records = random_session(draw, patient_id, day, types, len(treatments))
            treatments += records
            sessions.append((day, records))
        for day, records in sessions:
            follow_ups += random_follow_ups(draw, patient_id, day, records)
            for record in records:
                while draw.random() < frailty * 0.7:
                    side_effects.append(random_side_effect(draw, patient_id, day, record, effects))
    if side_effects and draw.random() < 0.3:
        side_effects.append({**draw.choice(side_effects), "side_effect_id": None})  # the same, told twice
    draw.shuffle(treatments)
    draw.shuffle(follow_ups)
    draw.shuffle(side_effects)
    for number, row in enumerate(follow_ups):
        row["follow_up_id"] = None if draw.random() < 0.2 else f"f{number}"
    for number, row in enumerate(side_effects):
        row["side_effect_id"] = None if draw.random() < 0.2 else f"s{number}"
    return Exports(treatments, people, follow_ups, side_effects)


def random_patient(draw: random.Random, patient_id: str) -> Row:
    return {
        "patient_id": patient_id,
        "birth_year": draw.choice((None, 1940, 1958, 1968, 1978, 1988, 1989, 1998, 1999, 2006)),
        "sex": draw.choice(("female", "female", "male", "other", None)),
        "skin_type": draw.choice(("I", "II", "IV", "VI", None)),
        "smoker": draw.choice((True, False, False, None)),
        "sun_exposure": draw.choice(("low", "high", None)),
    }


def random_days(draw: random.Random, horizon: int) -> list[int]:
    """The days of a patient's sessions: once or many times, some within a touch-up window, many of them ties."""
    days = {draw.choice((0, 7, 30, horizon // 2, horizon))}
    for _ in range(draw.choice((0, 0, 1, 2, 4, 9))):
        step = draw.choice((1, 7, 14, 28, 29, 42, 43, 90, 90, 120, 365))
        days.add(min(max(days) + step, horizon))
    return sorted(days)


def random_session(
    draw: random.Random, patient_id: str, day: int, types: Sequence[str], first_number: int
) -> list[Row]:
    """One to four records of one day, of one or several types; ids whose text order is not their number's."""
    records = []
    main_type = draw.choice(types)
    for i in range(draw.choice((1, 1, 2, 3, 4))):
        records.append(
            {
                "treatment_id": f"T{first_number + i}" if draw.random() < 0.8 else f"T{first_number + i}é",
                "patient_id": patient_id,
                "treated_on": on(day),
                "treatment_type": main_type if draw.random() < 0.7 else draw.choice(types),
                "product": draw.choice(PRODUCTS),
                "lot": draw.choice(LOTS),
                "area": draw.choice(AREAS),
                "side": draw.choice(SIDES),
                "dose": draw.choice(DOSES),
                "dose_unit": draw.choice(("U", "mL", None)),
                "technique": draw.choice(TECHNIQUES),
                "practitioner": draw.choice(PRACTITIONERS),
                "clinic": draw.choice(CLINICS),
                "indication": draw.choice(INDICATIONS),
                "baseline_asymmetry": draw.choice((None, 0.0, 2.5, 10.0)),
                "planned_interval_days": draw.choice((None, 90, 120)),
            }
        )
    return records


def contact_keys(draw: random.Random, patient_id: str, record: Row, can_link_by_patient: bool) -> Row:
    """How a contact names whom it is about: the record, the record and the patient, or the patient alone."""
    ways = ("record", "both", "patient") if can_link_by_patient else ("record", "both")
    way = draw.choice(ways)
    return {
        "treatment_id": None if way == "patient" else record["treatment_id"],
        "patient_id": None if way == "record" else patient_id,
    }


def random_follow_ups(draw: random.Random, patient_id: str, day: int, records: Sequence[Row]) -> list[Row]:
    """None to three contacts after a session, some on its day, some after the next session."""
    rows = []
    for _ in range(draw.choice((0, 0, 1, 2, 3))):
        later = day + draw.choice((0, 1, 7, 14, 28, 90))
        rows.append(
            {
                **contact_keys(draw, patient_id, draw.choice(records), draw.random() < 0.7),
                "followed_up_on": on(later),
                "satisfaction": draw.choice((None, 1, 4, 5)),
                "gais": draw.choice((None, 1, 3, 5)),
                "asymmetry": draw.choice((None, 0.0, 1.5)),
                "goal_met": draw.choice((None, True, False)),
                "overcorrected": draw.choice((None, False)),
                "adjusted": draw.choice((None, True, False)),
                "aftercare_followed": draw.choice((None, True, False)),
            }
        )
    return rows


def random_side_effect(
    draw: random.Random,
    patient_id: str,
    day: int,
    record: Row,
    effects: Sequence[str],
) -> Row:
    """One side effect: ended on a known day, only seen gone, still there, or never seen again."""
    onset = day + draw.choice((0, 0, 0, 1, 1, 3, 7, 8, 14, 30, 91))
    last_present = draw.choice((None, None, onset, onset + 1, onset + 5))
    known_until = onset if last_present is None else last_present
    resolved_on = resolved_by = None
    ending = draw.choice(("exact", "exact", "exact", "seen gone", "open", "exact and seen gone"))
    if draw.random() < 0.1:
        ending = "open"
    if "exact" in ending:
        resolved_on = known_until + draw.choice((0, 0, 1, 3, 7, 7, 14, 30, 89, 90, 120))
    if "seen gone" in ending:
        seen = known_until if resolved_on is None else resolved_on
        resolved_by = seen + draw.choice((0, 1, 2, 7, 14, 28))
    return {
        **contact_keys(draw, patient_id, record, True),
        "effect": draw.choice(effects),
        "severity": draw.choice(SEVERITIES),
        "onset_on": on(onset),
        "resolved_on": on(resolved_on),
        "resolved_by": on(resolved_by),
        "last_present_on": on(last_present),
        "serious": draw.choice((None, False, False, True)),
        "action": draw.choice((None, "ice")),
        "area": draw.choice((None, record["area"], record["area"], draw.choice(AREAS))),
    }


def with_random_results(exports: Exports, seed: int) -> Exports:
    """The same exports with results all over their scales, several a day, and around the first and last day of them."""
    draw = random.Random(f"results {seed}")
    treatments = [
        {**row, "baseline_asymmetry": draw.choice((None, 0, 1.1, 2.3, 5.5, 10))} for row in exports.treatments
    ]
    days = {row["treatment_id"]: row["treated_on"] for row in treatments}
    follow_ups = []
    for row in exports.follow_ups:
        for _ in range(draw.choice((1, 1, 2))):
            day = days.get(row["treatment_id"])
            later = timedelta(days=draw.choice((6, 7, 14, 15, 30, 90, 91, 179, 180, 181, 365, 366)))
            follow_ups.append(
                {
                    **row,
                    "follow_up_id": None,
                    "followed_up_on": row["followed_up_on"] if day is None or draw.random() < 0.2 else day + later,
                    "satisfaction": draw.choice((None, 1, 2, 3, 4, 5)),
                    "gais": draw.choice((None, 1, 2, 3, 4, 5)),
                    "asymmetry": draw.choice((None, 0, 0.1, 1.3, 2.301, 5.25, 10)),
                    **{
                        name: draw.choice((None, True, False))
                        for name in ("goal_met", "overcorrected", "adjusted", "aftercare_followed")
                    },
                }
            )
    return Exports(treatments, exports.patients, follow_ups, exports.side_effects)


def random_filters(seed: int, exports: Exports) -> dict[str, Any]:
    """The fields of a random selection, by their names in `Filters`; values that occur, '' among them."""
    draw = random.Random(f"filters {seed}")
    records = oracle.treatment_records(exports)
    chosen: dict[str, Any] = {}
    for name in draw.sample(oracle.RECORD_FILTERS, draw.choice((0, 0, 1, 1, 2))):
        occurring = sorted({record["attributes"][name] for record in records})
        chosen[name] = tuple(draw.sample(occurring, min(len(occurring), draw.choice((1, 2, 2, 3)))))
    if draw.random() < 0.25:
        days = sorted({row["treated_on"] for row in exports.treatments})
        first, last = sorted((draw.choice(days), draw.choice(days)))
        chosen["treated_from"] = draw.choice((None, first))
        chosen["treated_to"] = draw.choice((None, last))
    if draw.random() < 0.15:
        low, high = sorted(draw.sample([dose for dose in DOSES if dose is not None], 2))
        chosen["dose_from"] = draw.choice((None, low))
        chosen["dose_to"] = draw.choice((None, high))
    if exports.side_effects and draw.random() < 0.4:
        name = draw.choice(("effect", "severity", "serious"))
        values = [
            oracle.yes_no(row.get(name)) if name == "serious" else row.get(name) or "" for row in exports.side_effects
        ]
        occurring = sorted(set(values))
        chosen[name] = tuple(draw.sample(occurring, min(len(occurring), draw.choice((1, 2)))))
    return chosen


def random_by(draw: random.Random, extra: Sequence[str] = ()) -> tuple[str, ...]:
    """A random group: none, one column, or two crossed; `extra` names groups only some measures have."""
    names = (*oracle.RECORD_GROUPS, *extra, *extra, "treatment_type", "treatment_type")
    return draw.choice(
        (
            (),
            ("treatment_type",),
            (draw.choice(names),),
            (draw.choice(names),),
            tuple(draw.sample(sorted(set(names) - {"total"}), 2)),
        )
    )


def described(seed: int, selection: Mapping[str, Any], **options: object) -> str:
    """One line that says how to draw a case again."""
    return f"seed {seed}, {dict(selection)}, {options}"
