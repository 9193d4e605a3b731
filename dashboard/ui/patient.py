"""One patient on a page: found by id, and what is recorded of them section by section."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import export
from dashboard import patient_summary as summary
from dashboard.charts.patient import AROUND, KEY, day_in_words, patient_asymmetry, patient_intervals, patient_timeline
from dashboard.charts.style import Figure, count
from dashboard.patient_summary import Patient
from dashboard.request import Request
from dashboard.store import MOST_FOUND, definition
from dashboard.ui import cache
from dashboard.ui.address import anchor_of
from dashboard.ui.auditing import seen, taken
from dashboard.ui.choices import choice
from dashboard.ui.errors import calmly
from dashboard.ui.section import CONFIG, panels
from dashboard.ui.wording import plain
from dashboard.ui.working import Working

WHOLE = "Whole history"
PSEUDONYM = "patient_pseudonym"
"""Who is shown, as the address has it: histories and proxies' logs keep addresses, and are told of nobody."""
_IS_TYPED = "patient_is_typed"
TIMELINE, INTERVALS = "Timeline", "Own intervals against the type's"


def find_patient() -> str | None:
    """The id that was typed, chosen from those that hold it, or linked to; None until it is somebody's."""
    _take_up_link()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.text_input(
            "Find a patient",
            key="patient_id",
            placeholder="Id, or part of it",
            type="search",
            live=True,
            on_change=_typed,
            width=320,
        )
        searched = (asked or "").strip()
        found = cache.patients_found(searched)
        if searched in found:
            _tell_whom(searched)
            return searched
        if found:
            number = f"The first {MOST_FOUND}" if len(found) == MOST_FOUND else count(len(found))
            label = f"{number} with this in the id" if searched else f"{number} by id"
            st.selectbox(
                label, found, index=None, key="patient_found", placeholder="Choose", on_change=_chosen, width=320
            )
    _tell_whom("")
    if found:
        st.info("Type an id, or a part of it and choose from the list; the arrow keys and Enter do as well.")
    elif searched:
        st.info(f"No patient's id contains {plain(searched)}. Check it for a slip, or type only a part of it.")
    else:
        st.info("There is no patient yet. Bring in records on the page Data.")
    return None


def _take_up_link() -> None:
    """Opens whom the address asks for, unless somebody has typed or chosen since it was written."""
    asked, shown = st.query_params.get(PSEUDONYM, ""), st.session_state.get("patient_id", "").strip()
    is_typed = st.session_state.pop(_IS_TYPED, False)
    if not asked or is_typed or (shown and asked == cache.pseudonym(shown)):
        return
    patient_id = cache.current_records_store().patient_of(asked)
    if patient_id is None:
        st.warning("The link leads to a patient who is not among those that you may see here.")
    st.session_state["patient_id"] = patient_id or ""


def _tell_whom(patient_id: str) -> None:
    """Writes into the address who is shown, and notes that they are."""
    pseudonym = cache.pseudonym(patient_id) if patient_id else ""
    if pseudonym:
        st.query_params[PSEUDONYM] = pseudonym
    else:
        st.query_params.pop(PSEUDONYM, None)
    if patient_id:
        seen("patient", patient=pseudonym)


def _chosen() -> None:
    _show(st.session_state["patient_found"])


def _typed() -> None:
    st.session_state[_IS_TYPED] = True
    # Nothing else is set where nothing has to be: it might overwrite what has been typed in the meantime.
    if st.session_state.get("patient_span", WHOLE) != WHOLE:
        _show(st.session_state["patient_id"])


def _show(patient_id: str) -> None:
    """Opens somebody whole: what was looked at closely is a day of the one before.

    Both are set together, for whatever is set here is written into the address with all else as the server knows it.
    """
    st.session_state["patient_id"] = patient_id
    st.session_state["patient_span"] = WHOLE
    st.session_state[_IS_TYPED] = True


