"""From the counts of a measure's SQL to the figures that readers get, one function per measure, by its name."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

import queries
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
from dashboard.statistics.means import clustered_mean
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
from dashboard.statistics.pairs import mcnemar_mid_p, paired_difference
from dashboard.statistics.proportions import effective_units, ratio_variance, wilson
from dashboard.statistics.resampling import RESAMPLES, resampled
from dashboard.statistics.survival import (
    Curve,
    Floats,
    Integers,
    clustered_limits,
    kaplan_meier,
    log_rank,
    quantile_day,
    restricted_mean,
    share_by,
    wang_chang,
    without_limits,
)
from dashboard.statistics.turnbull import percentile_limits, sample_of, turnbull

RESOLVED_BY = (1, 3, 7, 14, 30, 90)
RETURNED_BY = (90, 120, 180, 270, 365)
RESTRICTED_TO_DAYS = 90
PLAN_OUTCOMES = ("early", "on_time", "late", "not_returned")
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
FEWEST_PAIRS = 20
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
FUNNEL_LEVELS = {"95": 0.95, "998": 0.998}
P_CHART, P_PRIME_CHART, T_CHART = "p", "p'", "t"
NO_FOLLOW_UPS = "no follow-ups"
FEWEST_EXPOSED = 5
FALSE_DISCOVERIES = 0.05
DATE = pd.ArrowDtype(pa.date32())

KAPLAN_MEIER, TURNBULL = "Kaplan-Meier", "Turnbull"
GREENWOOD, JACKKNIFE = "Greenwood", "jackknife by patient"
RESAMPLED, NO_LIMITS, OF_ONE_PATIENT = f"{RESAMPLES} resamples of patients", "none", "none (one patient)"

Groups = Sequence[str]
Limits = Literal["clustered", "greenwood", "none"]


def side_effect_rates(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """Rates with their limits, completeness, best and worst case, one row per group and effect."""
    counts = _of_severities(counts, by)
    rates = counts[_per_effect(by, "treated", "pending", "evaluable", "affected")].copy()
    treated = rates["treated"].where(rates["treated"] > 0)
    rates["rate"] = _rate(rates)
    limits = _limits(
        counts, "affected", "evaluable", "affected_squared", "affected_evaluable", "evaluable_squared", level
    )
    rates["rate_low"] = [low for low, _ in limits]
    rates["rate_high"] = [high for _, high in limits]
    rates["completeness"] = rates["evaluable"] / treated
    rates["rate_best_case"] = rates["affected"] / treated
    rates["rate_worst_case"] = (rates["affected"] + rates["treated"] - rates["evaluable"]) / treated
    return rates


def _of_severities(counts: pd.DataFrame, by: Groups) -> pd.DataFrame:
    """The counts by severity without those of any severity, where severities are asked for; otherwise as they are."""
    return counts[counts["severity"] != "any"].reset_index(drop=True) if "severity" in by else counts


def _per_effect(by: Groups, *columns: str) -> list[str]:
    return [*by, *(() if "effect" in by else ("effect",)), *columns]


def _rate(counts: pd.DataFrame) -> pd.Series[float]:
    """Affected of evaluable; nan where none is."""
    return counts["affected"] / counts["evaluable"].where(counts["evaluable"] > 0)


def _limits(
    counts: pd.DataFrame, some: str, units: str, xx: str, xn: str, nn: str, level: float
) -> list[tuple[float, float]]:
    """Wilson's limits of some of the units per row; the last three columns are the sums over patients of squares."""
    limits = []
    for row in counts[[some, units, "patients", xx, xn, nn, "is_clustered"]].itertuples(index=False):
        x, n, *sums, is_clustered = (int(count) for count in row)
        effective = effective_units(x, n, *sums) if is_clustered else n
        limits.append(wilson(x / n, effective, level) if n else (np.nan, np.nan))
    return limits


