"""What is in here: imports and what became of their rows, warnings, rejected rows, saved answers, older snapshots."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

import data
from dashboard import export
from dashboard.charts.style import count
from dashboard.filters import Filters
from dashboard.ui import cache
from dashboard.ui.account import counted, file_table
from dashboard.ui.auditing import noted, taken
from dashboard.ui.fields import field, in_words, table_name
from dashboard.ui.section import downloads
from dashboard.ui.wording import listed, plain, when, without_mapping

LATEST = 6
LATEST_REJECTS = 3
MOST_RULES = 12
EVERY = "All imports"


def imports() -> None:
    """Every import, the newest first, with its files."""
    st.subheader("Imports", anchor=False)
    listed = cache.account("imports_in_short")
    if listed.empty:
        st.caption("Nothing has been imported yet.")
        return
    files = cache.records("imports", Filters(), limit=10_000)
    for one in _latest(list(listed.itertuples()), LATEST, "imports"):
        title = f"**{plain(when(one.imported_at))}** · {counted(one)}"
        with st.expander(title, key=f"import-{one.import_no}"):
            of_this = files[files["import_no"] == one.import_no].reset_index(drop=True)
            file_table(of_this, f"import {one.import_no}, file by file")


def warnings() -> None:
    """How many values look wrong or were left empty, by rule."""
    st.subheader("Warnings", anchor=False)
    if cache.account("warnings_by_rule").empty:
        st.caption("No value looked wrong.")
        return
    st.caption("These rows were loaded. A value that could not be read was left empty; nothing was guessed.")
    rules = cache.account("warnings_by_rule", _import_no("warnings"))
    if rules.empty:
        st.caption("No value of this import looked wrong.")
        return
    _rules(rules, "warnings", "Values")


def rejects() -> None:
    """The rows that could not be taken, and why, file by file, the newest import first."""
    st.subheader("Rejected rows", anchor=False)
    rules = cache.account("rejects_by_rule")
    if rules.empty:
        st.caption("No row was rejected.")
        return
    times = _times()
    st.caption("These rows stayed out. Nothing else was touched by them.")
    files = [(number, file, rows) for (number, file), rows in rules.groupby(["import_no", "file"], sort=False)]
    for number, file, rows in _latest(files, LATEST_REJECTS, "rejects"):
        with st.container(border=True, key=f"rejects-{number}-{file}"):
            st.markdown(
                f"**{plain(str(file))}** · {count(rows['rejected'].sum())} rejected on {plain(when(times[number]))}"
            )
            _rules(rows, "rejected", "Rows")
            _to_mend(number, str(file))
    store = cache.accounts_store()
    with st.popover("Download all rejected rows with their reasons", type="tertiary"):
        downloads("rejects", lambda suffix: export.to_file(store.records_reader("rejects"), suffix), "all-rejects")


def _to_mend(import_no: int, file: str) -> None:
    """The rejected rows of a file as a file again."""
    store = cache.accounts_store()
    to_mend = cache.account("files_to_mend")
    if not ((to_mend["import_no"] == import_no) & (to_mend["file"] == file)).any():
        return
    name = data.mendable_name(file, import_no, to_mend.set_index(["import_no", "file"])["shape"][import_no, file])
    st.download_button(
        "Download these rows to mend them",
        data=taken(lambda: store.rejects_to_mend(import_no, file)[1], name),
        file_name=name,
        key=f"mend-{import_no}-{file}",
        on_click="ignore",
        help="Mend them in a spreadsheet or an editor, save the file as it is, and drop it in above: only these rows.",
    )


def snapshots() -> None:
    """The snapshots that are kept, and the way back to one of them."""
    st.subheader("Older snapshots", anchor=False)
    try:
        kept = data.snapshots(cache.pointer())
    except data.ImportRefused as refused:
        st.caption(plain(str(refused)))
        return
    older = [one for one in kept if not one.is_current]
    if not older:
        st.caption("Every import keeps the snapshot before it. There is none yet.")
        return
    st.caption("The states of the data before. Returning to one changes what all pages show; the present one is kept.")
    for one in older:
        with st.container(border=True, key=f"snapshot-{one.number}"):
            _snapshot(one)


def saved_answers() -> None:
    """The mappings that were saved under a name, each to be taken away again; nothing where there are none."""
    saved = data.saved_mappings(cache.pointer())
    if not saved:
        return
    st.subheader("Saved answers", anchor=False)
    st.caption("Files that look like the ones these were given for are read by them, without asking again.")
    for name, file in sorted(saved.items()):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"answers-{name}"):
            st.markdown(f"**{plain(name)}**, saved on {plain(when(_saved_at(file)))}")
            with st.popover("Remove"):
                st.markdown("The next files of this kind are asked about again. What was imported stays.")
                st.button("Remove these answers", type="primary", key=f"remove-{name}", on_click=_remove, args=(name,))


def _saved_at(file: Path) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(file.stat().st_mtime)


def _remove(name: str) -> None:
    with contextlib.suppress(data.ImportRefused):  # somebody else has removed them
        data.remove_mapping(cache.pointer(), name)


def _snapshot(kept: data.KeptSnapshot) -> None:
    how = "derived again" if kept.is_derived_again else "imported"
    made = f"{how} on {when(kept.imported_at)}" if kept.imported_at else how
    st.markdown(f"**Snapshot {kept.number}**, {plain(made)} from {plain(listed(kept.files, 3) or 'files not named')}")
    facts = [f"{count(kept.rows)} treatment records"] if kept.rows is not None else []
    facts += [f"data as of {kept.as_of:%-d %B %Y}"] if kept.as_of else []
    if facts:
        st.caption(plain(" · ".join(facts)))
    if kept.problem:
        st.caption(f":orange-badge[Cannot be returned to] {plain(kept.problem)}")
        return
    with st.popover("Return to this one"):
        st.markdown("All pages then show this state of the data. Nothing is deleted, and you can come back.")
        if st.button("Return", type="primary", key=f"return-{kept.number}"):
            try:
                noted("snapshot", returned_to=kept.number)
                data.return_to(cache.pointer(), kept.number)
            except data.ImportRefused as refused:
                st.error(plain(str(refused)), title="Nothing was changed")
                return
            st.rerun()


def _rules(rules: pd.DataFrame, number: str, called: str) -> None:
    """How many broke which rule, with examples; sentences, because they have to be read on a phone too."""
    shown = rules.head(MOST_RULES)
    st.table(
        {
            called: [count(getattr(row, number)) for row in shown.itertuples()],
            "What is wrong": [_told(row) for row in shown.itertuples()],
        },
        border="horizontal",
        hide_index=True,
    )
    if len(rules) > MOST_RULES:
        st.caption(f"and {len(rules) - MOST_RULES} rules more, which the download has.")


def _told(row: Any) -> str:
    name = field(row.column) if isinstance(row.column, str) else ""
    rule = without_mapping(in_words(row.rule)).removeprefix(f'"{name}" ')
    told = f"**{plain(name or table_name(row.table))}**: {plain(rule)}"
    if isinstance(row.examples, str) and row.examples:
        told += f", such as {plain(row.examples)}"
    if isinstance(row.file, str) and not pd.isna(row.first_line):
        told += f" (first in {plain(row.file)}, line {count(row.first_line)})"
    return told


def _latest(listed: list[Any], most: int, name: str) -> Iterable[Any]:
    """The first of a list, and the others where they are asked for."""
    if len(listed) <= most or st.toggle(f"Show all {len(listed)} {name}", key=f"data_all_{name}", bind="query-params"):
        return listed
    return listed[:most]


def _import_no(name: str) -> int | None:
    times = _times()
    if len(times) < 2:
        return None
    names = {EVERY: None} | {f"{when(time)} (import {number})": number for number, time in times.items()}
    chosen = st.selectbox("Of which import", list(names), key=f"data_{name}_of", bind="query-params", width=320)
    return names[chosen or EVERY]


def _times() -> dict[int, datetime.datetime]:
    """When each import was, the newest first."""
    listed = cache.account("imports_in_short")
    return dict(zip(listed["import_no"].tolist(), listed["imported_at"].dt.to_pydatetime(), strict=True))
