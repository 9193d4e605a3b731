"""Groups against each other: their rates, who they are, and their risk beside their durability."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import queries
from dashboard.measures.curves import QUANTILES
from dashboard.measures.frames import Groups, each_group, wilson_limits
from dashboard.statistics.comparison import (
    ALIKE,
    NONE,
    Estimate,
    Strata,
    benjamini_hochberg,
    difference_design_effect,
    difference_of_levels,
    difference_of_means,
    mantel_haenszel_difference,
    mantel_haenszel_ratio,
    no_difference,
    ratio_design_effect,
    risk_difference,
    risk_ratio,
)
from dashboard.statistics.proportions import effective_units
from dashboard.statistics.survival import Floats

_RATE = ("rate", "rate_low", "rate_high")
_COURSES = ("patients", "courses", "completed")

_OVERLAP = ("strata_without_both", "evaluable_without_both", "named_without_both")

FEWEST = 20
"""With fewer evaluable units than this in a group it is not tested against another."""
BASELINE = (
    "age_band",
    "sex",
    "skin_type",
    "smoker",
    "treatment_type",
    "indication",
    "area",
    "side",
    "technique",
    "product",
    "dose_band",
    "practitioner",
    "clinic",
    "course",
    "baseline_asymmetry",
)
"""What is known of a unit before its outcome, in the order in which it is told."""
SCORES = ("baseline_asymmetry",)


def risk_and_durability(rates: pd.DataFrame, medians: pd.DataFrame, by: Groups) -> pd.DataFrame:
    """The rate of any side effect beside the median maintenance interval, one row per group."""
    rates = rates.loc[rates["effect"] == "any", [*by, "treated", "evaluable", "affected", *_RATE]]
    rates = rates.reset_index(drop=True)
    medians = medians[[*by, *_COURSES, *QUANTILES[:3]]]
    both = rates.merge(medians, "left", list(by)) if by else rates.join(medians)
    return both.fillna(dict.fromkeys(_COURSES, 0)).astype(dict.fromkeys(_COURSES, "int64"))


@dataclass(frozen=True)
class Rate:
    """How many of the units of one group were affected, with the rate's limits and the effective number of units."""

    affected: int
    evaluable: int
    completeness: float
    estimate: Estimate
    effective: float

    @property
    def effective_counts(self) -> tuple[float, float]:
        """Affected and all of the effective units."""
        is_plain = self.effective == self.evaluable
        return self.affected if is_plain else self.estimate.value * self.effective, self.effective


@dataclass(frozen=True)
class Compared:
    """One group of a comparison: its rate of every effect, its units in each stratum, and the affected among them."""

    rates: dict[str, Rate]
    units: Floats
    affected: dict[str, Floats]

    @property
    def evaluable(self) -> int:
        return next(iter(self.rates.values())).evaluable

    def within_strata(self, reference: Compared, effect: str) -> Strata:
        """The strata that both groups have units in."""
        both = (self.units > 0) & (reference.units > 0)
        nobody = np.zeros(len(both))
        cells = (part for each in (self, reference) for part in (each.affected.get(effect, nobody), each.units))
        return Strata(*(part[both] for part in cells))


def _compared_groups(
    counts: pd.DataFrame, by: Groups, level: float
) -> tuple[dict[tuple[Hashable, ...], Compared], list[str]]:
    """The groups of a comparison, and the strata; the counts have a row per effect, per stratum, and per both."""
    stratum, strata = pd.factorize(counts["stratum"], sort=True)
    counts = counts.assign(stratum=stratum)

    def spread(rows: pd.DataFrame, column: str) -> Floats:
        return np.bincount(rows["stratum"], rows[column], minlength=len(strata)).astype(np.float64)

    groups = {}
    for group, rows in each_group(counts, by):
        is_crude, is_size = rows["stratum"] < 0, rows["effect"].isna()
        crude, cells = rows[is_crude], rows[~is_crude & ~is_size]
        groups[group] = Compared(
            dict(zip(crude["effect"].astype(str), _rates(crude, level), strict=True)),
            spread(rows[is_size], "evaluable"),
            {str(effect): spread(own, "affected") for effect, own in cells.groupby("effect", sort=False)},
        )
    return groups, [_stratum_in_words(each) for each in strata]


