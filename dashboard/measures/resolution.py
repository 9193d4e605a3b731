"""How long side effects last."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.measures.curves import (
    QUANTILES,
    curve_frame,
    labelled,
    names_of_shares,
    quantiles_of,
    shares_by,
    stacked,
)
from dashboard.measures.frames import Groups, each_group, typed
from dashboard.statistics.resampling import RESAMPLES, resampled
from dashboard.statistics.survival import (
    Curve,
    Floats,
    Integers,
    clustered_limits,
    kaplan_meier,
    log_rank,
    restricted_mean,
    share_by,
    without_limits,
)
from dashboard.statistics.turnbull import percentile_limits, sample_of, turnbull

RESOLVED_BY = (1, 3, 7, 14, 30, 90)

RESTRICTED_TO_DAYS = 90

KAPLAN_MEIER, TURNBULL = "Kaplan-Meier", "Turnbull"
GREENWOOD, JACKKNIFE = "Greenwood", "jackknife by patient"
RESAMPLED, NO_LIMITS, OF_ONE_PATIENT = f"{RESAMPLES} resamples of patients", "none", "none (one patient)"

Limits = Literal["clustered", "greenwood", "none"]


@dataclass(frozen=True)
class ResolutionCurve:
    """The curve of one group, with the names of its estimator and of the kind of its limits, and what it came from."""

    curve: Curve
    estimator: str
    limits: str
    observed: Observed


ResolutionCurves = dict[tuple[Hashable, ...], ResolutionCurve]


def resolution_curves(
    counts: pd.DataFrame, observations: pd.DataFrame | None, by: Groups, level: float, limits: Limits
) -> ResolutionCurves:
    """The curve of the share of side effects still unresolved, by group.

    Kaplan-Meier where every side effect either resolved on a known day or was not seen to resolve; Turnbull where one
    was only seen gone. Clustered limits need the observations, one row per side effect, with `patient_no`; of one
    patient there are none.
    """
    entries = dict(each_group(observations, by)) if observations is not None else {}
    alone = {group for group, rows in entries.items() if rows["patient_no"].nunique() == 1}
    curves: ResolutionCurves = {}
    for group, rows in each_group(counts, by):
        observed = _observed(rows)
        if not observed.is_exact:
            curve = turnbull(observed.left, observed.right, observed.count)
            curves[group] = ResolutionCurve(curve, TURNBULL, OF_ONE_PATIENT if group in alone else NO_LIMITS, observed)
            continue
        curve = kaplan_meier(*observed.ends, level)
        if group in alone:
            curves[group] = ResolutionCurve(without_limits(curve), KAPLAN_MEIER, OF_ONE_PATIENT, observed)
        elif limits == "greenwood":
            curves[group] = ResolutionCurve(curve, KAPLAN_MEIER, GREENWOOD, observed)
        elif limits == "none":
            curves[group] = ResolutionCurve(without_limits(curve), KAPLAN_MEIER, NO_LIMITS, observed)
        else:
            own, patient = _observed(entries[group]), entries[group]["patient_no"].to_numpy()
            low, high = clustered_limits(own.end, own.is_seen, patient, level)
            curves[group] = ResolutionCurve(replace(curve, low=low, high=high), KAPLAN_MEIER, JACKKNIFE, observed)
    if limits == "clustered":
        curves |= _resampled(curves, entries, level)
    return curves


def _resampled(
    curves: ResolutionCurves, entries: dict[tuple[Hashable, ...], pd.DataFrame], level: float
) -> ResolutionCurves:
    """The Turnbull curves among these, with limits."""
    drawn = {
        group: curve for group, curve in curves.items() if (curve.estimator, curve.limits) == (TURNBULL, NO_LIMITS)
    }
    samples = []
    for group, one in drawn.items():
        own, patient = _observed(entries[group]), entries[group]["patient_no"].to_numpy()
        samples.append(sample_of(one.curve, own.left, own.right, patient))
    limited = {}
    for (group, one), shares in zip(drawn.items(), resampled(samples), strict=True):
        low, high = percentile_limits(one.curve, shares, level)
        limited[group] = replace(one, curve=replace(one.curve, low=low, high=high), limits=RESAMPLED)
    return limited


@dataclass(frozen=True)
class Observed:
    """Side effects that resolved after `left` and by `right` (infinite where not seen), so many of each."""

    left: Integers
    right: Floats
    count: Integers

    @property
    def is_seen(self) -> npt.NDArray[np.bool_]:
        return np.isfinite(self.right)

    @property
    def end(self) -> Integers:
        """The last day known of each."""
        return np.where(self.is_seen, self.right, self.left).astype(np.int64)

    @property
    def is_exact(self) -> bool:
        """Whether no resolution is known by more than one possible day."""
        return not (self.is_seen & (self.left < self.right)).any()

    @property
    def ends(self) -> tuple[Integers, Integers, Integers]:
        """End, resolved and censored."""
        return self.end, self.count * self.is_seen, self.count * ~self.is_seen

    @property
    def midpoints(self) -> tuple[Integers, Integers, Integers]:
        """The same with the middle of the possible days, rounded up, as the end of what was only seen gone."""
        middle = (self.left + self.end + 1) // 2
        return middle, *self.ends[1:]


def _observed(rows: pd.DataFrame) -> Observed:
    count = rows["side_effects"].to_numpy() if "side_effects" in rows else np.ones(len(rows), dtype=np.int64)
    right = rows["right_day"].to_numpy(dtype=np.float64, na_value=np.inf)
    return Observed(rows["left_day"].to_numpy(dtype=np.int64), right, count)


def time_to_resolution(curves: ResolutionCurves, by: Groups, counts: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The share of side effects still unresolved, one row per group and day."""
    parts = []
    for group, drawn in curves.items():
        part = curve_frame(drawn.curve, ("at_risk", "resolved", "censored"), "unresolved")
        parts.append(labelled(part.assign(estimator=drawn.estimator, limits=drawn.limits), by, group))
    columns = ["day", "at_risk", "resolved", "censored", "unresolved", "unresolved_low", "unresolved_high"]
    columns += ["estimator", "limits"]
    return typed(stacked(parts, by, columns), by, ("day", "at_risk", "resolved", "censored"))


