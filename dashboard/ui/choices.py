"""A page's own options. They stand in the address, so that a link opens the same view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

from dashboard import privacy
from dashboard.charts.style import words
from dashboard.store import HORIZON_DAYS, Unit
from dashboard.ui import cache
from dashboard.ui.address import pin
from dashboard.ui.wording import plain
from queries import ATTRIBUTES, groups_of

Value = TypeVar("Value")

UNITS: dict[str, Unit] = {"Sessions": "session", "Records": "record", "Patients": "patient"}
WINDOWS = {"Any time": None, "7 days": 7, "14 days": 14, "30 days": 30, "90 days": 90, "180 days": 180}
CLOCKS = {"Onset": "onset", "Treatment": "treatment"}
HORIZONS = {"Today": 0} | {f"{days} days": days for days in (HORIZON_DAYS, 60, 90)}
OUTCOMES = {
    "Satisfied": "satisfied",
    "GAIS improved": "gais_improved",
    "Goal met": "goal_met",
    "Change in asymmetry": "asymmetry_change",
    "Asymmetry improved": "asymmetry_improved",
    "Asymmetry worse": "asymmetry_worse",
    "Overcorrected": "overcorrected",
    "Adjusted": "adjusted",
    "Aftercare followed": "aftercare_followed",
}
RETURNS = {"Returned": True, "Not yet returned": False}

COMPARED = {
    words(column): column
    for column in (
        "technique",
        "product",
        "treatment_type",
        "dose_band",
        "practitioner",
        "clinic",
        "side",
        "area",
        "aftercare",
    )
}
"""What may be compared."""
CONFOUNDERS = {words(column): column for column in ATTRIBUTES if column not in ("lot", "aftercare")}
"""What a comparison may be adjusted for: what was there before the outcome."""

_FEW = 4


def choice(
    label: str, options: Mapping[str, Value], key: str, default: str | None = None, is_list: bool = False
) -> Value:
    """One of the options, by what they are called: side by side where they are few, else in a list.

    A link may write an option as the command line does (`treatment_type`); anything else that it asks for is told.
    Options that come from the data belong in a list, which shows them as they are and not as markdown; links name the
    one that is shown.
    """
    names = list(options)
    first = default or names[0]
    asked = st.query_params.get(key, first)
    meant = next((name for name in names if name.casefold() == asked.replace("_", " ").casefold()), None)
    if meant and meant != asked:
        st.query_params[key] = meant
        st.rerun()
    if asked not in names and key not in st.session_state:
        st.warning(f"The link asks for {plain(asked)}, which is not offered here; {first} is shown.")
    if len(names) <= _FEW and not is_list:
        chosen = st.segmented_control(
            label, names, default=first, key=key, bind="query-params", required=True, width="content", wrap=True
        )
    else:
        chosen = st.selectbox(label, names, index=names.index(first), key=key, bind="query-params", width=190)
    if is_list:
        pin(key, chosen or first)
    return options[chosen or first]


def several(label: str, options: Mapping[str, Value], key: str, none: str) -> tuple[Value, ...]:
    """Any number of the options, by what they are called; `none` says what no choice means.

    A link may write an option as the command line does; what it asks for and is not offered is told.
    """
    codes = {str(value).casefold(): name for name, value in options.items()}
    asked = st.query_params.get_all(key)
    meant = [text if text in options else codes.get(text.casefold(), text) for text in asked]
    if meant != asked:
        st.query_params[key] = meant
        st.rerun()
    unknown = [text for text in asked if text not in options]
    if unknown and key not in st.session_state:
        st.warning(f"The link asks for {plain(', '.join(unknown))}, which is not offered here.")
    chosen = st.multiselect(
        label, list(options), key=key, bind="query-params", placeholder=none, select_all=False, width=300
    )
    return tuple(options[name] for name in chosen)


def horizon(key: str, default: int, *others: int) -> int:
    """How many days a curve's axis shows."""
    return choice("Show", {_span(days): days for days in sorted({default, *others})}, key, _span(default))


def due_within(key: str) -> int:
    """Within how many days those are due who are listed with the overdue."""
    return choice("Due within", HORIZONS, key, f"{HORIZON_DAYS} days")


def group(measure: str, key: str, *without: str) -> tuple[str, ...]:
    """What a measure's groups are."""
    offered = _groups(measure, *without)
    return (choice("Compare by", {words(name): name for name in offered}, key, "Treatment type"),)


def group_or_all(measure: str, key: str, *without: str) -> tuple[str, ...]:
    """What a measure's groups are, if any."""
    offered = _groups(measure, *without)
    return choice("Compare by", {"All together": ()} | {words(name): (name,) for name in offered}, key, "All together")


def stratum(measure: str, key: str, *without: str) -> tuple[str, ...]:
    """Within what the groups are tested against each other."""
    if cache.current_store().suppress_below:
        return ()
    offered = _groups(measure, *without)
    return choice("Test within", {"Everybody": ()} | {words(name): (name,) for name in offered}, key, "Everybody")


def unit(key: str) -> Unit:
    """What is counted."""
    return "session" if cache.current_store().suppress_below else choice("Count", UNITS, key)


def window(key: str, default: str | None = None) -> int | None:
    """Within how many days of the treatment a side effect has to begin to count."""
    return None if cache.current_store().suppress_below else choice("Onset within", WINDOWS, key, default)


def compared() -> dict[str, str]:
    """What may be compared, by what it is called."""
    told = privacy.groups_told("comparison", list(COMPARED.values()))
    return {
        name: column for name, column in COMPARED.items() if column in told or not cache.current_store().suppress_below
    }


def confounders(column: str) -> dict[str, str]:
    """What a comparison of a column may be adjusted for, by what it is called."""
    if cache.current_store().suppress_below:
        return {}
    return {name: each for name, each in CONFOUNDERS.items() if each != column}


def _groups(measure: str, *without: str) -> list[str]:
    offered = [name for name in groups_of(measure) if name not in ("total", *without)]
    return privacy.groups_told(measure, offered) if cache.current_store().suppress_below else offered


def _span(days: int) -> str:
    return f"{days} days" if days % 365 else f"{days // 365} year{'s' * (days > 365)}"
