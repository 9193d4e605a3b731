"""Cells that no source column holds as it is: made from one or several of them, by SQL or by a constant."""

from __future__ import annotations

from collections.abc import Sequence

from data.contract import TABLES
from data.expressions import quoted
from data.proposing.cells import BY_CONTENT, cell_from, known_share
from data.proposing.proposal import Cell, Column
from data.proposing.words import LEFT_OUT, normalised, vocabulary

EXPRESSED = "the file has no number of its own for each row"


def of_treatments(cells: dict[str, Cell], columns: Sequence[Column]) -> dict[str, Cell]:
    """The cells of treatments with what can be made from the columns of the file where it has no column of its own."""
    by_name = {column.name: column for column in columns}
    made = dict(cells)
    if "treatment_type" not in made and "product" in made:
        made |= _type_of_product(by_name[made["product"].source])
    if "treatment_id" not in made or not _tells_rows_apart(by_name[made["treatment_id"].source]):
        made |= _made_id(made)
    if "dose" in made and "dose_unit" not in made:
        made |= _two_doses(columns) or _dose_unit(by_name[made["dose"].source], made.get("treatment_type"))
    return made


def birth_year(columns: Sequence[Column]) -> dict[str, Cell]:
    """The year out of a date of birth; nothing where its years have two digits."""
    for source in columns:
        has_century = all("%Y" in one for reading in source.dates for one in reading.formats)
        if source.identifying == "dates of birth" and source.dates and has_century:
            sql = rf"nullif(regexp_extract({quoted(source.name)}, '\d{{4}}'), '')"
            reason = f"the year of {source.name!r}; the day itself is left out"
            return {"birth_year": Cell("birth_year", "expression", reason, 0.9, sql=sql)}
    return {}


def _type_of_product(product: Column) -> dict[str, Cell]:
    """The type of treatment by the product that was used, where no column of its own tells it."""
    share = known_share(product, "treatment_type")
    if share < BY_CONTENT["treatment_type"]:
        return {}
    reason = f"the products in {product.name!r} tell the type of treatment ({share:.0%} are known)"
    column = TABLES["treatments"].column("treatment_type")
    return {"treatment_type": cell_from(column, product, "content", reason, 0.35 + 0.3 * share)}


def _made_id(cells: dict[str, Cell]) -> dict[str, Cell]:
    """A number made from what tells one record from another."""
    needed = ("treatment_id",) if "treatment_id" in cells else ("patient_id", "treated_on")
    if not {*needed, "treatment_type"} <= set(cells):
        return {}
    names = (*needed, "treatment_type", "area", "side", "product")
    telling = list(dict.fromkeys(cells[name].source for name in names if name in cells))
    sql = " || '|' || ".join(quoted(name) for name in telling)
    reason = f"{EXPRESSED}: made from {', '.join(telling)}; rows that agree in all of them count once"
    return {"treatment_id": Cell("treatment_id", "expression", reason, 0.5, sql=sql)}


def _tells_rows_apart(source: Column) -> bool:
    """Whether a number is one of rows; a few that repeat are rows that were exported twice."""
    return source.distinct >= 0.98 * source.filled


def _dose_unit(dose: Column, treatment_type: Cell | None) -> dict[str, Cell]:
    """The unit of a dose by its header of a column of one type of treatment."""
    if dose.unit:
        return {}
    types = {match.code for match in treatment_type.values if match.code != LEFT_OUT} if treatment_type else set()
    unit = _unit_in(dose.name)
    if unit == "mL":
        return {"dose_unit": Cell("dose_unit", "constant", f"the header {dose.name!r} says so", 0.7, value="mL")}
    if types == {"neuromodulator"} and unit == "U":
        return {"dose_unit": Cell("dose_unit", "constant", f"the header {dose.name!r} says so", 0.7, value="U")}
    return {}


def _two_doses(columns: Sequence[Column]) -> dict[str, Cell]:
    """The dose and its unit where units and millilitres have a column each."""
    by_unit: dict[str, list[str]] = {"U": [], "mL": []}
    for column in columns:
        if column.holds == "numbers" and (unit := _unit_in(column.name)):
            by_unit[unit].append(column.name)
    if [len(names) for names in by_unit.values()] != [1, 1]:
        return {}
    (units,), (millilitres,) = by_unit.values()
    reason = f"units in {units!r}, millilitres in {millilitres!r}"
    dose = f"coalesce(nullif({quoted(units)}, ''), {quoted(millilitres)})"
    unit = f"case when {quoted(units)} <> '' then 'U' when {quoted(millilitres)} <> '' then 'mL' end"
    return {
        "dose": Cell("dose", "expression", reason, 0.8, sql=dose),
        "dose_unit": Cell("dose_unit", "expression", reason, 0.8, sql=unit),
    }


def _unit_in(header: str) -> str:
    """The unit that a header names: U, mL, or none."""
    words = set(normalised(header).split())
    return "mL" if "ml" in words else "U" if words & set(vocabulary()["generic"]["units"]) else ""
