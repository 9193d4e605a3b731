"""Tables and bundles to take away: small ones at a click, large ones made by a child process first."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard import export, jobs
from dashboard.charts.style import count, words
from dashboard.filters import Filters
from dashboard.request import Request
from dashboard.store import RECORDS, Store, snapshot_path
from dashboard.ui import cache
from dashboard.ui.auditing import taken
from dashboard.ui.choices import choice, several
from dashboard.ui.section import FORMATS, downloads
from dashboard.ui.wording import plain

AT_A_CLICK = 20_000
"""Rows; more are written beside the pages first, so that nobody waits for them: a workbook of these takes seconds."""
LARGEST_FILE = 500_000_000
"""Bytes; a download passes through the server's memory, so larger files are left to the command line."""
_EVERY_SECONDS = 0.8


def contents(request: Request, file_format: str) -> bytes:
    """The file of a table, as `outcomes export` writes it."""
    if request.is_measure:
        rows = cache.measure(request.name, request.filters, request.by, **dict(request.options))
        return export.to_file(rows, file_format)
    return export.to_file(request.rows(cache.current_records_store()), file_format)


def take(request: Request, rows: int) -> None:
    """A button per format for a table of so many rows."""
    key = f"records-{request.name}"
    if rows <= AT_A_CLICK:
        with st.container(horizontal=True):
            downloads(request.name, lambda suffix: contents(request, suffix), key)
        return
    offered = {
        called: [request.name, *request.arguments, "--format", suffix, "--output", f"{request.name}.{suffix}"]
        for suffix, called in FORMATS.items()
        if suffix != "xlsx" or rows <= export.EXCEL_ROWS
    }
    with st.container():
        _made(key, offered, cache.current_store() if request.is_measure else cache.current_records_store(), rows)


def bundle(tables: Sequence[str], filters: Filters) -> None:
    """A zip of the tables that are chosen, with what their columns mean, their SQL and a manifest."""
    is_begun = bool(st.session_state.get("records_bundle"))
    with st.expander("Bundle: several tables in one file", key="fold_bundle", expanded=is_begun):
        st.caption(
            "With a data dictionary, the SQL of each table, and a manifest by which `outcomes export --from-manifest` "
            "makes it again, byte for byte."
        )
        chosen = several("Tables", {words(name): name for name in tables}, "records_bundle", "Choose tables")
        suffix = choice("Format", {called: suffix for suffix, called in FORMATS.items()}, "records_bundle_format")
        if not chosen:
            st.info("Choose the tables that are to be in it.")
            return
        selection = Request("treatments", filters).arguments
        has_records = any(name in RECORDS for name in chosen)
        store = cache.current_records_store() if has_records else cache.current_store()
        offered = {"Make the bundle": [*chosen, *selection, "--format", suffix, "--bundle", "outcomes.zip"]}
        _made("bundle", offered, store)


def _made(key: str, offered: dict[str, list[str]], store: Store, rows: int = 0) -> None:
    """A button for each of these commands; the file is made beside the pages, offered, and removed once taken.

    The process that makes it is told the file of the store alone, which holds what may be taken and nothing else.
    """
    state = f"making-{key}"
    snapshot = str(store.generation.path)
    made = st.session_state.get(state)
    if made and (made[0] not in offered.values() or made[1] != snapshot):
        _remove(state)
        made = None
    if not made:
        with st.container(horizontal=True):
            for label, arguments in offered.items():
                st.button(label, key=f"{state}-{label}", on_click=_start, args=(state, arguments, snapshot))
        return
    job = made[2]
    if job.is_at_work:
        _watch(job, rows, state)
    elif job.is_done:
        _offer(job.upload.folder / made[0][-1], made[0], state)
    else:
        st.error(plain(job.refusal), title="The file was not made")
        st.button("Back", key=f"{state}-back", on_click=_remove, args=(state,))


def _start(state: str, arguments: list[str], snapshot: str) -> None:
    desk = jobs.new_desk(snapshot_path(), "export")
    *asked, name = arguments
    job = jobs.start(desk, "export", *asked, desk.folder / name, "--snapshot", snapshot)
    st.session_state[state] = (arguments, snapshot, job)


@st.fragment(run_every=_EVERY_SECONDS)
def _watch(job: jobs.Job, rows: int, state: str) -> None:
    if not job.is_at_work:
        st.rerun()
    progress = job.progress
    of = f" of {count(rows)}" if rows else ""
    step = progress.step[:1].upper() + progress.step[1:]
    st.progress(progress.share or 0.0, text=f"{plain(step)}: {count(progress.done)}{of} rows")
    st.button("Stop", key=f"{state}-stop", on_click=_remove, args=(state,))


def _offer(file: Path, arguments: list[str], state: str) -> None:
    size = file.stat().st_size if file.is_file() else 0
    if size > LARGEST_FILE:
        st.info("It is too large for a browser. In a terminal, this command writes it:")
        st.code(shlex.join(["outcomes", "export", *arguments]), language=None, wrap_lines=True)
    elif size:
        st.download_button(
            f"Download {file.name} ({size / 1e6:,.1f} MB)",
            data=taken(file.read_bytes, file.name),
            file_name=file.name,
            key=f"{state}-take",
            on_click="ignore",
        )
    st.button("Delete the file" if size else "Back", key=f"{state}-done", on_click=_remove, args=(state,))


def _remove(state: str) -> None:
    """Ends the work, if there is any, and deletes the file."""
    _, _, job = st.session_state.pop(state)
    job.forget()
    shutil.rmtree(job.upload.folder, ignore_errors=True)
