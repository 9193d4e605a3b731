"""What the measures of curves share: a curve as a frame, its quantiles, and its shares by a day."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pandas as pd

from dashboard.measures.frames import Groups
from dashboard.statistics.survival import Curve, quantile_day, share_by

QUANTILES = ("median_days", "median_low", "median_high", "q1_days", "q3_days")


def curve_frame(curve: Curve, counts: tuple[str, str, str | None], share: str) -> pd.DataFrame:
    """A curve's days, counts (at risk, events, and censored where they are told) and share with limits."""
    columns = {"day": curve.day, counts[0]: curve.at_risk, counts[1]: curve.events}
    if counts[2]:
        columns[counts[2]] = curve.censored
    return pd.DataFrame(columns | {share: curve.share, f"{share}_low": curve.low, f"{share}_high": curve.high})


def labelled(part: pd.DataFrame, by: Groups, group: tuple[Hashable, ...]) -> pd.DataFrame:
    """The rows with their group's values as the first columns."""
    for position, (column, value) in enumerate(zip(by, group, strict=True)):
        part.insert(position, column, str(value))
    return part


def stacked(parts: list[pd.DataFrame], by: Groups, columns: Sequence[str]) -> pd.DataFrame:
    """The parts one below the other; where there are none, the columns alone."""
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*by, *columns])


def quantiles_of(curve: Curve) -> dict[str, float]:
    """What QUANTILES names."""
    return {
        "median_days": quantile_day(curve.day, curve.share, 0.5),
        "median_low": quantile_day(curve.day, curve.low, 0.5),
        "median_high": quantile_day(curve.day, curve.high, 0.5),
        "q1_days": quantile_day(curve.day, curve.share, 0.25),
        "q3_days": quantile_day(curve.day, curve.share, 0.75),
    }


def names_of_shares(days: Sequence[int], event: str) -> tuple[list[str], list[str]]:
    """The names of the shares by those days, and of their limits."""
    names = [f"{event}_by_{day}" for day in days]
    return names, [f"{name}_{end}" for name in names for end in ("low", "high")]


def shares_by(curve: Curve, days: Sequence[int], event: str) -> tuple[dict[str, float], dict[str, float]]:
    """The shares by those days, and their limits, by their names."""
    shares, limits = {}, {}
    for day in days:
        name = f"{event}_by_{day}"
        shares[name], limits[f"{name}_low"], limits[f"{name}_high"] = share_by(curve, day)
    return shares, limits
