"""What a picture of results says, in a plain sentence over everything that is selected."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from dashboard.charts.style import between, percent
from dashboard.ui.wording import joined

_SHARES = {
    "gais_improved": "{} improved by GAIS",
    "satisfied": "{} left the patient satisfied",
    "goal_met": "{} met their goal",
    "asymmetry_worse": "{} had a higher asymmetry than before",
    "overcorrected": "{} were overcorrected",
    "adjusted": "{} were adjusted",
    "aftercare_followed": "for {} aftercare was followed",
}


def _shares(totals: pd.DataFrame, *names: str) -> str:
    """The shares of all records together, each of those for which it was recorded."""
    rows = _rows(totals)
    told = [
        _SHARES[name].format(f"{percent(rows[name].value)} ({between(rows[name].value_low, rows[name].value_high)})")
        for name in names
        if rows[name].recorded
    ]
    return f"Over all groups, {joined(told)}." if told else ""


def good(totals: pd.DataFrame) -> str:
    """How many improved, were satisfied and met their goal."""
    return _shares(totals, "gais_improved", "satisfied", "goal_met")


def other(totals: pd.DataFrame) -> str:
    """How many became worse, were corrected, and followed the advice."""
    return _shares(totals, "asymmetry_worse", "overcorrected", "adjusted", "aftercare_followed")


def gais(totals: pd.DataFrame) -> str:
    """How many improved."""
    return _shares(totals, "gais_improved")


def satisfaction(totals: pd.DataFrame) -> str:
    """How many left the patient satisfied."""
    return _shares(totals, "satisfied")


def asymmetry(totals: pd.DataFrame) -> str:
    """The mean change of all records together, and how many became better or worse."""
    rows = _rows(totals)
    mean, improved, worse = (rows[f"asymmetry_{what}"] for what in ("change", "improved", "worse"))
    if not mean.recorded:
        return ""
    which = "lower" if mean.value < 0 else "higher"
    low, high = sorted((abs(mean.value_low), abs(mean.value_high)))
    is_open = math.isnan(mean.value_low) or mean.value_low * mean.value_high < 0
    limits = "" if math.isnan(mean.value_low) else f" (between {low:.2f} and {high:.2f})"
    if is_open and limits:
        limits = f" (between {abs(mean.value_low):.2f} lower and {mean.value_high:.2f} higher)"
    return (
        f"Over all groups, asymmetry was {abs(mean.value):.2f} points {which} than before{limits}: at least 1 point "
        f"lower in {percent(improved.value)}, higher in {percent(worse.value)}."
    )


def _rows(totals: pd.DataFrame) -> dict[str, Any]:
    return {str(row["outcome"]): row for _, row in totals.iterrows()}
