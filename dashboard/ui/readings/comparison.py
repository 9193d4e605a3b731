"""What a comparison shows, in plain words. No test and no verdict: figures, their limits, and what to beware of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.pairs import signed_between
from dashboard.charts.style import SMALL, Look, count, days, groups, percent, words
from dashboard.ui.wording import LOW_COMPLETENESS, UNITS, joined, listed

MOST_READ = 3
"""How many single effects are read out besides the one of all."""
MOST_NAMED = 4
"""How many strata, or attributes, are named."""


def side_effects(compared: pd.DataFrame, by: Sequence[str], look: Look, strata: Sequence[str]) -> list[str]:
    """A sentence per group on all side effects together, and on single ones that differ beyond their limits."""
    said = []
    for group in groups(compared, by, look):
        told: Any = group.rows.dropna(subset="risk_difference")
        rows: list[Any] = list(told.itertuples())
        if not rows:
            continue
        whom = f"with {group.name} than with {reference(compared, by, look)}"
        apart = [row for row in rows[1:] if row.risk_difference_low > 0 or row.risk_difference_high < 0]
        apart = sorted(apart, key=lambda row: -abs(row.risk_difference))[:MOST_READ]
        for place, row in enumerate([rows[0], *apart]):
            said.append(_difference(row, whom if place == 0 else f"with {group.name}", look, strata))
        if not apart and len(rows) > 1:
            said.append(f"With {group.name} the limits of every single effect include no difference.")
    return said


def _difference(row: Any, whom: str, look: Look, strata: Sequence[str]) -> str:
    effect = "At least one side effect" if row.effect == "any" else look.name("effect", row.effect)
    said = f"{effect} {_step(row.risk_difference, whom)}, {_limits(row.risk_difference_low, row.risk_difference_high)}"
    if strata and not math.isnan(row.adjusted_risk_difference):
        limits = _limits(row.adjusted_risk_difference_low, row.adjusted_risk_difference_high)
        said += f"; adjusted for {_columns(strata)} {_step(row.adjusted_risk_difference, '')}, {limits}"
    if (low := min(row.completeness, row.reference_completeness)) < LOW_COMPLETENESS:
        said += f"; {percent(low)} followed up, so read with care"
    return f"{said}."


def _step(difference: float, whom: str) -> str:
    size = points(difference)
    way = "lower" if difference < 0 else "higher"
    said = "the same" if size == "0" else f"{size} point{'' if size == '1' else 's'} {way}"
    return " ".join(filter(None, (said, whom.replace(" than ", " as ") if size == "0" else whom)))


def _limits(low: float, high: float) -> str:
    if low < 0 < high:
        return f"between {points(low)} lower and {points(high)} higher"
    near, far = sorted((abs(low), abs(high)))
    return f"between {points(near)} and {points(far)} {'lower' if high <= 0 and low < 0 else 'higher'}"


def points(share: float) -> str:
    """A difference of shares in percentage points, without its sign."""
    return f"{abs(100 * share):.1f}".removesuffix(".0")


def reference(frame: pd.DataFrame, by: Sequence[str], look: Look) -> str:
    """What the reference group is called."""
    value = str(frame["reference"].iloc[0])
    return look.name(by[0], value) if len(by) == 1 else value


def overlap(compared: pd.DataFrame, by: Sequence[str], look: Look, unit: str) -> list[str]:
    """What has to be known of the strata: those that lack one of the groups, by how much and which."""
    said = []
    for group in groups(compared, by, look):
        row: Any = group.rows.iloc[0]
        if pd.isna(row.strata) or not row.strata_without_both:
            continue
        names = [name.replace("_", " ") for name in row.named_without_both.split("; ")]
        more = f"; and {count(len(names) - MOST_NAMED)} more" if len(names) > MOST_NAMED else ""
        is_one = row.strata_without_both == 1
        strata = "1 stratum" if is_one else f"{count(row.strata_without_both)} strata"
        of = count(row.evaluable + row.reference_evaluable)
        told = f"{strata} with {count(row.evaluable_without_both)} of {of} {UNITS[unit]}"
        lacks = "lacks one of the groups, and is" if is_one else "lack one of the groups, and are"
        said.append(f"{group.name}: {told} {lacks} not in what is adjusted: {'; '.join(names[:MOST_NAMED])}{more}.")
        if not row.strata:
            said.append(f"{group.name}: no stratum has both groups, so nothing can be adjusted. Adjust for less.")
    return said


def too_few(compared: pd.DataFrame, by: Sequence[str], look: Look) -> str:
    """Which groups are too small to be tested; "" where none is."""
    sizes = {group.name: int(group.rows["evaluable"].iloc[0]) for group in groups(compared, by, look)}
    sizes |= {reference(compared, by, look): int(compared["reference_evaluable"].iloc[0])} if len(compared) else {}
    small = [f"{name} ({count(n)})" for name, n in sizes.items() if n < SMALL]
    return f"Fewer than {SMALL} were followed up, so nothing is tested: {listed(small)}." if small else ""


def balance(balance_: pd.DataFrame, by: Sequence[str], look: Look) -> list[str]:
    """In what each group differs from the reference, or that it does not."""
    if balance_.empty:
        return []
    said = []
    other = reference(balance_, by, look)
    for group in groups(balance_, by, look):
        first = group.rows.drop_duplicates("attribute")
        if group.name == other:
            continue
        differing = first[first["is_different"]].sort_values(
            "standardised_difference", ascending=False, kind="stable", na_position="first"
        )
        names = [words(str(attribute)).lower() for attribute in differing["attribute"]]
        if names:
            more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
            told = joined([*names[:MOST_NAMED], *more])
            said.append(f"{group.name} and {other} differ, most in {told}: what differs may explain what follows.")
        else:
            said.append(f"{group.name} and {other} are alike in all that was recorded before the treatment.")
    return said


def medians(summary: pd.DataFrame, by: Sequence[str], look: Look, event: str) -> str:
    """By when half of each group had the event, with limits where there are any."""
    parts = []
    for group in groups(summary, by, look):
        row: Any = group.rows.iloc[0]
        if math.isnan(row.median_days):
            parts.append(f"not yet with {group.name}")
            continue
        limits = ""
        if not math.isnan(row.median_low):
            high = "open" if math.isnan(row.median_high) else f"{row.median_high:,.0f}"
            limits = f" (between {row.median_low:,.0f} and {high})"
        parts.append(f"after {days(row.median_days)}{limits} with {group.name}")
    return f"Half {event} {joined(parts)}." if parts else ""


def sides(totals: pd.DataFrame) -> str:
    """Whether a side effect was oftener on one side, over all pairs."""
    row: Any = totals[totals["effect"].astype(str) == "any"].iloc[0]
    low, high = row.difference_low, row.difference_high
    limits = f"{signed_between(low, high)} percentage points"
    if low <= 0 <= high:
        return f"Over all pairs, the limits ({limits}) leave open which side had a side effect oftener."
    side = "left" if row.difference > 0 else "right"
    return f"Over all pairs, a side effect was oftener on the {side} (left less right: {limits})."


def _columns(strata: Sequence[str]) -> str:
    return joined([words(column).lower() for column in strata])
