"""What differs between two snapshots: the figures that left the limits they had, the signals that came and went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.filters import Filters
from dashboard.statistics.monitoring import ABOVE, EIGHT_HIGH, RISING, SIGNALS, TWO_HIGH
from dashboard.statistics.proportions import wilson
from dashboard.store import Store

LEVEL = 0.95


@dataclass(frozen=True)
class Figure:
    """Which columns of a measure are its figure, its limits and its n; a median in days may be "not reached"."""

    value: str
    low: str
    high: str
    n: str
    is_days: bool = False

    @property
    def columns(self) -> list[str]:
        return [self.value, self.low, self.high, self.n]


FIGURES = {
    "side_effect_rates": Figure("rate", "rate_low", "rate_high", "evaluable"),
    "time_to_resolution_summary": Figure("median_days", "median_low", "median_high", "side_effects", is_days=True),
    "maintenance_summary": Figure("median_days", "median_low", "median_high", "patients", is_days=True),
    "follow_up_completeness": Figure("completeness", "completeness_low", "completeness_high", "treated"),
}
GROUPS_COMPARED: dict[str, tuple[tuple[str, ...], ...]] = {
    name: (("treatment_type",),) if name == "maintenance_summary" else ((), ("treatment_type",)) for name in FIGURES
}
"""By which groups figures are compared: all together, and by treatment type; a median maintenance interval over all
types would be nobody's.
"""
SIGNAL_OF: dict[str, tuple[str, ...]] = {
    "rates_over_time": ("effect", "month"),
    "days_between_events": ("effect", "treated_on"),
    "practitioner_funnel": ("effect",),
    "lot_signals": ("product", "lot", "effect"),
}
"""What a signal of a measure is of, beside its group."""

WATCHED: dict[str, tuple[str, ...]] = {
    "rates_over_time": (),
    "days_between_events": (),
    "practitioner_funnel": ("practitioner",),
    "lot_signals": (),
}
"""The groups by which each measure is watched."""
WINDOW_DAYS = 30
"""Within so many days a side effect that is watched began: what the page Watch shows before anything is chosen."""

THEN_AND_NOW = tuple(f"{when}{part}" for when in ("earlier", "later") for part in ("", "_low", "_high"))
"""The columns of a figure and its limits, then and now."""

_HIGH = (ABOVE, TWO_HIGH, EIGHT_HIGH, RISING)


@dataclass(frozen=True)
class Signals:
    """The frames of what is watched, by measure: with the signals that are new only, and with those that are closed."""

    new: dict[str, pd.DataFrame]
    closed: dict[str, pd.DataFrame]

    @property
    def table(self) -> pd.DataFrame:
        """The signals, a row each: `change` (new or closed), `measure`, then all columns of the measures."""
        told = [
            frame[frame["is_signal"]].assign(change=change, measure=name)
            for change, frames in (("new", self.new), ("closed", self.closed))
            for name, frame in frames.items()
        ]
        frame = pd.concat([one for one in told if len(one)] or told, ignore_index=True)
        return frame[["change", "measure", *frame.columns.drop(["change", "measure"])]]


def compare_figures(name: str, earlier: Store, later: Store, filters: Filters) -> pd.DataFrame:
    """The figures of a measure in two snapshots, of all together and by treatment type, as figures_compared has them.

    Of all together the treatment type is "total".
    """
    frames = []
    for by in GROUPS_COMPARED[name]:
        frame = figures_compared(name, earlier.measure(name, filters, by), later.measure(name, filters, by), by)
        frames.append(frame if by else frame.assign(treatment_type="total"))
    figures = pd.concat(frames, ignore_index=True)
    keys = [column for column in ("treatment_type", "effect") if column in figures]
    return figures[[*keys, *figures.columns.drop(keys)]]


def compare_signals(earlier: Store, later: Store, filters: Filters, names: Sequence[str] = tuple(WATCHED)) -> Signals:
    """The signals of measures that are watched, in two snapshots."""
    new, closed = {}, {}
    for name in names:
        by = WATCHED[name]
        before, now = (store.measure(name, filters, by, window_days=WINDOW_DAYS) for store in (earlier, later))
        new[name], closed[name] = signals_compared(name, before, now, by)
    return Signals(new, closed)


def figures_compared(name: str, earlier: pd.DataFrame, later: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """A measure's figures in two snapshots side by side: those that are in both, and had limits in the earlier one.

    Columns: those of `by`, for rates `effect`, then earlier, earlier_low, earlier_high, earlier_n, the same of later,
    and is_moved: whether the later figure lies outside the limits of the earlier one. A side effect that occurs in
    one of the snapshots only was had by nobody in the other. A median of NaN is not reached, later than any day.
    """
    figure = FIGURES[name]
    keys = [*by]
    if name == "side_effect_rates":
        keys += ["effect"]
        earlier, later = _with_effects_of(later, earlier, by), _with_effects_of(earlier, later, by)
    before = _named(earlier[_limited(earlier, figure)], figure, keys, "earlier")
    now = _named(later[later[figure.n] > 0], figure, keys, "later")
    both = before.merge(now, on=keys) if keys else before.merge(now, how="cross")
    value, low, high = (both[column] for column in ("later", "earlier_low", "earlier_high"))
    if figure.is_days:
        value, low, high = (days.fillna(np.inf) for days in (value, low, high))
    both["is_moved"] = (value < low - 1e-12) | (value > high + 1e-12)
    told = [f"{when}{part}" for when in ("earlier", "later") for part in ("", "_low", "_high", "_n")]
    return both[[*keys, *told, "is_moved"]]


def signals_compared(
    name: str, earlier: pd.DataFrame, later: pd.DataFrame, by: Sequence[str] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The later frame of a measure with its new signals only, and the earlier one with those that are closed.

    A signal is the same where its group, its effect, its month (day, lot) and its side are, whichever rule found it.
    """
    before, now = (_signals(frame, (*by, *SIGNAL_OF[name])) for frame in (earlier, later))
    told = []
    for frame, own, others in ((later, now, set(before)), (earlier, before, set(now))):
        is_told = frame["is_signal"] & np.array([signal not in others for signal in own], dtype=bool)
        told.append(frame.assign(is_signal=is_told, signal=frame["signal"].where(is_told, "")))
    return told[0], told[1]


