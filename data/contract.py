"""The export contract: the four tables, their columns, and what a value of each may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "date", "decimal", "integer", "boolean"]


@dataclass(frozen=True)
class Column:
    """One column of the contract.

    `low` and `high` bound a number (both included; the rules in queries/checks ask), `codes` are the only texts
    allowed, where they are given.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    low: float | None = None
    high: float | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table of the contract; `id_column` identifies a row."""

    name: str
    id_column: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        return {column.name: column for column in self.columns}[name]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "treatments",
            "treatment_id",
            (
                Column("treatment_id", required=True),
                Column("patient_id", required=True),
                Column("treated_on", "date", required=True),
                Column("treatment_type", required=True),
                Column("product"),
                Column("lot"),
                Column("area"),
                Column("side", codes=("left", "right", "both", "midline")),
                Column("dose", "decimal", low=0),
                Column("dose_unit"),
                Column("technique"),
                Column("practitioner"),
                Column("clinic"),
                Column("indication"),
                Column("baseline_asymmetry", "decimal", low=0, high=10),
                Column("planned_interval_days", "integer", low=1, high=36_500),
            ),
        ),
        Table(
            "patients",
            "patient_id",
            (
                Column("patient_id", required=True),
                Column("birth_year", "integer", low=1900, high=2200),
                Column("sex", codes=("female", "male", "other")),
                Column("skin_type", codes=("I", "II", "III", "IV", "V", "VI")),
                Column("smoker", "boolean"),
                Column("sun_exposure", codes=("low", "moderate", "high")),
            ),
        ),
        Table(
            "follow_ups",
            "follow_up_id",
            (
                Column("follow_up_id"),
                Column("treatment_id"),
                Column("patient_id"),
                Column("followed_up_on", "date", required=True),
                Column("satisfaction", "integer", low=1, high=5),
                Column("gais", "integer", low=1, high=5),
                Column("asymmetry", "decimal", low=0, high=10),
                Column("goal_met", "boolean"),
                Column("overcorrected", "boolean"),
                Column("adjusted", "boolean"),
                Column("aftercare_followed", "boolean"),
            ),
        ),
        Table(
            "side_effects",
            "side_effect_id",
            (
                Column("side_effect_id"),
                Column("treatment_id"),
                Column("patient_id"),
                Column("effect", required=True),
                Column("severity", codes=("mild", "moderate", "severe")),
                Column("onset_on", "date", required=True),
                Column("resolved_on", "date"),
                Column("resolved_by", "date"),
                Column("last_present_on", "date"),
                Column("serious", "boolean"),
                Column("action"),
                Column("area"),
            ),
        ),
    )
}