def follow_up_completeness(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """The share of treated units that were followed up, with its limits, one row per group."""
    shares = counts[[*by, "treated", "pending", "evaluable"]].copy()
    limits = _limits(counts, "evaluable", "treated", "evaluable_squared", "evaluable_treated", "treated_squared", level)
    shares["completeness"] = shares["evaluable"] / shares["treated"].where(shares["treated"] > 0)
    shares["completeness_low"] = [low for low, _ in limits]
    shares["completeness_high"] = [high for _, high in limits]
    return shares


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
    counts = _of_severities(counts, by)
    rates, evaluable = _rate(counts), counts["evaluable"].to_numpy(np.int64)
    columns: dict[str, npt.NDArray[Any]] = {}
    for place in _series(counts, [*({"severity"} & set(by)), "effect"]):
        overall = _overall(counts.iloc[place], "overall_affected", "overall_evaluable")
        limits = _funnel(rates.to_numpy(np.float64)[place], evaluable[place], overall)
        for name, limit in {"overall_rate": np.full(len(place), overall), **limits}.items():
            columns.setdefault(name, np.full(len(counts), np.nan))[place] = limit
    funnel = counts[_per_effect(by, "treated", "pending", "evaluable", "affected")].assign(rate=rates)
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
    counts = _of_severities(counts, by)
    frame = counts[_per_effect(by, "month", "treated", "pending", "evaluable", "affected")].copy()
    frame["rate"] = _rate(counts)
    affected, evaluable = (counts[column].to_numpy(np.int64) for column in ("affected", "evaluable"))
    is_complete = counts["is_complete"].to_numpy(bool)
    figures = {name: np.full(len(counts), np.nan) for name in ("centre", "limit_low", "limit_high", "sigma_z")}
    chart, signal = np.full(len(counts), "", dtype=object), np.full(len(counts), "", dtype=object)
    for place in _series(counts, _per_effect(by)):
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
    counts = _of_severities(counts, by)
    treated_on = pd.to_datetime(counts["treated_on"])
    day = treated_on.to_numpy("datetime64[D]").astype(np.int64)
    event = np.zeros(len(counts), dtype=np.int64)
    figures = {
        name: np.full(len(counts), np.nan) for name in ("days", "centre_days", "limit_low_days", "limit_high_days")
    }
    signal = np.full(len(counts), "", dtype=object)
    for place in _series(counts, _per_effect(by)):
        event[place] = np.arange(1, len(place) + 1)
        days = np.diff(day[place])
        drawn = t_chart(days)
        figures["days"][place[1:]], figures["centre_days"][place] = days, drawn.centre
        figures["limit_low_days"][place[1:]], figures["limit_high_days"][place[1:]] = drawn.low, drawn.high
        signal[place[1:]] = drawn.signal
    frame = counts[_per_effect(by)].assign(event=event, treated_on=treated_on.astype(DATE), **figures)
    return _signalled(frame, signal)


def lot_signals(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """Every lot against the other lots of its product, one row per group, product, lot and effect.

    `signal` is ABOVE or "".
    """
    counts = _of_severities(counts, by).rename(columns={"treated": "exposed"})
    lots = counts[_per_effect((*by, "product", "lot"), "exposed", "pending", "evaluable", "affected")].copy()
    lots["rate"] = _rate(counts)
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
    entries = dict(_each_group(observations, by)) if observations is not None else {}
    alone = {group for group, rows in entries.items() if rows["patient_no"].nunique() == 1}
    curves: ResolutionCurves = {}
    for group, rows in _each_group(counts, by):
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
        part = _curve_frame(drawn.curve, ("at_risk", "resolved", "censored"), "unresolved")
        parts.append(_labelled(part.assign(estimator=drawn.estimator, limits=drawn.limits), by, group))
    columns = ["day", "at_risk", "resolved", "censored", "unresolved", "unresolved_low", "unresolved_high"]
    columns += ["estimator", "limits"]
    return _typed(_stacked(parts, by, columns), by, ("day", "at_risk", "resolved", "censored"))


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
        shares, limits = _shares_by(drawn.curve, RESOLVED_BY, "resolved")
        summaries.append(
            {
                **dict(zip(by, group, strict=True)),
                "side_effects": resolved + censored,
                "resolved": resolved,
                "censored": censored,
                **_quantiles(drawn.curve),
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
    share_names, limit_names = _share_names(RESOLVED_BY, "resolved")
    columns = ["side_effects", "resolved", "censored", *_QUANTILES, *share_names, "logrank_chi2", "logrank_df"]
    columns += ["logrank_p", "restricted_mean_days", "estimator", "limits", *limit_names]
    return _typed(pd.DataFrame(summaries, columns=[*by, *columns]), by, ("side_effects", "resolved", "censored"))


def _within(
    strata: Groups, curves: ResolutionCurves, by: Groups, counts: pd.DataFrame
) -> list[list[tuple[Integers, Integers, Integers]]]:
    """Per stratum what each group of the curves has in it: day, resolved, censored."""
    observed = {key: _observed(rows).midpoints for key, rows in _each_group(counts, (*by, *strata))}
    nobody = (np.zeros(0, dtype=np.int64),) * 3
    values = dict.fromkeys(key[len(by) :] for key in observed)
    return [[observed.get((*group, *value), nobody) for group in curves] for value in values]


def healing_clock(curves: ResolutionCurves, by: Groups, counts: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The share of side effects gone by each day of RESOLVED_BY, one row per group and day."""
    patients = {group: int(rows["patients"].iloc[0]) for group, rows in _each_group(counts(), by)}
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
    return _typed(frame, by, ("day", "patients", "side_effects"))


@dataclass(frozen=True)
class ReturnCurve:
    """The curve of one group, and the courses that it came from."""

    curve: Curve
    patients: int
    courses: int
    completed: int
    completed_median_days: float


ReturnCurves = dict[tuple[Hashable, ...], ReturnCurve]


def return_curves(counts: pd.DataFrame, by: Groups, level: float) -> ReturnCurves:
    """The curve of the share not yet returned for the next course, by group."""
    curves: ReturnCurves = {}
    for group, rows in _each_group(counts, by):
        completed = rows["day"][rows["is_returned"]]
        curves[group] = ReturnCurve(
            wang_chang(
                rows["day"].to_numpy(),
                rows["is_returned"].to_numpy(),
                rows["returned_in_series"].to_numpy(),
                rows["patient_no"].to_numpy(),
                level,
            ),
            rows["patient_no"].nunique(),
            len(rows),
            len(completed),
            float(completed.median()) if len(completed) else np.nan,
        )
    return curves


def maintenance_intervals(curves: ReturnCurves, by: Groups) -> pd.DataFrame:
    """The share not yet returned for the next course, one row per group and day; counts are weighted."""
    parts = []
    for group, drawn in curves.items():
        part = _curve_frame(drawn.curve, ("at_risk", "returned", None), "not_returned")
        parts.append(_labelled(part, by, group))
    columns = ("day", "at_risk", "returned", "not_returned", "not_returned_low", "not_returned_high")
    return _typed(_stacked(parts, by, columns), by, ("day",))


def maintenance_summary(curves: ReturnCurves, by: Groups) -> pd.DataFrame:
    """Median, quartiles and shares returned, one row per group."""
    summaries: list[dict[str, object]] = []
    for group, drawn in curves.items():
        shares, limits = _shares_by(drawn.curve, RETURNED_BY, "returned")
        summaries.append(
            {
                **dict(zip(by, group, strict=True)),
                "patients": drawn.patients,
                "courses": drawn.courses,
                "completed": drawn.completed,
                **_quantiles(drawn.curve),
                **shares,
                "completed_median_days": drawn.completed_median_days,
                **limits,
            }
        )
    share_names, limit_names = _share_names(RETURNED_BY, "returned")
    columns = ["patients", "courses", "completed", *_QUANTILES, *share_names, "completed_median_days", *limit_names]
    return _typed(pd.DataFrame(summaries, columns=[*by, *columns]), by, ("patients", "courses", "completed"))


def kept_plans(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """How many of the courses whose plan was due came early, on time, late or not yet, one row per group."""
    plans = counts[[*by, "courses", "without_plan", "not_yet_due", "due", *PLAN_OUTCOMES]].copy()
    for outcome in PLAN_OUTCOMES:
        limits = _limits(counts, outcome, "due", f"{outcome}_squared", f"{outcome}_due", "due_squared", level)
        plans[f"{outcome}_share"] = plans[outcome] / plans["due"].where(plans["due"] > 0)
        plans[f"{outcome}_share_low"] = [low for low, _ in limits]
        plans[f"{outcome}_share_high"] = [high for _, high in limits]
    return plans


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


def risk_and_durability(rates: pd.DataFrame, medians: pd.DataFrame, by: Groups) -> pd.DataFrame:
    """The rate of any side effect beside the median maintenance interval, one row per group."""
    rates = rates.loc[rates["effect"] == "any", [*by, "treated", "evaluable", "affected", *_RATE]]
    rates = rates.reset_index(drop=True)
    medians = medians[[*by, *_COURSES, *_QUANTILES[:3]]]
    both = rates.merge(medians, "left", list(by)) if by else rates.join(medians)
    return both.fillna(dict.fromkeys(_COURSES, 0)).astype(dict.fromkeys(_COURSES, "int64"))


_RATE = ("rate", "rate_low", "rate_high")
_COURSES = ("patients", "courses", "completed")


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
    for group, rows in _each_group(counts, by):
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
    limits = _limits(
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
    return [_in_words(group) for group, _ in _each_group(counts, by)]


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
    groups = dict(_each_group(counts, by))
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


ESTIMATES: dict[str, Callable[..., pd.DataFrame]] = {
    estimate.__name__: estimate
    for estimate in (
        side_effect_rates,
        follow_up_completeness,
        follow_up_funnel,
        practitioner_funnel,
        rates_over_time,
        days_between_events,
        lot_signals,
        kept_plans,
        comparison,
        baseline_balance,
        results,
        results_over_time,
        result_distribution,
        asymmetry_change,
        side_differences,
    )
}

OF_RESOLUTION_CURVES: dict[str, Callable[..., pd.DataFrame]] = {
    estimate.__name__: estimate for estimate in (time_to_resolution, time_to_resolution_summary, healing_clock)
}
"""The last argument gives the counts of the measure's own SQL, where they are needed."""

OF_RETURN_CURVES: dict[str, Callable[[ReturnCurves, Groups], pd.DataFrame]] = {
    estimate.__name__: estimate for estimate in (maintenance_intervals, maintenance_summary)
}

OF_FIGURES: dict[str, tuple[Callable[..., pd.DataFrame], tuple[str, ...]]] = {
    "risk_and_durability": (risk_and_durability, ("side_effect_rates", "maintenance_summary")),
}
"""Measures that put the figures of others, with the same options, side by side."""

_OVERLAP = ("strata_without_both", "evaluable_without_both", "named_without_both")
_QUANTILES = ("median_days", "median_low", "median_high", "q1_days", "q3_days")


def _each_group(counts: pd.DataFrame, by: Groups) -> Iterator[tuple[tuple[Hashable, ...], pd.DataFrame]]:
    if not by:
        yield from [((), counts)] if len(counts) else []
        return
    for group, rows in counts.groupby(list(by), sort=True, observed=True):
        yield group if isinstance(group, tuple) else (group,), rows


def _curve_frame(curve: Curve, counts: tuple[str, str, str | None], share: str) -> pd.DataFrame:
    columns = {"day": curve.day, counts[0]: curve.at_risk, counts[1]: curve.events}
    if counts[2]:
        columns[counts[2]] = curve.censored
    return pd.DataFrame(columns | {share: curve.share, f"{share}_low": curve.low, f"{share}_high": curve.high})


def _labelled(part: pd.DataFrame, by: Groups, group: tuple[Hashable, ...]) -> pd.DataFrame:
    for position, (column, value) in enumerate(zip(by, group, strict=True)):
        part.insert(position, column, str(value))
    return part


def _typed(figures: pd.DataFrame, by: Groups, counts: Sequence[str]) -> pd.DataFrame:
    """The same types whatever is selected, nothing too: texts, whole counts, and everything else a number."""
    types = dict.fromkeys(figures.columns, "float64") | dict.fromkeys((*by, "estimator", "limits"), "str")
    types |= dict.fromkeys(counts, "int64") | {"logrank_df": "Int64"}
    return figures.astype({column: types[column] for column in figures.columns})


def _stacked(parts: list[pd.DataFrame], by: Groups, columns: Sequence[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*by, *columns])


def _quantiles(curve: Curve) -> dict[str, float]:
    return {
        "median_days": quantile_day(curve.day, curve.share, 0.5),
        "median_low": quantile_day(curve.day, curve.low, 0.5),
        "median_high": quantile_day(curve.day, curve.high, 0.5),
        "q1_days": quantile_day(curve.day, curve.share, 0.25),
        "q3_days": quantile_day(curve.day, curve.share, 0.75),
    }


def _share_names(days: Sequence[int], event: str) -> tuple[list[str], list[str]]:
    names = [f"{event}_by_{day}" for day in days]
    return names, [f"{name}_{end}" for name in names for end in ("low", "high")]


def _shares_by(curve: Curve, days: Sequence[int], event: str) -> tuple[dict[str, float], dict[str, float]]:
    shares, limits = {}, {}
    for day in days:
        name = f"{event}_by_{day}"
        shares[name], limits[f"{name}_low"], limits[f"{name}_high"] = share_by(curve, day)
    return shares, limits
