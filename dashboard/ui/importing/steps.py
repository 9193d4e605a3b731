"""From files to records, one step at a time."""

from __future__ import annotations

import streamlit as st

from dashboard import jobs
from dashboard.store import Store
from dashboard.ui.importing import checking, columns, done, dropping, files, values
from dashboard.ui.importing import draft as drafts
from dashboard.ui.importing.draft import STEPS, Draft
from dashboard.ui.importing.watching import failed, give_up_button, watch
from dashboard.ui.wording import listed, plain
from data.proposing import Proposal

_ASK = (files.ask, columns.ask, values.ask)


def bring_in(store: Store | None, trouble: str) -> bool:
    """The section "Bring in records", wherever this session is in it; whether it is at work on files."""
    st.header("Bring in records", anchor=False)
    if trouble:
        st.error(plain(trouble), title="The data that was here cannot be opened")
        st.markdown("Bring in the files of your practice system again, or return to an older snapshot below.")
    if done.told():
        return False
    draft = drafts.current()
    if draft is None:
        dropping.drop()
        return False
    st.caption(f"{plain(listed(draft.upload.names))}")
    if (job := draft.job("import")) is not None:
        done.importing(draft, job)
    elif draft.proposal is None:
        _propose(draft, store)
    else:
        _step(draft)
    return True


def _propose(draft: Draft, store: Store | None) -> None:
    place = draft.upload.folder / "proposal.json"
    job = draft.job("propose")
    if job is None:
        job = jobs.start(draft.upload, "propose", *draft.upload.files, "--format", "json", "--output", place)
    if job.is_at_work:
        watch(job, "Looking at the files", "Nothing is imported yet.")
        return
    if not job.is_done:
        failed(job, "These files cannot be read")
        give_up_button(job, "Choose other files")
        return
    draft.proposal = Proposal.from_json(place.read_text(encoding="utf-8"))
    draft.is_afresh = store is None or store.is_synthetic
    drafts.recognise(draft)
    if draft.is_contract or draft.mapping:
        draft.step = len(_ASK)
    st.rerun()


def _step(draft: Draft) -> None:
    if draft.is_contract or draft.mapping:
        _read_as_before(draft)
        checking.check(draft)
        return
    _where(draft.step)
    if draft.step == len(_ASK):
        checking.check(draft)
        return
    may_go_on = _ASK[draft.step](draft)
    with st.container(horizontal=True, gap="small"):
        if draft.step:
            st.button("Back", key="import-back", on_click=draft.go, args=(-1,))
        st.button("Continue", type="primary", key="import-on", disabled=not may_go_on, on_click=draft.go, args=(1,))
        st.button(
            "Delete the files", type="tertiary", key="import-delete", on_click=drafts.give_up, args=(draft.upload,)
        )


def _read_as_before(draft: Draft) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        said = f"Read as last time, with the answers saved as **{plain(draft.mapping)}**."
        st.markdown(
            "These files need no questions: they carry the dashboard's own names." if draft.is_contract else said
        )
        st.button(
            "Read them differently", type="tertiary", key="import-differently", on_click=_differently, args=(draft,)
        )


def _differently(draft: Draft) -> None:
    draft.name, draft.mapping, draft.is_contract, draft.step = draft.mapping, "", False, 0
    draft.proposal = draft.proposed or draft.proposal


def _where(step: int) -> None:
    """Where in the steps this is: words that a screen reader reads as a list."""
    items = "".join(
        f"<li {'aria-current=step' if place == step else ''}>{place + 1}&nbsp;{name}</li>"
        for place, name in enumerate(STEPS)
    )
    st.html(f'<ol class="steps" aria-label="Steps">{items}</ol>')
