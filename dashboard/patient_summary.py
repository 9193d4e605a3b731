"""Everything that is recorded of one person: in words, as tables, and on one page to print."""

from __future__ import annotations

import datetime
import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.charts.patient import KEY, SVG_STYLE, day_in_words, ended_in_words, lanes, timeline_svg
from dashboard.charts.style import Look, days
from dashboard.handout import STYLE
from data import EVERYTHING, Scope

BASES = {
    "own intervals": "the patient's own intervals, drawn toward those of the type",
    "mean of the type": "the mean of the patients who came back for this treatment",
    "catalogue": "the catalogue's expected interval",
}
_YES_NO = {True: "yes", False: "no"}


@dataclass(frozen=True)
class Patient:
    """What the tables of one patient hold (queries/records), with the intervals of everybody, by treatment type."""

    overview: pd.DataFrame
    timeline: pd.DataFrame
    intervals: pd.DataFrame
    of_types: pd.DataFrame
    as_of: datetime.date
    scope: Scope = EVERYTHING

    @property
    def patient_id(self) -> str:
        return str(self.overview["patient_id"].iloc[0])

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The rows of the timeline of one kind, with None wherever there is no value."""
        return _rows(self.timeline[self.timeline["event"] == kind])


def extent(scope: Scope) -> str:
    """How much of a person's history is told of."""
    if scope.is_cut:
        return f"Of what is recorded of this person, {scope.in_words}; no filter cuts it."
    return "Everything recorded of this person; no filter cuts it."


def who(patient: Patient) -> str:
    """The attributes that are recorded, and how much there is."""
    row = _rows(patient.overview)[0]
    attributes = [
        f"born {row['birth_year']:g}" if row["birth_year"] is not None else "",
        row["sex"] or "",
        f"skin type {row['skin_type']}" if row["skin_type"] else "",
        {True: "smoker", False: "not a smoker"}.get(row["smoker"], ""),
        f"{row['sun_exposure']} sun exposure" if row["sun_exposure"] else "",
    ]
    told = ", ".join(attribute for attribute in attributes if attribute) or "No attributes recorded"
    counted = [
        f"{row[name]:,} {words if row[name] != 1 else words.removesuffix('s')}"
        for name, words in (("sessions", "sessions"), ("side_effects", "side effects"), ("follow_ups", "follow-ups"))
    ]
    when = ""
    if row["sessions"]:
        first, last = (day_in_words(row[name]) for name in ("first_treated_on", "last_treated_on"))
        when = f", treated on {first}" if first == last else f", treated from {first} to {last}"
    return f"{told[:1].upper()}{told[1:]}. {', '.join(counted)}{when}."


def due(patient: Patient, look: Look) -> list[str]:
    """For each maintained type, when the next course is due and what that rests on."""
    said = []
    for row in _rows(patient.intervals):
        if row["is_returned"]:
            continue
        name = look.name("treatment_type", row["treatment_type"])
        if row["due_on"] is None:
            said.append(f"{name}: nothing to reckon a due day from.")
            continue
        late = row["overdue_days"]
        cut_off = "the data cut-off"
        when = f"overdue by {days(late)} at {cut_off}" if late > 0 else f"{days(-late)} after {cut_off}"
        when = when if late else f"the day of {cut_off}"
        own = f" ({row['completed']:g} completed)" if row["basis"] == "own intervals" else ""
        usual = days(row["personal_interval_days"])
        said.append(
            f"{name}: due {day_in_words(row['due_on'])}, {when}; {usual} after the last course, from "
            f"{BASES[row['basis']]}{own}."
        )
    return said


def sessions(patient: Patient, look: Look) -> pd.DataFrame:
    """What was done: a row per session and treatment type, the latest first."""
    return _table(
        {
            "Day": event["began_on"],
            "Treatment": look.name("treatment_type", event["treatment_type"]),
            "Visit": event["visit"],
            "Areas and doses": _spaced(event["details"]),
            "Product": event["products"],
            "Practitioner": event["practitioners"],
            "Planned next": event["planned_on"],
        }
        for event in reversed(patient.events("session"))
    )


def side_effects(patient: Patient, look: Look) -> pd.DataFrame:
    """What followed, and how it ended: a row per side effect, the latest first."""
    return _table(
        {
            "Began": event["began_on"],
            "Side effect": look.name("effect", event["effect"]),
            "Severity": event["severity"],
            "Serious": _YES_NO.get(event["serious"]),
            "After": look.name("treatment_type", event["treatment_type"]),
            "Days after": (event["began_on"] - event["treated_on"]).days,
            "Area": _spaced(event["details"]),
            "End": ended_in_words(event),
            "Action": _spaced(event["action"]),
        }
        for event in reversed(patient.events("side effect"))
    )


