"""What crossed a limit, in words: a sentence per signal, the latest first, as text and not as markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboard.charts.lots import probability
from dashboard.charts.style import Look, count, days, groups, percent, words
from dashboard.measures.frames import Groups
from dashboard.measures.watching import FEWEST_EXPOSED, NO_FOLLOW_UPS
from dashboard.statistics.monitoring import (
    ABOVE,
    BELOW,
    EIGHT_HIGH,
    EIGHT_LOW,
    FEWEST_POINTS,
    RISING,
    SIGNALS,
    TWO_HIGH,
    TWO_LOW,
)
from dashboard.ui.wording import UNITS

_HIGH = (ABOVE, TWO_HIGH, EIGHT_HIGH, RISING)
_LITTLE = 0.8
"""Where the share followed up is less than this part of the usual one, that is said."""


def effect_name(effect: str, look: Look) -> str:
    """An effect as a sentence begins with it."""
    return "Any side effect" if effect == "any" else look.name("effect", effect)


def crossed(
    frames: Mapping[str, pd.DataFrame], by: Groups, who: Groups, you: str | None, look: Look
) -> dict[str, list[str]]:
    """The sentences of every kind of signal, by what was watched; `frames` are the measures by their names.

    Where one group is `you`, the others are not named.
    """
    funnel = frames["practitioner_funnel"]
    own = funnel if you is None else funnel[funnel[who[0]] == you]
    others = 0 if you is None else funnel.loc[(funnel[who[0]] != you) & funnel["is_signal"], who[0]].nunique()
    unnamed = [f"And {many(others, f'other {who[0]}')} with a signal."] if others else []
    return {
        "Month by month": over_time(frames["rates_over_time"], by, look),
        "Rare side effects": between_events(frames["days_between_events"], by, look),
        f"{words(who[0])}s": [*of_groups(own, who, look), *unnamed],
        "Lots": of_lots(frames["lot_signals"], look),
    }


def watched(frames: Mapping[str, pd.DataFrame], who: Groups) -> str:
    """What was looked at, how often, and so what to expect of chance."""
    rates, funnel, lots = (frames[name] for name in ("rates_over_time", "practitioner_funnel", "lot_signals"))
    months = int(rates.loc[rates["is_complete"] & (rates["evaluable"] > 0), "month"].nunique())
    tested = lots.loc[lots["p"].notna(), ["product", "lot"]].drop_duplicates()
    effects = int((rates["effect"].unique() != "any").sum())
    said = (
        f"Watched: {many(effects, 'side effect')} and any of them, over {many(months, 'complete month')}; "
        f"{many(int(funnel[who[0]].nunique()), who[0])}; {many(len(tested), 'lot')} of at least "
        f"{FEWEST_EXPOSED} exposed. "
        "With so many, chance alone crosses a limit now and then: a signal is a reason to look, not a finding."
    )
    return said if months >= FEWEST_POINTS else f"{said} Months give no signals before there are {FEWEST_POINTS}."


def many(number: int, name: str) -> str:
    """So many of them: 1 lot, 2 lots."""
    return f"{count(number)} {name}{'s' * (number != 1)}"


def over_time(rates: pd.DataFrame, by: Groups, look: Look) -> list[str]:
    """The signals of monthly rates: one sentence for months in a row that are on the same side."""
    said: list[tuple[str, str]] = []
    for name, effect, rows in _series(rates, by, look):
        usual = rows["evaluable"].sum() / max(rows["treated"].sum(), 1)
        points = rows[(rows["evaluable"] > 0) & rows["is_complete"]]
        for stretch in _stretches(points):
            strongest = min(stretch["signal"], key=SIGNALS.index)
            last: Any = list(stretch[stretch["signal"] == strongest].itertuples())[-1]
            what = f"{effect}{name} {_month_said(strongest, stretch, last, points, look)}"
            what += _so_far(last.evaluable / last.treated, usual, "that month")
            said.append((str(stretch["month"].iloc[-1]), what))
    return [sentence for _, sentence in sorted(said, key=lambda one: one[0], reverse=True)]


def _month_said(signal: str, stretch: pd.DataFrame, last: Any, points: pd.DataFrame, look: Look) -> str:
    month = look.name("month", last.month)
    n = f"{count(last.affected)} of {count(last.evaluable)}"
    end = "upper" if signal in _HIGH else "lower"
    many = int((stretch["signal"] == signal).sum())
    if signal in (ABOVE, BELOW):
        side = "above" if signal == ABOVE else "below"
        times = "" if many == 1 else f", as in {many} months since {look.name('month', stretch['month'].iloc[0])}"
        low, high = _expected(last.limit_low, last.limit_high, last.evaluable)
        return f"in {month} was {side} its {end} limit{times}: {n}, expected {low} to {high}."
    if signal in (TWO_HIGH, TWO_LOW):
        return (
            f"was near its {end} limit in two of three months up to {month}: last {n}, usually {percent(last.centre)}."
        )
    if signal in (EIGHT_HIGH, EIGHT_LOW):
        side = "above" if signal == EIGHT_HIGH else "below"
        is_side = (points["rate"] > points["centre"]) == (signal == EIGHT_HIGH)
        before = is_side[points["month"] <= last.month].to_numpy()[::-1]
        run = int(before.argmin()) if not before.all() else len(before)
        return f"was {side} its usual {percent(last.centre)} for {run} months in a row up to {month}: last {n}."
    verb = "rose" if signal == RISING else "fell"
    return f"{verb} for six months in a row up to {month}: last {n}, usually {percent(last.centre)}."


def _expected(low: float, high: float, units: float) -> tuple[str, str]:
    """The counts that keep within limits of a share."""
    return count(max(0, math.ceil(low * units - 1e-9))), count(math.floor(high * units + 1e-9))


def _stretches(points: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Signals in a row on the same side."""
    side = np.where(points["is_signal"], np.where(points["signal"].isin(_HIGH), 1, -1), 0)
    number = np.cumsum(np.diff(side, prepend=0) != 0)
    for _, stretch in points[side != 0].groupby(number[side != 0]):
        yield stretch


