"""One library at work on the rows that it is given, in a process of its own; tells seconds and figures as JSON.

    python -m tests.benchmarks.rows NAME FOLDER

Of intervals the curve on the days with an event, of units the rates; see libraries.py.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]
Told = dict[str, list[float | None]]
Ways = tuple[Callable[[], Told], Callable[[], Told]]
"""To the figures of intervals, and to those of units."""
WARM = 1.0
"""Whatever takes less is done again, and told of the second time."""
Z = 1.959963984540054


def columns(folder: Path, rows: str, *names: str) -> list[Integers]:
    return [np.fromfile(folder / f"{rows}-{name}", dtype=np.int32) for name in names]


def told(share: Iterable[Any], low: Iterable[Any] = (), high: Iterable[Any] = (), chi2: Sequence[float] = ()) -> Told:
    """The figures of all groups and days, one after the other, as they are compared; None is none."""
    figures = {"share": share, "low": low, "high": high, "chi2": chi2}
    numbers = {name: [float(value) for value in values] for name, values in figures.items()}
    return {
        name: [None if np.isnan(value) else value for value in values] for name, values in numbers.items() if values
    }


def wilson(affected: Any, evaluable: Any) -> Told:
    """Wilson's limits by the formula, of columns of counts."""
    share, spread = affected / evaluable, Z * Z / evaluable
    centre, half = (share + spread / 2) / (1 + spread), spread / (1 + spread)
    width = half * (evaluable / Z) * (share * (1 - share) / evaluable + spread / evaluable / 4) ** 0.5
    return told(share, centre - width, centre + width)