def _rates(counts: pd.DataFrame, level: float) -> Iterator[Rate]:
    """The rate of every row."""
    sums = ["affected", "evaluable", "patients", "affected_squared", "affected_evaluable", "evaluable_squared"]
    limits = wilson_limits(
        counts, "affected", "evaluable", "affected_squared", "affected_evaluable", "evaluable_squared", level
    )
    for row, treated, is_clustered, own in zip(
        counts[sums].itertuples(index=False), counts["treated"], counts["is_clustered"], limits, strict=True
    ):
        affected, evaluable, *_ = numbers = tuple(int(count) for count in row)
        effective = effective_units(*numbers) if is_clustered else float(evaluable)
        estimate = Estimate(affected / evaluable, *own) if evaluable else NONE
        yield Rate(affected, evaluable, evaluable / treated if treated else np.nan, estimate, effective)


def groups_in_words(counts: pd.DataFrame, by: Groups) -> list[str]:
    """The groups, each as the text by which it can be made the reference."""
    return [_in_words(group) for group, _ in each_group(counts, by)]


def _in_words(group: tuple[Hashable, ...]) -> str:
    return ", ".join(map(str, group))


def _reference(sizes: dict[tuple[Hashable, ...], int], reference: str | None) -> tuple[Hashable, ...]:
    """The group that is asked for, or else the largest; () where there is none."""
    asked = (group for group in sizes if _in_words(group) == reference)
    return next(asked, max(sizes, key=lambda group: sizes[group], default=()))


def comparison(
    counts: pd.DataFrame, by: Groups, level: float, strata: Groups = (), reference: str | None = None
) -> pd.DataFrame:
    """Differences and ratios of risks, crude and within strata, one row per group but the reference and effect."""
    groups, names = _compared_groups(counts, by, level)
    chosen = _reference({group: compared.evaluable for group, compared in groups.items()}, reference)
    rows: list[dict[str, object]] = []
    for group, compared in groups.items():
        if group == chosen:
            continue
        others = groups[chosen]
        labels = {**dict(zip(by, group, strict=True)), "reference": _in_words(chosen)}
        overlap: dict[str, object] = dict.fromkeys(_OVERLAP)
        if strata:
            units = np.where((compared.units > 0) ^ (others.units > 0), compared.units + others.units, 0)
            alone = np.argsort(-units, kind="stable")[: int((units > 0).sum())]
            told = "; ".join(names[place] for place in alone)
            overlap = dict(zip(_OVERLAP, (len(alone), int(units.sum()), told), strict=True))
        of_group = [
            labels | {"effect": effect} | _compared(compared, others, effect, level, bool(strata)) | overlap
            for effect in compared.rates
        ]
        p = benjamini_hochberg(np.array([row["p"] for row in of_group], dtype=np.float64))
        rows += [{**row, "p_adjusted": adjusted} for row, adjusted in zip(of_group, p, strict=True)]
    columns = [*by, *queries.definition("measures/comparison").columns]
    types = dict.fromkeys(columns, "float64") | dict.fromkeys((*by, "reference", "effect", "test", _OVERLAP[2]), "str")
    types |= dict.fromkeys(("evaluable", "affected", "reference_evaluable", "reference_affected"), "int64")
    types |= dict.fromkeys(("is_corrected", "is_small"), "bool") | dict.fromkeys(("strata", *_OVERLAP[:2]), "Int64")
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(**{_OVERLAP[2]: frame[_OVERLAP[2]].fillna("")}).astype(types)


def _compared(group: Compared, reference: Compared, effect: str, level: float, is_adjusted: bool) -> dict[str, object]:
    """The figures of one effect in one group against the reference, p not yet adjusted."""
    one, other = group.rates[effect], reference.rates[effect]
    p, q = one.estimate.value, other.estimate.value
    effective = *one.effective_counts, *other.effective_counts
    ratio, is_corrected = risk_ratio(*effective, level=level)
    is_small = min(one.evaluable, other.evaluable) < FEWEST
    chance, test = (np.nan, "") if is_small else no_difference(*effective)
    cells = group.within_strata(reference, effect) if is_adjusted else None
    adjusted = adjusted_ratio = NONE
    if cells and len(cells.units):
        shares = p, one.evaluable, one.effective, q, other.evaluable, other.effective
        adjusted = mantel_haenszel_difference(cells, level, difference_design_effect(*shares))
        adjusted_ratio = mantel_haenszel_ratio(cells, level, ratio_design_effect(*shares))
    return {
        "evaluable": one.evaluable,
        "affected": one.affected,
        **_with_limits("rate", one.estimate),
        "completeness": one.completeness,
        "reference_evaluable": other.evaluable,
        "reference_affected": other.affected,
        **_with_limits("reference_rate", other.estimate),
        "reference_completeness": other.completeness,
        **_with_limits("risk_difference", risk_difference(one.estimate, other.estimate)),
        **_with_limits("risk_ratio", ratio),
        "is_corrected": is_corrected,
        "test": test,
        "p": chance,
        "is_small": is_small,
        **_with_limits("adjusted_risk_difference", adjusted),
        **_with_limits("adjusted_risk_ratio", adjusted_ratio),
        "strata": len(cells.units) if cells else None,
    }