def time_to_resolution_summary(
    curves: ResolutionCurves, by: Groups, counts: Callable[[], pd.DataFrame], strata: Groups = ()
) -> pd.DataFrame:
    """Median, quartiles, shares resolved and the log-rank test of the groups, one row per group.

    With strata the groups are compared within them only, and the counts are by group and stratum.
    """
    groups = [drawn.observed.midpoints for drawn in curves.values()]
    chi2, df, p = log_rank(*(_within(strata, curves, by, counts()) if strata else [groups]))
    summaries: list[dict[str, object]] = []
    for group, drawn in curves.items():
        _, resolved, censored = (int(count.sum()) for count in drawn.observed.ends)
        shares, limits = shares_by(drawn.curve, RESOLVED_BY, "resolved")
        summaries.append(
            {
                **dict(zip(by, group, strict=True)),
                "side_effects": resolved + censored,
                "resolved": resolved,
                "censored": censored,
                **quantiles_of(drawn.curve),
                **shares,
                "logrank_chi2": chi2,
                "logrank_df": df or None,
                "logrank_p": p,
                "restricted_mean_days": restricted_mean(drawn.curve, RESTRICTED_TO_DAYS),
                "estimator": drawn.estimator,
                "limits": drawn.limits,
                **limits,
            }
        )
    share_names, limit_names = names_of_shares(RESOLVED_BY, "resolved")
    columns = ["side_effects", "resolved", "censored", *QUANTILES, *share_names, "logrank_chi2", "logrank_df"]
    columns += ["logrank_p", "restricted_mean_days", "estimator", "limits", *limit_names]
    return typed(pd.DataFrame(summaries, columns=[*by, *columns]), by, ("side_effects", "resolved", "censored"))


def _within(
    strata: Groups, curves: ResolutionCurves, by: Groups, counts: pd.DataFrame
) -> list[list[tuple[Integers, Integers, Integers]]]:
    """Per stratum what each group of the curves has in it: day, resolved, censored."""
    observed = {key: _observed(rows).midpoints for key, rows in each_group(counts, (*by, *strata))}
    nobody = (np.zeros(0, dtype=np.int64),) * 3
    values = dict.fromkeys(key[len(by) :] for key in observed)
    return [[observed.get((*group, *value), nobody) for group in curves] for value in values]


def healing_clock(curves: ResolutionCurves, by: Groups, counts: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The share of side effects gone by each day of RESOLVED_BY, one row per group and day."""
    patients = {group: int(rows["patients"].iloc[0]) for group, rows in each_group(counts(), by)}
    rows_of_days: list[dict[str, object]] = []
    for group, drawn in curves.items():
        for day in RESOLVED_BY:
            resolved, low, high = share_by(drawn.curve, day)
            rows_of_days.append(
                {
                    **dict(zip(by, group, strict=True)),
                    "day": day,
                    "patients": patients[group],
                    "side_effects": int(drawn.observed.count.sum()),
                    "resolved": resolved,
                    "resolved_low": low,
                    "resolved_high": high,
                    "estimator": drawn.estimator,
                    "limits": drawn.limits,
                }
            )
    columns = ("day", "patients", "side_effects", "resolved", "resolved_low", "resolved_high", "estimator", "limits")
    frame = pd.DataFrame(rows_of_days, columns=[*by, *columns])
    return typed(frame, by, ("day", "patients", "side_effects"))