def overview(patient: Patient) -> None:
    """Who it is, when what is due, and everything on one page to take away."""
    look = cache.look()
    st.header(plain(patient.patient_id), anchor=False)
    st.markdown(plain(summary.who(patient)))
    for sentence in summary.due(patient, look):
        st.markdown(f"- {plain(sentence)}")
    is_synthetic = cache.current_store().is_synthetic
    st.download_button(
        "One page to print",
        data=taken(lambda: summary.patient_summary(patient, look, is_synthetic), "patient.html"),
        file_name="patient.html",
        mime="text/html",
        on_click="ignore",
    )


def timeline(patient: Patient) -> None:
    """The lanes over the whole history, or closely around one session."""
    with calmly():
        st.subheader(TIMELINE, anchor=anchor_of(TIMELINE))
        if patient.timeline.empty:
            st.info("Nothing is recorded of this person but who they are. Bring in their treatments on the page Data.")
            return
        days = sorted({event["began_on"] for event in patient.events("session")}, reverse=True)
        spans = {WHOLE: None} | {f"{AROUND[1]} days from {day_in_words(day)}": day for day in days}
        around = choice("Show", spans, "patient_span", is_list=True)
        figure = patient_timeline(patient.timeline, patient.intervals, cache.look(), as_of=patient.as_of, around=around)
        _drawn(figure, "Timeline", "patient_timeline")
        st.caption(f"{KEY} The dotted line is the data cut-off.")
        _panels(patient, "patient_timeline", TIMELINE)


def intervals(patient: Patient) -> None:
    """Own maintenance intervals against those of everybody with the treatment type."""
    with calmly():
        st.subheader(INTERVALS, anchor=anchor_of(INTERVALS))
        if patient.intervals.empty:
            st.info("None of this person's treatments is one that the catalogue calls maintained.")
            return
        _drawn(patient_intervals(patient.intervals, patient.of_types, cache.look()), "Intervals", "patient_intervals")
        st.caption(
            "A dot for each time between two courses, an arrow for the one that is not over yet. The band behind holds "
            "the middle half of all patients of the type, those counted who have not come back, and runs to the edge "
            'where fewer than three in four were seen to; the line is their median, and "in all" their number. No '
            "filter selects among them."
        )
        _table(summary.intervals(patient, cache.look()), "Maintenance intervals as a table", "")
        _panels(patient, "patient_intervals", INTERVALS)


def asymmetry(patient: Patient) -> None:
    """Asymmetry before sessions and at follow-ups; nothing where it was never scored."""
    with calmly():
        scored = patient.timeline[patient.timeline["asymmetry"].notna()]
        if scored.empty:
            return
        st.subheader("Asymmetry over time", anchor=False)
        _drawn(
            patient_asymmetry(patient.timeline, cache.look()), "Asymmetry over time", "patient_timeline", "asymmetry"
        )
        before = (scored["event"] == "session").sum()
        st.caption(
            f"From 0, none, to 10. Hollow is before a session (n {count(before)}), filled at a follow-up of it (n "
            f"{count(len(scored) - before)}); a line joins those of one session and treatment type."
        )


def tables(patient: Patient) -> None:
    """What they had, what followed and what was found, the latest first."""
    look = cache.look()
    for heading, rows, nothing in (
        ("Treatments", summary.sessions(patient, look), "No treatment is recorded."),
        ("Side effects", summary.side_effects(patient, look), "No side effect is recorded."),
        ("Follow-ups and scores", summary.follow_ups(patient), "No follow-up is recorded."),
    ):
        with calmly():
            st.subheader(f"{heading} · n {count(len(rows))}", anchor=False)
            _table(rows, f"{heading} as a table", nothing)


def _table(rows: pd.DataFrame, alt: str, nothing: str) -> None:
    if rows.empty:
        st.info(nothing)
        return
    st.dataframe(rows, hide_index=True, placeholder="–", alt=alt)


def _drawn(figure: Figure, heading: str, name: str, key: str = "") -> None:
    alt = f"{heading}: {definition(name).sentence}"
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"patient-{key or name}", alt=alt)


def _panels(patient: Patient, name: str, heading: str) -> None:
    store = cache.current_records_store()
    panels(
        Working.of(Request(name, options=(("patient_id", patient.patient_id),)), heading),
        lambda suffix: export.to_file(store.records_reader(name, patient_id=patient.patient_id), suffix),
        name,
    )