def _signals(frame: pd.DataFrame, keys: Sequence[str]) -> list[tuple[object, ...]]:
    """What identifies the signal of each row; () where it has none."""
    rows = frame[[*keys, "signal"]].itertuples(index=False, name=None)
    return [(*key, _side(signal)) if signal else () for *key, signal in rows]


def _side(signal: str) -> str:
    """On which side of the usual a signal is, or the signal itself where it has none."""
    return "high" if signal in _HIGH else "low" if signal in SIGNALS else signal


def _named(frame: pd.DataFrame, figure: Figure, keys: Sequence[str], when: str) -> pd.DataFrame:
    names = [f"{when}{part}" for part in ("", "_low", "_high", "_n")]
    told = frame[[*keys, *figure.columns]].rename(columns=dict(zip(figure.columns, names, strict=True)))
    return told.astype(dict.fromkeys(keys, "str"))


def _limited(frame: pd.DataFrame, figure: Figure) -> pd.Series:
    """Which figures there are, and have limits; those of one patient have none."""
    is_there = frame[figure.n] > 0
    if not figure.is_days:
        return is_there & frame[figure.low].notna()
    is_limited = ~frame["limits"].str.startswith("none") if "limits" in frame else frame["patients"] > 1
    return is_there & is_limited


def _with_effects_of(other: pd.DataFrame, rates: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The rates with those of the other snapshot's effects that nobody had: 0 of as many, with Wilson's limits."""
    missing = sorted({*other["effect"].astype(str)} - {*rates["effect"].astype(str)})
    groups = rates[rates["effect"].astype(str) == "any"]
    limits = [wilson(0.0, n, LEVEL) if n else (np.nan, np.nan) for n in groups["evaluable"].tolist()]
    nobody = groups.assign(
        affected=0,
        rate=[np.nan if np.isnan(low) else 0.0 for low, _ in limits],
        rate_low=[low for low, _ in limits],
        rate_high=[high for _, high in limits],
    )
    return pd.concat([rates, *(nobody.assign(effect=effect) for effect in missing)], ignore_index=True)
