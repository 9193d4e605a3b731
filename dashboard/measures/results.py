"""What treatment came to: asymmetry, GAIS, satisfaction, goals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.measures.frames import Groups
from dashboard.statistics.means import clustered_mean
from dashboard.statistics.proportions import effective_units, wilson

MEAN_CHANGE = "asymmetry_change"
OUTCOMES = (
    MEAN_CHANGE,
    "asymmetry_improved",
    "asymmetry_worse",
    "gais_improved",
    "satisfied",
    "goal_met",
    "overcorrected",
    "adjusted",
    "aftercare_followed",
)
THOUSANDTHS = 1000


def results(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """The mean change in asymmetry and the share of every other outcome, with limits, one row per group and outcome."""
    counts = counts.assign(place=counts["outcome"].map(OUTCOMES.index)).sort_values([*by, "place"])
    return _outcomes(counts, [*by, "outcome", "treated"], level)


def results_over_time(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """The outcomes of the contacts in bands of days since the treatment, one row per group, band and outcome."""
    counts = counts.assign(place=counts["outcome"].map(OUTCOMES.index)).sort_values([*by, "first_day", "place"])
    return _outcomes(counts, [*by, "first_day", "last_day", "outcome"], level)


def result_distribution(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """The share of every score of GAIS and satisfaction, with limits, one row per group, scale and score."""
    return _outcomes(counts, [*by, "scale", "score"], level)


def asymmetry_change(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """How many records went from which score to which, and their group's mean change; one row per pair of scores."""
    pairs = counts[[*by, "before", "after", "records", "recorded", "patients"]].copy()
    sums = counts[["value_sum", "recorded", "patients", "value_squared", "value_recorded", "recorded_squared"]]
    means = {row: _mean(row, level) for row in set(sums.itertuples(index=False, name=None))}
    changes = [means[row] for row in sums.itertuples(index=False, name=None)]
    names = ["change", "change_low", "change_high"]
    pairs[names] = pd.DataFrame(changes, columns=names, index=pairs.index, dtype="float64")
    return pairs


def _mean(sums: Sequence[int], level: float) -> tuple[float, float, float]:
    """The mean change in points, with limits, from sums in thousandths."""
    x, n, m, xx, xn, nn = map(int, sums)
    mean, low, high = clustered_mean(x, n, m, xx, xn, nn, level)
    return mean / THOUSANDTHS, low / THOUSANDTHS, high / THOUSANDTHS


def _outcomes(counts: pd.DataFrame, kept: Sequence[str], level: float) -> pd.DataFrame:
    """The columns that are kept, and each row's mean or share with its limits; scores are counted in thousandths."""
    figures = counts[[*kept, "recorded", "patients", "value_sum"]].reset_index(drop=True)
    sums = ["value_sum", "recorded", "patients", "value_squared", "value_recorded", "recorded_squared"]
    outcomes = figures["outcome"] if "outcome" in figures else pd.Series("", figures.index)
    is_mean = outcomes.astype("str") == MEAN_CHANGE
    estimates = []
    for own_is_mean, row in zip(is_mean, counts[sums].itertuples(index=False), strict=True):
        x, n, m, xx, xn, nn = (int(value) for value in row)
        if own_is_mean:
            estimates.append(_mean((x, n, m, xx, xn, nn), level))
        else:
            limits = wilson(x / n, effective_units(x, n, m, xx, xn, nn), level) if n else (np.nan, np.nan)
            estimates.append((x / n if n else np.nan, *limits))
    figures["occurred"] = figures.pop("value_sum").astype("Int64").mask(is_mean)
    names = ["value", "value_low", "value_high"]
    figures[names] = pd.DataFrame(estimates, columns=names, dtype="float64")
    return figures
