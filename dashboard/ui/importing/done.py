"""What an import is doing, or did, and where to go from there."""

from __future__ import annotations

import json

import streamlit as st

from dashboard.jobs import Job
from dashboard.ui.account import counted, file_table, total
from dashboard.ui.importing import draft as drafts
from dashboard.ui.importing.draft import Draft
from dashboard.ui.importing.watching import failed, watch
from dashboard.ui.navigation import link
from dashboard.ui.wording import sentence

_DONE = "import_done"


def importing(draft: Draft, job: Job) -> None:
    """A bar while the import is at work, then what it did."""
    if job.is_at_work:
        watch(
            job,
            "Importing",
            "You may leave this page meanwhile. All pages show the old data until the new is complete.",
        )
        return
    if job.is_done:
        st.session_state[_DONE] = json.loads((draft.upload.folder / "import.json").read_text(encoding="utf-8"))
        drafts.give_up(draft.upload)
        st.rerun()
    failed(job, "Nothing was imported, and the data is as it was")
    with st.container(horizontal=True, gap="small"):
        st.button("Back to the check", key="import-back", on_click=job.forget)
        st.button("Delete the files", key="import-delete", on_click=drafts.give_up, args=(draft.upload,))


def told() -> bool:
    """What the last import of this session did, until it has been read; whether there is such a thing to read."""
    report = st.session_state.get(_DONE)
    if report is None:
        return False
    sums = total(report["files"])
    same = sums.rows_read and sums.rows_duplicate + sums.rows_skipped == sums.rows_read
    title = "These rows were here already: nothing has changed" if same else "Imported"
    (st.info if same else st.success)(f"{sentence(counted(sums))}.", title=title)
    file_table(report["files"], "What became of every row, file by file")
    if sums.rows_rejected:
        st.caption('The rejected rows are below, under "Rejected rows", to be mended and dropped in again.')
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        link("overview", "**See the overview** →")
        link("side-effects", "**See the side effects** →")
        st.button("Bring in more files", key="import-more", on_click=st.session_state.pop, args=(_DONE, None))
    return True
