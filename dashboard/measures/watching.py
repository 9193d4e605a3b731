"""Which months, groups and lots are further from the usual than chance explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dashboard.measures.frames import Groups, of_severities, per_effect, rate_of_each
from dashboard.statistics.comparison import benjamini_hochberg
from dashboard.statistics.monitoring import (
    ABOVE,
    BELOW,
    excess_probability,
    funnel_limits,
    overdispersion,
    p_chart,
    p_limits,
    t_chart,
)
from dashboard.statistics.proportions import wilson
from dashboard.statistics.survival import Floats, Integers

FUNNEL_LEVELS = {"95": 0.95, "998": 0.998}
P_CHART, P_PRIME_CHART, T_CHART = "p", "p'", "t"
NO_FOLLOW_UPS = "no follow-ups"
FEWEST_EXPOSED = 5
FALSE_DISCOVERIES = 0.05
DATE = pd.ArrowDtype(pa.date32())


def follow_up_funnel(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """The share followed up against that of all together, with the limits of a funnel, one row per group."""
    funnel = counts[[*by, "treated", "pending", "evaluable"]].copy()
    funnel["completeness"] = funnel["evaluable"] / funnel["treated"].where(funnel["treated"] > 0)
    overall = _overall(counts, "overall_evaluable", "overall_treated")
    limits = _funnel(funnel["completeness"].to_numpy(np.float64), funnel["treated"].to_numpy(np.int64), overall)
    funnel = funnel.assign(overall_completeness=overall, **limits)
    funnel["is_little_followed_up"] = funnel["completeness"] < funnel["funnel_998_low"]
    return funnel


def _overall(counts: pd.DataFrame, some: str, units: str) -> float:
    return float(counts[some].iloc[0] / counts[units].iloc[0]) if len(counts) and counts[units].iloc[0] else np.nan


def _funnel(shares: npt.NDArray[np.floating[Any]], units: Integers, overall: float) -> dict[str, Floats]:
    """The over-dispersion of the groups' shares and the limits of their funnel, by column; nan where no unit is."""
    is_known = units > 0
    known = units[is_known]
    phi, tau_squared = overdispersion(shares[is_known].astype(np.float64), known, overall)
    spread = np.sqrt(tau_squared) if len(known) else np.nan
    columns = {"overdispersion": np.full(len(units), phi), "between_groups_sd": np.full(len(units), spread)}
    for name, inside in FUNNEL_LEVELS.items():
        limits = funnel_limits(overall, known, inside, tau_squared) if len(known) else (known, known)
        for end, limit in zip(("low", "high"), limits, strict=True):
            columns[f"funnel_{name}_{end}"] = np.full(len(units), np.nan)
            columns[f"funnel_{name}_{end}"][is_known] = limit
    return columns