def follow_ups(patient: Patient) -> pd.DataFrame:
    """What was found: a row per follow-up, the latest first."""
    return _table(
        {
            "Day": event["began_on"],
            "Days after": (event["began_on"] - event["treated_on"]).days,
            "Area": _spaced(event["details"]),
            "Asymmetry (0 to 10)": event["asymmetry"],
            "GAIS (1 best, 5 worse)": event["gais"],
            "Satisfaction (5 best)": event["satisfaction"],
            "Goal met": _YES_NO.get(event["goal_met"]),
            "Overcorrected": _YES_NO.get(event["overcorrected"]),
            "Adjusted": _YES_NO.get(event["adjusted"]),
            "Aftercare followed": _YES_NO.get(event["aftercare_followed"]),
        }
        for event in reversed(patient.events("follow-up"))
    )


def intervals(patient: Patient, look: Look) -> pd.DataFrame:
    """Own maintenance intervals against those of the type: a row per course, the latest first."""
    of_types = {row["treatment_type"]: row for row in _rows(patient.of_types)}
    return _table(
        {
            "Treatment": look.name("treatment_type", row["treatment_type"]),
            "Course": row["course"],
            "Began": row["started_on"],
            "Next course": row["next_started_on"],
            "Days": row["interval_days"],
            "So far": "came back" if row["is_returned"] else "not back yet",
            "Planned for": row["planned_on"],
            "Median of the type": _quartiles(of_types.get(row["treatment_type"], {})),
        }
        for row in sorted(_rows(patient.intervals), key=lambda row: row["started_on"], reverse=True)
    )


def patient_summary(patient: Patient, look: Look, is_synthetic: bool) -> str:
    """One page of HTML that needs nothing else, for A4 and Letter."""
    title = f"Patient {html.escape(patient.patient_id)}"
    synthetic = '<p class="synthetic">Synthetic sample data, no real patients</p>' if is_synthetic else ""
    found = lanes(patient.timeline, patient.intervals, look)
    picture = (
        f"<h2>Timeline</h2>{timeline_svg(found, patient.as_of)}<p class='key'>{html.escape(KEY)} The dotted line is "
        "the data cut-off.</p>"
        if found
        else "<p>No treatment is recorded.</p>"
    )
    said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in due(patient, look))
    next_due = f"<h2>Next due</h2><ul>{said}</ul>" if said else ""
    tables: list[tuple[str, Callable[[], pd.DataFrame]]] = [
        ("Treatments", lambda: sessions(patient, look)),
        ("Side effects", lambda: side_effects(patient, look)),
        ("Follow-ups", lambda: follow_ups(patient)),
        ("Maintenance intervals", lambda: intervals(patient, look)),
    ]
    listed = "".join(f"<h2>{name}</h2>{_html(made())}" for name, made in tables)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}{SVG_STYLE}{_STYLE}</style>
</head>
<body>
<main>
{synthetic}
<h1>{title}</h1>
<p class="after">{html.escape(who(patient))}</p>
{next_due}
{picture}
{listed}
<footer>Data as of {day_in_words(patient.as_of)}. {html.escape(extent(patient.scope))} These are
health data: keep this page as you keep the record itself.</footer>
</main>
</body>
</html>
"""


_STYLE = """
@page { margin: 14mm }
body { font-size: 10pt; line-height: 1.4 }
main { max-width: 186mm }
h2 { font-size: 13pt; margin: 6mm 0 2mm; break-after: avoid }
.after { font-size: 11pt; margin-bottom: 2mm }
ul { margin: 0; padding-left: 5mm }
table { width: 100%; font-size: 8.5pt }
td, th { padding: 0.8mm 2mm 0.8mm 0; white-space: normal; vertical-align: top; border-bottom: 0.1mm solid #E4DFD6;
  overflow-wrap: break-word }
thead { display: table-header-group }
thead th { color: #5A5C5B; border-bottom: 0.3mm solid #999 }
tr, svg { break-inside: avoid }
.key { font-size: 8.5pt }
@media (max-width: 640px) { .wide { overflow-x: auto } table { min-width: 140mm } }
"""


def _table(rows: Any) -> pd.DataFrame:
    """The rows without the columns that are empty in all of them."""
    return pd.DataFrame(list(rows), dtype=object).dropna(axis=1, how="all")


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    empty = frame.astype(object).where(frame.notna(), None)
    return [{str(column): value for column, value in row.items()} for row in empty.to_dict("records")]


def _spaced(codes: str | None) -> str | None:
    return codes.replace("_", " ") if codes else None


def _quartiles(of_type: Mapping[str, Any]) -> str | None:
    if of_type.get("median_days") is None:
        return None
    low, high = of_type.get("q1_days"), of_type.get("q3_days")
    to = "not reached" if high is None else f"{high:,.0f}"
    return f"{of_type['median_days']:,.0f} ({low:,.0f} to {to}; n {of_type['patients']:,.0f})"


def _html(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "<p>None recorded.</p>"
    heads = "".join(f"<th scope='col'>{html.escape(str(column))}</th>" for column in frame.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{html.escape(_cell(value))}</td>' for value in row)}</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    return f"<div class='wide'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "–"
    if isinstance(value, datetime.date):
        return f"{value:%-d %b %Y}"
    return f"{value:g}" if isinstance(value, float) else str(value)
