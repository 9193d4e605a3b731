"""The left side against the right one of the same patient."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.measures.frames import Groups
from dashboard.statistics.pairs import mcnemar_mid_p, paired_difference
from dashboard.statistics.proportions import ratio_variance

FEWEST_PAIRS = 20


def side_differences(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """How much oftener a side effect follows on the left than on the right, one row per group and effect."""
    if "severity" in by:
        counts = counts[counts["severity"] != "any"].reset_index(drop=True)
    columns = ["pairs", "patients", "both", "left_only", "right_only"]
    differences = counts[[*by, *(() if "effect" in by else ("effect",)), *columns]].copy()
    differences["neither"] = counts["pairs"] - counts["both"] - counts["left_only"] - counts["right_only"]
    sums = [*columns, "difference_squared", "difference_pairs", "pairs_squared"]
    estimates = [_paired(row, level) for row in counts[sums].itertuples(index=False, name=None)]
    names = ["difference", "difference_low", "difference_high"]
    differences[names] = pd.DataFrame(estimates, columns=names, index=differences.index, dtype="float64")
    differences[["patients_left", "patients_right"]] = counts[["patients_left", "patients_right"]]
    p = [mcnemar_mid_p(*map(int, row)) for row in zip(counts["patients_left"], counts["patients_right"], strict=True)]
    differences["p"] = pd.Series(p, differences.index, "float64").where(counts["pairs"] >= FEWEST_PAIRS)
    return differences


def _paired(counts: Sequence[int], level: float) -> tuple[float, float, float]:
    """The difference with limits of so many effective pairs as leave it as uncertain as pairs of one patient do."""
    pairs, patients, both, left, right, dd, dn, nn = map(int, counts)
    share = 1.0
    if patients > 1 and left + right:
        variance = ratio_variance(left - right, pairs, patients, dd, dn, nn)
        if variance > 0:
            of_pairs = ((left + right) * pairs - (left - right) ** 2) / pairs**3
            share = min(1.0, of_pairs / variance)
    neither = pairs - both - left - right
    return paired_difference(both * share, left * share, right * share, neither * share, level)