def counts_of_units(folder: Path) -> Callable[[], tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    kind, is_evaluable, is_affected = columns(folder, "units", "kind", "is_evaluable", "is_affected")
    return lambda: (np.bincount(kind, weights=is_affected), np.bincount(kind, weights=is_evaluable))


def outcomes(folder: Path) -> Ways:
    """DuckDB counts, from the snapshot; the dashboard's estimators do the rest. Rates are the measure as it is."""
    import datetime

    import duckdb

    from dashboard.filters import Filters
    from dashboard.statistics.survival import kaplan_meier, log_rank
    from dashboard.store import open_snapshot

    snapshot = (folder / "snapshot").read_text()
    store, connection = open_snapshot(snapshot), duckdb.connect(snapshot, read_only=True)
    anew = iter(range(10))
    names = ("day", "is_returned", "courses")

    def intervals() -> Told:
        counted = connection.execute("""
            select enum_code(treatment_type)::integer as kind, interval_days as day, is_returned, count(*) as courses
            from courses group by all
        """).fetchnumpy()
        groups = []
        for kind in np.unique(counted["kind"]):
            day, returned, courses = (counted[name][counted["kind"] == kind] for name in names)
            days, places = np.unique(day, return_inverse=True)
            events, censored = (
                np.bincount(places[of], courses[of], len(days)).astype(np.int64) for of in (returned, ~returned)
            )
            groups.append((days.astype(np.int64), events, censored))
        curves = [kaplan_meier(*group) for group in groups]
        parts = [
            np.concatenate([getattr(curve, name)[curve.events > 0] for curve in curves])
            for name in ("share", "low", "high")
        ]
        share, low, high = parts
        return told(share, low, high, [log_rank(groups)[0]])

    def rates() -> Told:
        filters = Filters(treated_to=datetime.date(2100, 1, 1 + next(anew)))
        rates = store.measure("side_effect_rates", filters, unit="patient")
        rates = rates[(rates["effect"] == "any") & (rates["evaluable"] > 0)]
        return told(rates["rate"], rates["rate_low"], rates["rate_high"])

    return intervals, rates


def statsmodels(folder: Path) -> Ways:
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff
    from statsmodels.stats.proportion import proportion_confint

    kind, day, is_event = columns(folder, "intervals", "kind", "day", "is_event")
    count = counts_of_units(folder)

    def intervals() -> Told:
        curves = [SurvfuncRight(day[kind == each], is_event[kind == each]) for each in np.unique(kind)]
        chi2, _ = survdiff(day, is_event, kind)
        return told(np.concatenate([curve.surv_prob for curve in curves]), chi2=[chi2])

    def rates() -> Told:
        affected, evaluable = count()
        low, high = proportion_confint(affected, evaluable, method="wilson")
        return told(affected / evaluable, low, high)

    return intervals, rates


def scipy(folder: Path) -> Ways:
    from scipy import stats

    kind, day, is_event = columns(folder, "intervals", "kind", "day", "is_event")
    count = counts_of_units(folder)

    def intervals() -> Told:
        share, low, high = [], [], []
        for each in np.unique(kind):
            own, seen = day[kind == each], is_event[kind == each] == 1
            curve = stats.ecdf(stats.CensoredData.right_censored(own, ~seen)).sf
            limits = curve.confidence_interval(method="log-log")
            at = np.searchsorted(curve.quantiles, np.unique(own[seen]))
            share.append(curve.probabilities[at])
            low.append(limits.low.probabilities[at])
            high.append(limits.high.probabilities[at])
        return told(np.concatenate(share), np.concatenate(low), np.concatenate(high))

    def rates() -> Told:
        affected, evaluable = count()
        limits = [
            stats.binomtest(int(k), int(n)).proportion_ci(method="wilson")
            for k, n in zip(affected, evaluable, strict=True)
        ]
        return told(affected / evaluable, [each.low for each in limits], [each.high for each in limits])

    return intervals, rates


def pandas(folder: Path) -> Ways:
    import pandas as pd

    names = ("kind", "day", "is_event")
    rows = pd.DataFrame(dict(zip(names, columns(folder, "intervals", *names), strict=True)))
    of_units = ("kind", "is_evaluable", "is_affected")
    units = pd.DataFrame(dict(zip(of_units, columns(folder, "units", *of_units), strict=True)))

    def intervals() -> Told:
        counted = rows.groupby(["kind", "day"])["is_event"].agg(["sum", "size"])
        at_risk = counted["size"].iloc[::-1].groupby("kind").cumsum().iloc[::-1]
        share = (1 - counted["sum"] / at_risk).groupby("kind").cumprod()
        return told(share[counted["sum"] > 0])

    def rates() -> Told:
        counted = units.groupby("kind").sum()
        return wilson(counted["is_affected"], counted["is_evaluable"])

    return intervals, rates


def polars(folder: Path) -> Ways:
    import polars as pl

    names = ("kind", "day", "is_event")
    rows = pl.DataFrame(dict(zip(names, columns(folder, "intervals", *names), strict=True)))
    of_units = ("kind", "is_evaluable", "is_affected")
    units = pl.DataFrame(dict(zip(of_units, columns(folder, "units", *of_units), strict=True)))

    def intervals() -> Told:
        at_risk = pl.col("size").cum_sum(reverse=True).over("kind")
        counted = rows.group_by("kind", "day").agg(pl.col("is_event").sum().alias("events"), pl.len().alias("size"))
        curve = counted.sort("kind", "day").with_columns(
            (1 - pl.col("events") / at_risk).cum_prod().over("kind").alias("share")
        )
        return told(curve.filter(pl.col("events") > 0)["share"])

    def rates() -> Told:
        counted = units.group_by("kind").sum().sort("kind")
        return wilson(counted["is_affected"], counted["is_evaluable"])

    return intervals, rates


LIBRARIES = {library.__name__: library for library in (outcomes, statsmodels, scipy, pandas, polars)}


def timed(way: Callable[[], Told]) -> tuple[float, Told]:
    for _ in range(2):
        began = time.perf_counter()
        figures = way()
        seconds = time.perf_counter() - began
        if seconds > WARM:
            break
    return seconds, figures


def main(name: str, folder: str) -> None:
    intervals, rates = (timed(way) for way in LIBRARIES[name](Path(folder)))
    seconds = {"intervals": intervals[0], "rates": rates[0]}
    sys.stdout.write(json.dumps({"seconds": seconds, "intervals": intervals[1], "rates": rates[1]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