def between_events(gaps: pd.DataFrame, by: Groups, look: Look) -> list[str]:
    """The signals of rare events: one sentence for events in a row that are on the same side."""
    said: list[tuple[Any, str]] = []
    for name, effect, rows in _series(gaps, by, look):
        for stretch in _stretches(rows):
            last: Any = list(stretch.itertuples())[-1]
            # Few days between events are many events.
            how = "further apart" if last.signal in _HIGH else "closer together"
            said.append(
                (
                    last.treated_on,
                    f"{effect}{name} came {how} than usual up to {last.treated_on:%-d %B %Y} ({last.signal}): last "
                    f"{days(last.days)} after the one before, usually {days(round(last.centre_days))}, "
                    f"{count(len(rows))} events in all.",
                )
            )
    return [sentence for _, sentence in sorted(said, key=lambda one: one[0], reverse=True)]


def of_groups(funnel: pd.DataFrame, by: Groups, look: Look, unit: str = "session") -> list[str]:
    """The signals of a funnel: those outside the 99.8 % limits, and those without any follow-up."""
    said = []
    for name, effect, rows in _series(funnel[funnel["is_signal"]], by, look, "{}"):
        row: Any = next(rows.itertuples())
        if row.signal == NO_FOLLOW_UPS:
            said.append(f"{name}: no follow-up is recorded at all, of {count(row.treated)} {UNITS[unit]}.")
            continue
        low, high = _expected(row.funnel_998_low, row.funnel_998_high, row.evaluable)
        side = "above the upper" if row.signal == ABOVE else "below the lower"
        said.append(
            f"{name}: {effect[:1].lower()}{effect[1:]} {side} 99.8 % limit, {count(row.affected)} of "
            f"{count(row.evaluable)} followed up, expected {low} to {high}."
        )
    return said


def of_lots(lots: pd.DataFrame, look: Look) -> list[str]:
    """The signals of lots, the smallest p first."""
    rows: list[Any] = list(lots[lots["is_signal"]].sort_values("p", kind="stable").itertuples())
    # Every effect has the same lots.
    one = lots[lots["effect"] == lots["effect"].iloc[0]] if rows else lots
    of_products = one.groupby("product")[["evaluable", "exposed"]].sum()
    said = []
    for row in rows:
        product: Any = of_products.loc[row.product]
        said.append(
            f"Lot {row.lot} of {row.product}: {effect_name(row.effect, look).lower()} {count(row.affected)} of "
            f"{count(row.evaluable)} followed up, in the other lots {count(row.others_affected)} of "
            f"{count(row.others_evaluable)} (adjusted p {probability(row.p_adjusted)})."
            + _so_far(row.evaluable / row.exposed, product.evaluable / product.exposed, "the exposed")
        )
    return said


def _so_far(seen: float, usual: float, who: str) -> str:
    """That a figure may change, where much fewer than usual are followed up so far."""
    if seen >= _LITTLE * usual:
        return ""
    return f" So far {percent(seen)} of {who} were followed up, usually {percent(usual)}: it may yet change."


def _series(
    frame: pd.DataFrame, by: Groups, look: Look, as_said: str = " ({})"
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Every series with a signal: the name of its group as it is said, its effect's, and its rows."""
    own = [column for column in by if column != "effect"]
    keys = [*own, "effect"]
    told = frame.groupby(keys, sort=False)["is_signal"].transform("any") if len(frame) else frame["is_signal"]
    for group in groups(frame[told], own, look):
        for effect, rows in group.rows.groupby("effect", sort=False):
            yield as_said.format(group.name) if own else "", effect_name(str(effect), look), rows
