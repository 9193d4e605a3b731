"""Step 1: what each file is taken for."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.style import count
from dashboard.ui.fields import TABLES
from dashboard.ui.importing.draft import Draft
from dashboard.ui.wording import listed, plain, without_mapping
from data import proposing
from data.proposing import File

_CODES = {name: table for table, name in TABLES.items()}
_UNKNOWN = "Its columns look like none of these. Choose what it holds, or leave it out."


def ask(draft: Draft) -> bool:
    """Shows each file with what it holds; whether the next step can be taken."""
    assert draft.proposal
    st.markdown(
        "This is what the files seem to hold. Change it where that is wrong; a file with nothing chosen is left out."
    )
    for file in draft.proposal.files:
        with st.container(border=True, key=draft.key(file.name, "file")):
            _file(draft, file)
    held = {section.table for file in draft.proposal.files for section in file.sections}
    if not held:
        st.warning("Choose what at least one of the files holds, or drop in others.", title="Nothing would be read")
    elif draft.is_afresh and "treatments" not in held:
        st.warning(
            "Say which file holds the treatments, or drop it in as well: follow-ups and side effects belong to them.",
            title="There are no treatments in these files",
        )
        return False
    return bool(held)


def _file(draft: Draft, file: File) -> None:
    of_how_many = f" and {len(file.names) - 1} more like it" if len(file.names) > 1 else ""
    st.markdown(f"**{plain(file.name)}**{plain(of_how_many)}")
    if file.columns:
        written = [f"column names in {value}" if what == "header" else value for what, value in file.dialect]
        st.caption(plain(" · ".join([f"{count(file.rows)} rows", *written])))
    if not file.columns:
        st.warning(plain(file.reason), title="This file cannot be read")
        return
    key = draft.key(file.name, "tables")
    st.pills(
        "Holds",
        list(_CODES),
        selection_mode="multi",
        default=list(dict.fromkeys(TABLES[section.table] for section in file.sections)),
        key=key,
        on_change=_taken_for,
        args=(draft, file.name, key),
    )
    if not file.sections:
        st.caption(f":orange-badge[Left out] {_UNKNOWN}")
    for note in file.notes:
        st.caption(f":orange-badge[Note] {plain(without_mapping(note))}")
    if hidden := [f"{column.name} ({column.identifying})" for column in file.columns if column.identifying]:
        st.caption(f":gray-badge[Never imported] {plain(listed(hidden))}")


def _taken_for(draft: Draft, file: str, key: str) -> None:
    chosen = [_CODES[name] for name in st.session_state[key]]
    draft.edit(proposing.with_tables, file, tuple(table for table in TABLES if table in chosen))
    draft.rekey(file)
