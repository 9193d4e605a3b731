"""Step 3: treatments matched to the catalogue, days and other values, as they will be read."""

from __future__ import annotations

import datetime

import streamlit as st

from dashboard.charts.style import count, words
from dashboard.ui import cache
from dashboard.ui.fields import field, table_name
from dashboard.ui.importing.draft import Draft
from dashboard.ui.wording import plain, sentence
from data import proposing
from data.contract import TABLES
from data.proposing import Cell, DateReading, File, Section, ValueMatch

_MANY = 25
_UNSURE = 0.65
_AS_IT_IS = {"treatment_type": "Keep as a type of its own"}


def ask(draft: Draft) -> bool:
    """Shows how treatments, days, numbers and coded values will be read; whether the next step can be taken."""
    assert draft.proposal
    open_dates = False
    for file in draft.proposal.files:
        for place, section in enumerate(file.sections):
            title = f"{table_name(section.table)}, from {plain(file.name)}"
            with st.container(border=True, key=draft.key(file.name, "values", place)):
                st.subheader(title, anchor=False)
                dated = [cell for cell in section.cells if _is_date(section, cell) and cell.source]
                for cell in dated:
                    open_dates = _days(draft, file, place, cell) or open_dates
                _decimal(draft, file, place, section)
                matched = [cell for cell in section.cells if cell.values]
                for cell in sorted(matched, key=lambda cell: cell.column != "treatment_type"):
                    _matches(draft, file, place, cell)
                if not dated and not matched:
                    st.caption("Nothing to decide here.")
    if open_dates:
        st.warning("Say above how the days are written.", title="Days that can be read in two ways")
    return not open_dates


def _is_date(section: Section, cell: Cell) -> bool:
    return TABLES[section.table].column(cell.column).kind == "date"


def _days(draft: Draft, file: File, place: int, cell: Cell) -> bool:
    """Shows how the days of a column will be read; whether that is still open."""
    source = file.column(cell.source)
    readings = source.dates if source else ()
    if not readings:
        return False
    label = f"{field(cell.column)} ({cell.source})"
    if len(readings) == 1:
        st.markdown(f"**{plain(label)}**: {_as_read(readings[0])}")
        return False
    chosen = next((reading for reading in readings if reading.formats == cell.date_formats and not cell.question), None)
    key = draft.key(file.name, place, "dates", cell.column, cell.source)
    st.radio(
        f"**{plain(label)}** can be read in two ways. Which is right?",
        range(len(readings)),
        index=readings.index(chosen) if chosen else None,
        format_func=lambda at: f"{readings[at].says}: {_as_read(readings[at])}",
        key=key,
        on_change=_date_answer,
        args=(draft, file.name, place, cell.column, readings, key),
    )
    return chosen is None


def _as_read(reading: DateReading) -> str:
    shown = [f"{value} → {datetime.date.fromisoformat(day):%-d %B %Y}" for value, day in reading.examples]
    return plain("; ".join(shown) or "no example")


def _date_answer(draft: Draft, file: str, place: int, column: str, readings: tuple[DateReading, ...], key: str) -> None:
    draft.edit(proposing.with_date_formats, file, place, column, readings[st.session_state[key]].formats)


def _decimal(draft: Draft, file: File, place: int, section: Section) -> None:
    numbers = [
        source
        for cell in section.cells
        if TABLES[section.table].column(cell.column).kind in ("decimal", "integer")
        and (source := file.column(cell.source) if cell.source else None)
    ]
    unclear = next((source for source in numbers if source.decimal == "?"), None)
    if unclear is None:
        return
    example = next((sample for sample in unclear.samples if "," in sample or "." in sample), unclear.samples[0])
    key = draft.key(file.name, place, "decimal")
    st.radio(
        f"**{plain(unclear.name)}**, such as {plain(example)}: which mark begins the decimals?",
        (".", ","),
        index=(".", ",").index(section.decimal),
        format_func={".": "the point (0.5 is one half)", ",": "the comma (0,5 is one half)"}.__getitem__,
        key=key,
        horizontal=True,
        on_change=_decimal_answer,
        args=(draft, file.name, place, key),
    )


def _decimal_answer(draft: Draft, file: str, place: int, key: str) -> None:
    draft.edit(proposing.with_decimal, file, place, st.session_state[key])


def _matches(draft: Draft, file: File, place: int, cell: Cell) -> None:
    unsure = [match for match in cell.values if match.score < _UNSURE]
    title = f"{field(cell.column)} ({plain(cell.source)}): {count(len(cell.values))} values"
    if unsure:
        title += f", {count(len(unsure))} to look at"
    if cell.column == "treatment_type":
        st.markdown(f"**{title}**")
        st.caption(
            "What is each of these? A treatment that is in the list is counted together with its kind; consultations "
            "and check-ups are left out."
        )
        _selects(draft, file, place, cell)
        return
    with st.expander(title, key=draft.key(file.name, place, "fold", cell.column, cell.source), expanded=False):
        _selects(draft, file, place, cell)


def _selects(draft: Draft, file: File, place: int, cell: Cell) -> None:
    ordered = sorted(cell.values, key=lambda match: (match.score >= _UNSURE, -match.count))
    key = draft.key(file.name, place, "all", cell.column, cell.source)
    is_all = len(ordered) <= _MANY or st.toggle(f"Show all {len(ordered)} values", key=key)
    for match in ordered if is_all else ordered[:_MANY]:
        _match(draft, file, place, cell, match)


def _match(draft: Draft, file: File, place: int, cell: Cell, match: ValueMatch) -> None:
    options = list(proposing.codes(cell.column))
    if match.code and match.code not in options and match.code != proposing.LEFT_OUT:
        options.append(match.code)
    options += ["", proposing.LEFT_OUT]
    key = draft.key(file.name, place, "match", cell.column, cell.source, match.value)
    st.selectbox(
        f"{plain(match.value)} · {count(match.count)} row{'s' * (match.count != 1)}",
        options,
        index=options.index(match.code),
        format_func=lambda code: _called(cell.column, code),
        key=key,
        on_change=_match_answer,
        args=(draft, file.name, place, cell.column, match.value, key),
        width=420,
    )
    if match.score < _UNSURE:
        st.caption(f":orange-badge[Please look] {sentence(match.reason)}.")
    elif match.code == proposing.LEFT_OUT:
        st.caption(f"{sentence(match.reason)}.")


def _match_answer(draft: Draft, file: str, place: int, column: str, value: str, key: str) -> None:
    draft.edit(proposing.with_value, file, place, column, value, st.session_state[key])


def _called(column: str, code: str) -> str:
    if code == "":
        return _AS_IT_IS.get(column, "Keep as it is written")
    if code == proposing.LEFT_OUT:
        return "Leave these rows out"
    if code in ("true", "false"):
        return {"true": "Yes", "false": "No"}[code]
    if column == "treatment_type" and cache.readable_store()[0]:
        return cache.treatment_types().get(code, words(code))
    return words(code)
