"""Step 2: which column of a file is which of the dashboard's, with what stands in it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.charts.style import count
from dashboard.ui.fields import ONE_ROW_IS, field, meaning, table_name
from dashboard.ui.importing.draft import Draft
from dashboard.ui.wording import plain, sentence
from data import proposing
from data.contract import TABLES
from data.proposing import Cell, File, Section

_UNSURE = 0.65
_NOTHING, _SAME, _WORKED_OUT = ("none", ""), ("same", ""), ("worked out", "")
_EITHER = ("treatment_id", "patient_id")

Choice = tuple[str, str]


def ask(draft: Draft) -> bool:
    """Shows each column of the dashboard with the file's column for it; whether the next step can be taken."""
    assert draft.proposal
    st.markdown(
        "For each thing that the dashboard knows: the column of your file, and some of what stands in it. "
        "Change what is wrong; what you do not export may stay empty."
    )
    for file in draft.proposal.files:
        for place, section in enumerate(file.sections):
            with st.container(border=True, key=draft.key(file.name, "columns", place)):
                _section(draft, file, place, section)
    missing = [problem for file in draft.proposal.files for section in file.sections for problem in section.problems]
    return not missing


def _section(draft: Draft, file: File, place: int, section: Section) -> None:
    st.subheader(f"{table_name(section.table)}, from {plain(file.name)}", anchor=False)
    st.caption(f"One row is {ONE_ROW_IS[section.table]}.")
    if section.problems:
        missing = [field(cell.column) for cell in section.cells if _is_needed(section, cell) and not cell.is_given]
        st.warning(f"Choose the column of: {', '.join(missing)}.", title="Needed, and not found in this file")
    needed = [cell for cell in section.cells if _is_needed(section, cell)]
    found = [cell for cell in section.cells if cell.is_given and cell not in needed]
    rest = [cell for cell in section.cells if cell not in needed and cell not in found]
    for cell in (*needed, *found):
        _cell(draft, file, place, cell, is_needed=cell in needed)
    if section.where_reason:
        st.caption(f":gray-badge[Rows] {plain(section.where_reason)}")
    if rest:
        names = ", ".join(field(cell.column) for cell in rest)
        with st.expander(f"Not found in this file: {names}", key=draft.key(file.name, "rest", place)):
            for cell in rest:
                _cell(draft, file, place, cell, is_needed=False)


def _is_needed(section: Section, cell: Cell) -> bool:
    """Whether nothing can be read without this column; of treatment and patient number one is enough."""
    if section.table in ("follow_ups", "side_effects") and cell.column in _EITHER:
        return not any(section.cell(column).is_given for column in _EITHER if column != cell.column)
    return TABLES[section.table].column(cell.column).required


def _cell(draft: Draft, file: File, place: int, cell: Cell, is_needed: bool) -> None:
    key = draft.key(file.name, place, cell.column)
    left, right = st.columns([2, 3], gap="small", vertical_alignment="bottom")
    options = _options(file, cell)
    with left:
        st.selectbox(
            f"{field(cell.column)}{' (needed)' if is_needed else ''}",
            options,
            index=options.index(_chosen(cell)),
            format_func=_said,
            help=meaning(cell.column) or None,
            key=key,
            on_change=_answer,
            args=(draft, file.name, place, cell.column, key),
        )
        if _chosen(cell) == _SAME or st.session_state.get(key) == _SAME:
            typed = f"{key}-same"
            st.text_input(
                f"{field(cell.column)}, the same in every row",
                cell.value,
                key=typed,
                on_change=_constant,
                args=(draft, file.name, place, cell.column, typed),
            )
    with right:
        _samples(file, cell)


def _samples(file: File, cell: Cell) -> None:
    """What stands in the file's column, and why it was taken where that is not certain."""
    source = file.column(cell.source) if cell.source else None
    why = f":orange-badge[Please look] {sentence(cell.reason)}." if 0 < cell.score < _UNSURE else ""
    if source is None:
        st.caption((why or sentence(cell.reason)) if cell.sql else "")
        return
    samples = " · ".join(source.samples) or ("hidden, it says who somebody is" if source.identifying else "empty")
    st.markdown(plain(samples))
    filled = "" if source.filled >= file.rows else f"Filled in {count(source.filled)} of {count(file.rows)} rows."
    if why or filled:
        st.caption(f"{why} {filled}")


def _options(file: File, cell: Cell) -> list[Choice]:
    offered = [
        ("column", column.name) for column in file.columns if not column.identifying or column.name == cell.source
    ]
    return [_NOTHING, *offered, *([_WORKED_OUT] if cell.sql else []), _SAME]


def _chosen(cell: Cell) -> Choice:
    if cell.source:
        return ("column", cell.source)
    if cell.sql:
        return _WORKED_OUT
    return _SAME if cell.value else _NOTHING


def _said(choice: Choice) -> str:
    kind, name = choice
    return (
        name
        if kind == "column"
        else {"none": "– not in this file –", "same": "The same in every row ..."}.get(
            kind, "Worked out from other columns"
        )
    )


def _answer(draft: Draft, file: str, place: int, column: str, key: str) -> None:
    kind, name = st.session_state[key]
    if kind not in ("column", "none"):
        return
    assert draft.proposal
    sections = draft.proposal.file(file).sections
    before = sections[place].cell(column)
    draft.edit(proposing.with_source, file, place, column, name)
    if column not in _EITHER or not before.is_given:
        return
    # Other tables of the same file name the same treatment and the same patient by the same column.
    for other, section in enumerate(sections):
        same = next((cell for cell in section.cells if cell.column == column), None)
        if other != place and same and (same.source, same.sql) == (before.source, before.sql):
            draft.edit(proposing.with_source, file, other, column, name)
            draft.rekey(file)


def _constant(draft: Draft, file: str, place: int, column: str, key: str) -> None:
    value: Any = st.session_state[key]
    draft.edit(proposing.with_constant, file, place, column, value.strip())