def practitioner_funnel(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """The rates of the groups against that of all together, with the limits of a funnel, one row per group and effect.

    `signal` is ABOVE, BELOW, NO_FOLLOW_UPS (in the rows of any effect) or "".
    """
    counts = of_severities(counts, by)
    rates, evaluable = rate_of_each(counts), counts["evaluable"].to_numpy(np.int64)
    columns: dict[str, npt.NDArray[Any]] = {}
    for place in _series(counts, [*({"severity"} & set(by)), "effect"]):
        overall = _overall(counts.iloc[place], "overall_affected", "overall_evaluable")
        limits = _funnel(rates.to_numpy(np.float64)[place], evaluable[place], overall)
        for name, limit in {"overall_rate": np.full(len(place), overall), **limits}.items():
            columns.setdefault(name, np.full(len(counts), np.nan))[place] = limit
    funnel = counts[per_effect(by, "treated", "pending", "evaluable", "affected")].assign(rate=rates)
    ends = [f"funnel_{name}_{end}" for name in FUNNEL_LEVELS for end in ("low", "high")]
    for name in ("overall_rate", "overdispersion", "between_groups_sd", *ends):
        funnel[name] = columns.get(name, np.zeros(len(counts)))
    is_unseen = (funnel["treated"] > 0) & (funnel["evaluable"] == 0) & (counts["effect"].astype(str) == "any")
    signal = np.where(funnel["rate"] > funnel["funnel_998_high"], ABOVE, "")
    signal = np.where(funnel["rate"] < funnel["funnel_998_low"], BELOW, signal)
    return _signalled(funnel, np.where(is_unseen, NO_FOLLOW_UPS, signal))


def rates_over_time(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """Monthly rates with their control chart, one row per group, effect and month.

    `chart` is P_CHART, P_PRIME_CHART or, where it is too rare for either, T_CHART; `signal` is one of
    monitoring.SIGNALS or "".
    """
    counts = of_severities(counts, by)
    frame = counts[per_effect(by, "month", "treated", "pending", "evaluable", "affected")].copy()
    frame["rate"] = rate_of_each(counts)
    affected, evaluable = (counts[column].to_numpy(np.int64) for column in ("affected", "evaluable"))
    is_complete = counts["is_complete"].to_numpy(bool)
    figures = {name: np.full(len(counts), np.nan) for name in ("centre", "limit_low", "limit_high", "sigma_z")}
    chart, signal = np.full(len(counts), "", dtype=object), np.full(len(counts), "", dtype=object)
    for place in _series(counts, per_effect(by)):
        points = place[is_complete[place] & (evaluable[place] > 0)]
        if affected[points].sum() < len(points) or not len(points):
            chart[place] = T_CHART
            continue
        drawn = p_chart(affected[points], evaluable[points])
        chart[place] = P_PRIME_CHART if drawn.sigma_z > 1 else P_CHART
        signal[points] = drawn.signal
        figures["centre"][place], figures["sigma_z"][place] = drawn.centre, drawn.sigma_z
        drawn_at = place[evaluable[place] > 0]
        figures["limit_low"][drawn_at], figures["limit_high"][drawn_at] = p_limits(
            drawn.centre, evaluable[drawn_at], drawn.sigma_z
        )
    frame = frame.assign(**{name: figures[name] for name in ("centre", "limit_low", "limit_high")}, chart=chart)
    frame = _signalled(frame.assign(sigma_z=figures["sigma_z"]), signal).assign(is_complete=is_complete)
    return frame.astype({"chart": "str"})


def days_between_events(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """The days between events with their control chart, one row per group, rare effect and event.

    The first event has no days; `signal` is one of monitoring.SIGNALS or "".
    """
    counts = of_severities(counts, by)
    treated_on = pd.to_datetime(counts["treated_on"])
    day = treated_on.to_numpy("datetime64[D]").astype(np.int64)
    event = np.zeros(len(counts), dtype=np.int64)
    figures = {
        name: np.full(len(counts), np.nan) for name in ("days", "centre_days", "limit_low_days", "limit_high_days")
    }
    signal = np.full(len(counts), "", dtype=object)
    for place in _series(counts, per_effect(by)):
        event[place] = np.arange(1, len(place) + 1)
        days = np.diff(day[place])
        drawn = t_chart(days)
        figures["days"][place[1:]], figures["centre_days"][place] = days, drawn.centre
        figures["limit_low_days"][place[1:]], figures["limit_high_days"][place[1:]] = drawn.low, drawn.high
        signal[place[1:]] = drawn.signal
    frame = counts[per_effect(by)].assign(event=event, treated_on=treated_on.astype(DATE), **figures)
    return _signalled(frame, signal)


def lot_signals(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """Every lot against the other lots of its product, one row per group, product, lot and effect.

    `signal` is ABOVE or "".
    """
    counts = of_severities(counts, by).rename(columns={"treated": "exposed"})
    lots = counts[per_effect((*by, "product", "lot"), "exposed", "pending", "evaluable", "affected")].copy()
    lots["rate"] = rate_of_each(counts)
    limits = [wilson(*pair, level) for pair in zip(lots["rate"], lots["evaluable"], strict=True)]
    lots["rate_low"], lots["rate_high"] = [low for low, _ in limits], [high for _, high in limits]
    for column in ("others_evaluable", "others_affected"):
        lots[column] = counts[column]
    lots["others_rate"] = lots["others_affected"] / lots["others_evaluable"].where(lots["others_evaluable"] > 0)
    is_tested = (lots["exposed"] >= FEWEST_EXPOSED) & (lots["evaluable"] > 0) & (lots["others_evaluable"] > 0)
    affected, evaluable = lots["affected"], lots["evaluable"]
    every = (affected, evaluable, affected + lots["others_affected"], evaluable + lots["others_evaluable"])
    p = np.full(len(lots), np.nan)
    p[is_tested] = excess_probability(*(column[is_tested].to_numpy(np.int64) for column in every))
    adjusted = np.full(len(lots), np.nan)
    is_any = (lots["effect"].astype(str) == "any").to_numpy()
    for family in (is_any, ~is_any):
        adjusted[is_tested & family] = benjamini_hochberg(p[is_tested & family])
    lots = lots.assign(p=p, p_adjusted=adjusted)
    return _signalled(lots, np.where(adjusted < FALSE_DISCOVERIES, ABOVE, "")).astype({"product": "str", "lot": "str"})


def _signalled(frame: pd.DataFrame, signal: npt.NDArray[Any]) -> pd.DataFrame:
    return frame.assign(signal=pd.Series(signal, frame.index, "str"), is_signal=signal != "")


def _series(counts: pd.DataFrame, columns: Sequence[str]) -> Iterator[Integers]:
    """The places of the rows of every series, in their order."""
    if len(counts):
        number = counts.groupby(list(columns), sort=False, observed=True).ngroup().to_numpy()
        order = np.argsort(number, kind="stable")
        yield from np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