def _with_limits(name: str, estimate: Estimate) -> dict[str, object]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _stratum_in_words(stratum: str) -> str:
    """A stratum as people read it: the values of one unit joined by a plus sign, columns by a comma."""
    columns = [column.split(queries.AND) for column in stratum.split(queries.THEN)]
    return ", ".join(" + ".join(value or "not recorded" for value in values) for values in columns)


def baseline_balance(counts: pd.DataFrame, by: Groups, level: float, reference: str | None = None) -> pd.DataFrame:
    """Who the groups are, with standardised differences to the reference, one row per group, attribute and level."""
    groups = dict(each_group(counts, by))
    sizes = {group: int(rows["evaluable"].iloc[0]) for group, rows in groups.items()}
    patients = {group: int(rows["patients"].iloc[0]) for group, rows in groups.items()}
    chosen = _reference(sizes, reference)
    units = {group: _units_of_levels(rows) for group, rows in groups.items()}
    rows_of_levels: list[dict[str, object]] = []
    for attribute in (each for each in BASELINE if each not in by):
        levels = sorted({one for own in units.values() for one in own.get(attribute, {})})
        cells = {
            group: np.array([own.get(attribute, {}).get(one, 0) for one in levels], dtype=np.float64)
            for group, own in units.items()
        }
        for group, own in cells.items():
            if attribute in SCORES:
                n, mean, sd = _score(levels, own)
                _, *others = _score(levels, cells[chosen])
                difference = difference_of_means(mean, sd, *others)
                shown: list[dict[str, object]] = [{"level": "", "units": n, "mean": mean, "sd": sd}]
            else:
                difference = difference_of_levels(own, cells[chosen])
                shares = own / sizes[group]
                shown = [
                    {"level": one, "units": int(n), "share": share}
                    for one, n, share in zip(levels, own, shares, strict=True)
                ]
            is_other = group != chosen
            told = {
                **dict(zip(by, group, strict=True)),
                "reference": _in_words(chosen),
                "attribute": attribute,
                "evaluable": sizes[group],
                "patients": patients[group],
                "standardised_difference": difference if is_other and np.isfinite(difference) else np.nan,
                "is_different": bool(is_other and difference > ALIKE),
            }
            rows_of_levels += [told | one for one in shown]
    columns = [*by, *queries.definition("measures/baseline_balance").columns]
    types = dict.fromkeys(columns, "float64") | dict.fromkeys((*by, "reference", "attribute", "level"), "str")
    types |= dict.fromkeys(("evaluable", "patients", "units"), "int64") | {"is_different": "bool"}
    return pd.DataFrame(rows_of_levels, columns=columns).astype(types)


def _units_of_levels(rows: pd.DataFrame) -> dict[str, dict[str, int]]:
    """The units of one group by attribute and level."""
    units: dict[str, dict[str, int]] = {}
    for attribute, one, n in zip(*(rows[column].tolist() for column in ("attribute", "level", "units")), strict=True):
        units.setdefault(attribute, {})[one] = n
    return units


def _score(values: Sequence[str], units: Floats) -> tuple[int, float, float]:
    """How many units have a score, its mean and its standard deviation, from the units at each of its values."""
    value, n = np.array(values, dtype=np.float64), int(units.sum())
    mean = float((value * units).sum() / n) if n else np.nan
    sd = float(np.sqrt((units * (value - mean) ** 2).sum() / (n - 1))) if n > 1 else np.nan
    return n, mean, sd
