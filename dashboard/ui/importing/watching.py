"""A job's progress, seen by itself every moment, and what to do where it did nothing."""

from __future__ import annotations

import streamlit as st

from dashboard.jobs import Job
from dashboard.ui.importing import draft
from dashboard.ui.wording import plain

_EVERY_SECONDS = 0.8
_DOING = {
    "starting": "Starting",
    "looking": "Looking at the files",
    "reading treatments": "Reading the treatments",
    "reading follow_ups": "Reading the follow-ups",
    "reading side_effects": "Reading the side effects",
    "reading patients": "Reading the patients",
    "checking treatments": "Checking the treatments",
    "checking follow_ups": "Checking the follow-ups",
    "checking side_effects": "Checking the side effects",
    "checking patients": "Checking the patients",
    "copying the records": "Taking the records over",
    "linking and deriving": "Following each patient's history",
    "writing the account": "Writing the account",
    "counting": "Counting what pages show first",
    "publishing": "Putting the new data in place",
    "done": "Done",
}


@st.fragment(run_every=_EVERY_SECONDS)
def watch(job: Job, doing: str, stays: str = "") -> None:
    """A bar that moves by itself; when the job ends the page runs again."""
    if not job.is_at_work:
        st.rerun()
    progress = job.progress
    step = _DOING.get(progress.step, progress.step[:1].upper() + progress.step[1:])
    share = progress.share or 0.0
    st.progress(share, text=f"{doing}: {plain(step)} ... {share:.0%}" if share else f"{doing}: {plain(step)} ...")
    if stays:
        st.caption(stays)
    if st.button("Stop", key=f"stop-{job.upload.key}-{job.command}"):
        job.stop()
        st.rerun()


def failed(job: Job, title: str) -> None:
    """Why nothing was done, and the ways on."""
    first, _, rest = job.refusal.partition("\n")
    st.error(plain(_for_the_screen(first)), title=title)
    if rest.strip():
        with st.expander("Details"):
            st.code(rest.strip(), language=None, wrap_lines=True)


def _for_the_screen(message: str) -> str:
    """A message of the command line without what only a command line can do."""
    for said, meant in (
        ("Start afresh with --replace, or choose another snapshot with --into.", 'Choose "Start afresh" below.'),
        ("Import the exports again with --replace to make a new one.", 'Import again and choose "Start afresh".'),
        (", or start afresh with --replace", ', or choose "Start afresh"'),
    ):
        message = message.replace(said, meant)
    return message


def give_up_button(job: Job, label: str = "Give up and delete the files") -> None:
    st.button(label, key=f"give-up-{job.command}", on_click=draft.give_up, args=(job.upload,))
