"""Files are dropped in, or found waiting from before."""

from __future__ import annotations

import streamlit as st

from dashboard import jobs
from dashboard.jobs import Upload
from dashboard.ui import cache
from dashboard.ui.importing import draft
from dashboard.ui.wording import how_long, listed, plain

_ENDINGS = "Excel, CSV or text, JSON, Parquet, also in a ZIP"


def drop() -> None:
    """The place to drop files, and those that wait from before."""
    for upload in jobs.waiting(cache.pointer()):
        _waiting(upload)
    dropped = st.file_uploader(
        "Drop the files of your practice system here",
        accept_multiple_files=True,
        key=f"import-drop-{st.session_state.get('import_drops', 0)}",
    )
    st.caption(
        f"{_ENDINGS}; several at once. Nothing is imported yet: first you see how the files are understood. "
        "Names, e-mail addresses and phone numbers of patients are not needed and never imported."
    )
    if not dropped:
        return
    try:
        upload = jobs.receive(cache.pointer(), [(file.name, file) for file in dropped])
    except OSError as failure:
        st.error(
            f"The files could not be put beside the snapshot ({failure.strerror}). Make room on the disk, or let this "
            "program write to its folder, and drop them in again.",
            title="The files were not taken",
        )
        return
    # A new widget, so that the server lets go of the files' bytes.
    st.session_state["import_drops"] = st.session_state.get("import_drops", 0) + 1
    draft.begin(upload)
    st.rerun()


def _waiting(upload: Upload) -> None:
    at_work = next((job for job in jobs.jobs(upload) if job.is_at_work and job.command == "import"), None)
    with st.container(border=True, key=f"waiting-{upload.key}"):
        what = "are being imported" if at_work else f"wait, dropped in {how_long(upload.age_seconds)}"
        st.markdown(f"**{plain(listed(upload.names))}** {what}.")
        with st.container(horizontal=True, gap="small"):
            label = "Show progress" if at_work else "Go on with these"
            st.button(label, key=f"go-on-{upload.key}", on_click=draft.begin, args=(upload,))
            if not at_work:
                st.button("Delete them", key=f"delete-{upload.key}", on_click=draft.give_up, args=(upload,))
