"""The treatment types, seen and edited; an edit derives the snapshot again, beside the server."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import data
from dashboard import jobs
from dashboard.audit import Unwritable
from dashboard.charts.style import words
from dashboard.jobs import Upload
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.auditing import noted
from dashboard.ui.importing.watching import failed, watch
from dashboard.ui.wording import plain
from data import TreatmentType

_FILE = "treatment_types.csv"
_COMMAND = "catalogue"
_KEEPS_AS_IT_WAS = "You may leave this page meanwhile. All pages show the present figures until the new are complete."
_MOST_DAYS = 3_650


def treatment_types(store: Store) -> None:
    """Every treatment type with what is said of it, to be changed; and what a change changes."""
    st.subheader("Treatment types", anchor=False)
    known = data.catalogue_of(cache.pointer())
    if known.problem:
        st.warning(
            plain(f"{known.problem} Saving here puts a new file in its place."), title="The catalogue is damaged"
        )
    if _work("treatment-types", "Saving the treatment types", "The treatment types were not changed", "Saved"):
        return
    st.caption(
        "A label and a colour only change how a type reads. The expected interval is the band in maintenance charts, "
        "and the day on which the recall list expects patients where nobody has come back yet. The touch-up window and "
        "whether a type is maintained decide what a course is, and so maintenance intervals. No record changes, "
        'and the state before is kept under "Older snapshots".'
    )
    _colours()
    offered = data.with_unknown(known.types, store.treatment_types)
    unknown = {one.code for one in offered} - {one.code for one in known.types}
    with st.form(f"treatment-types-{store.name}", border=False, enter_to_submit=False):
        edited = [_fields(one, f"{store.name}-{place}", one.code in unknown) for place, one in enumerate(offered)]
        is_asked = st.form_submit_button("Save and derive again")
    if is_asked:
        _save(edited, offered)


def bring_up_to_date(store: Store) -> None:
    """A way on where an earlier version of this program derived the snapshot, or an earlier catalogue; else nothing."""
    if _work("up-to-date", "Bringing the data up to date", "The data is as it was", "Up to date"):
        return
    known = data.catalogue_of(cache.pointer())
    is_by_catalogue = bool(known.problem) or store.treatment_types == data.with_unknown(
        known.types, store.treatment_types
    )
    if store.is_up_to_date and is_by_catalogue:
        return
    why = (
        "These figures were derived by other treatment types than those below."
        if store.is_up_to_date
        else "An earlier version of this program made this data. All figures are right, but some pages answer slowly."
    )
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="up-to-date"):
        st.markdown(f"{why} No record changes, and the state before is kept.")
        if st.button("Bring up to date", key="bring-up-to-date"):
            _begin(jobs.desk(cache.pointer(), "up-to-date"), None)


def _work(name: str, doing: str, not_done: str, done: str) -> bool:
    """What the work of that name is doing, or did; whether it is still at it."""
    desk = jobs.desk(cache.pointer(), name)
    if st.session_state.pop(f"done-{name}", False):
        st.success("Every page shows the new figures.", title=done)
    job = jobs.find(desk, _COMMAND)
    if job is None:
        return False
    if job.is_at_work:
        watch(job, doing, _KEEPS_AS_IT_WAS)
        return True
    if job.is_done:
        job.forget()
        st.session_state[f"done-{name}"] = True
        st.rerun()
    failed(job, not_done)
    st.button("Close", key=f"close-{name}", on_click=job.forget)
    return False


def _fields(one: TreatmentType, key: str, is_unknown: bool) -> TreatmentType:
    """The widgets of a treatment type, and the type as they say."""
    with st.expander(f"**{plain(one.label)}** · {_in_short(one, is_unknown)}", key=f"type-{key}"):
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        label = left.text_input("Label", one.label, max_chars=60, key=f"label-{key}")
        colour = right.selectbox(
            "Colour",
            [None, *data.COLOURS],
            index=[None, *data.COLOURS].index(one.colour),
            format_func=lambda name: words(name) if name else "By its place",
            key=f"colour-{key}",
            help="With a shade for light and one for dark. The type that has it now gets this one's.",
        )
        first, second, third = st.columns(3, vertical_alignment="bottom")
        window = _days(first, "Touch-up window, days", one.touch_up_window_days, 0, f"window-{key}")
        low = _days(second, "Expected back from day", one.expected_interval_low_days, 1, f"low-{key}")
        high = _days(third, "Expected back up to day", one.expected_interval_high_days, 1, f"high-{key}")
        is_maintained = st.checkbox(
            "Maintained: patients come back for it again and again", one.is_maintained, key=f"maintained-{key}"
        )
    return replace(
        one,
        label=label.strip(),
        colour=colour,
        is_maintained=is_maintained,
        touch_up_window_days=window or 0,
        expected_interval_low_days=low,
        expected_interval_high_days=high,
    )


def _days(where: DeltaGenerator, label: str, value: int | None, least: int, key: str) -> int | None:
    days: int | None = where.number_input(label, least, _MOST_DAYS, value, 1, key=key)
    return days


def _in_short(one: TreatmentType, is_unknown: bool) -> str:
    """What is said of a type, in a line."""
    if not one.is_maintained:
        said = "not maintained"
    else:
        window = one.touch_up_window_days
        said = f"touch-up within {window} days" if window else "no touch-up window"
        if one.expected_interval_low_days is not None and one.expected_interval_high_days is not None:
            said += f", expected back after {one.expected_interval_low_days} to {one.expected_interval_high_days} days"
    return f":orange-badge[New] {said}" if is_unknown else said


def _colours() -> None:
    """The treatment types with the colours that they have now."""
    look = cache.look()
    shown = "".join(
        f'<span style="display:inline-flex;align-items:center;gap:.4em"><span style="width:.9em;height:.9em;'
        f'border-radius:3px;background:{look.colour(place)}"></span>{html.escape(label)}</span>'
        for place, label in enumerate(look.treatment_types.values())
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.4em 1.2em;font-size:.875rem">{shown}</div>')


def _save(edited: Sequence[TreatmentType], offered: Sequence[TreatmentType]) -> None:
    """Begins to derive the snapshot again by these types, if they can be and differ."""
    if tuple(edited) == tuple(offered):
        st.info("No treatment type was changed.")
        return
    try:
        data.check_catalogue(edited)
    except data.ImportRefused as refused:
        st.error(plain(str(refused).removeprefix("The catalogue cannot be used. ")), title="Nothing was changed yet")
        return
    _begin(jobs.desk(cache.pointer(), "treatment-types"), edited)


def _begin(desk: Upload, edited: Sequence[TreatmentType] | None) -> None:
    """Derives the snapshot again beside the server, by edited treatment types or by those that are there."""
    try:
        desk.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if edited is not None:
            (desk.folder / _FILE).write_text(data.written_catalogue(edited), encoding="utf-8")
        by = desk.folder / _FILE if edited is not None else "--derive-again"
        noted("catalogue", types=[one.code for one in edited or ()])
        jobs.start(desk, _COMMAND, by, "--snapshot", cache.pointer())
    except Unwritable:
        raise
    except OSError as failure:
        st.error(
            f"Nothing can be written beside the snapshot ({failure.strerror}). Make room on the disk, or let this "
            "program write to its folder.",
            title="Nothing was changed",
        )
        return
    st.rerun()
