"""A naive second reading of an export: what every row has to become, worked out record by record in plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from data import ImportReport
from tests.data.conftest import Practice

Days = Mapping[str, Iterable[date]]
"""The days on which each patient was treated."""


def accounts(report: ImportReport) -> dict[tuple[str, str], tuple[int, int, int, int, int]]:
    """Rows read, loaded, duplicate, skipped and rejected, by file and table."""
    return {
        (one.file, one.table): (one.rows_read, one.rows_loaded, one.rows_duplicate, one.rows_skipped, one.rows_rejected)
        for one in report.files
    }


def treated_days(treatments: Iterable[tuple[str, str, date]]) -> dict[str, list[date]]:
    """The days of each patient, of treatments as id, patient and day."""
    days: dict[str, list[date]] = {}
    for _, patient, day in treatments:
        days.setdefault(patient, []).append(day)
    return days


def latest(days: Days, patient: str, day: date) -> date | None:
    """The patient's latest session on or before a day."""
    return max((treated for treated in days.get(patient, ()) if treated <= day), default=None)


def rejected_lines(report: ImportReport, table: str) -> set[int | None]:
    """The lines that were rejected for a table, each because nobody was treated before it."""
    of_table = [reject for reject in report.rejects if reject.table == table]
    assert all(reject.reason.startswith("no treatment on or before ") for reject in of_table)
    return {reject.line for reject in of_table}


def sessions_of(practice: Practice, table: str, number: str) -> dict[str, tuple[Any, ...]]:
    """The patient and day of the session that each row of a table is linked to, by its id."""
    links = {"follow_ups": "follow_up_links", "side_effects": "side_effect_links"}[table]
    rows = practice.rows(
        f"select distinct {number}_id, treatments.patient_id, treatments.treated_on from {table} "
        f"join {links} using ({number}_no) join treatments using (treatment_no)"
    )
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[1:] for row in rows}
