"""What the measures share: the groups of a frame, its types, and the limits of its counts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.statistics.proportions import effective_units, wilson

Groups = Sequence[str]


def of_severities(counts: pd.DataFrame, by: Groups) -> pd.DataFrame:
    """The counts by severity without those of any severity, where severities are asked for; otherwise as they are."""
    return counts[counts["severity"] != "any"].reset_index(drop=True) if "severity" in by else counts


def per_effect(by: Groups, *columns: str) -> list[str]:
    """The groups, then the effect unless it is among them, then the columns."""
    return [*by, *(() if "effect" in by else ("effect",)), *columns]


def rate_of_each(counts: pd.DataFrame) -> pd.Series[float]:
    """Affected of evaluable; nan where none is."""
    return counts["affected"] / counts["evaluable"].where(counts["evaluable"] > 0)


def wilson_limits(
    counts: pd.DataFrame, some: str, units: str, xx: str, xn: str, nn: str, level: float
) -> list[tuple[float, float]]:
    """Wilson's limits of some of the units per row; the last three columns are the sums over patients of squares."""
    limits = []
    for row in counts[[some, units, "patients", xx, xn, nn, "is_clustered"]].itertuples(index=False):
        x, n, *sums, is_clustered = (int(count) for count in row)
        effective = effective_units(x, n, *sums) if is_clustered else n
        limits.append(wilson(x / n, effective, level) if n else (np.nan, np.nan))
    return limits


def each_group(counts: pd.DataFrame, by: Groups) -> Iterator[tuple[tuple[Hashable, ...], pd.DataFrame]]:
    """Every group with its rows; without groups all rows are one, if there are any."""
    if not by:
        yield from [((), counts)] if len(counts) else []
        return
    for group, rows in counts.groupby(list(by), sort=True, observed=True):
        yield group if isinstance(group, tuple) else (group,), rows


def places_of_each_group(
    counts: pd.DataFrame, by: Groups
) -> Iterator[tuple[tuple[Hashable, ...], npt.NDArray[np.intp]]]:
    """The same groups with the places of their rows, where rows are many and not all columns are needed in pieces."""
    if not by:
        yield from [((), np.arange(len(counts)))] if len(counts) else []
        return
    for group, places in counts.groupby(list(by), sort=True, observed=True).indices.items():
        yield group if isinstance(group, tuple) else (group,), np.asarray(places)


def typed(figures: pd.DataFrame, by: Groups, counts: Sequence[str]) -> pd.DataFrame:
    """The same types whatever is selected, nothing too: texts, whole counts, and everything else a number."""
    types = dict.fromkeys(figures.columns, "float64") | dict.fromkeys((*by, "estimator", "limits"), "str")
    types |= dict.fromkeys(counts, "int64") | {"logrank_df": "Int64"}
    return cast(figures, {column: types[column] for column in figures.columns})


def cast(figures: pd.DataFrame, types: Mapping[Hashable, Any]) -> pd.DataFrame:
    """The same with columns of these types; those that have theirs already are left alone, for each takes its time."""
    now: dict[Hashable, Any] = dict(zip(figures.columns, figures.dtypes, strict=True))
    differing = {str(column): kind for column, kind in types.items() if now[column] != kind}
    return figures.assign(**{column: figures[column].astype(kind) for column, kind in differing.items()})
