"""How often side effects follow, and how many were followed up."""

from __future__ import annotations

import pandas as pd

from dashboard.measures.frames import Groups, of_severities, per_effect, rate_of_each, wilson_limits


def side_effect_rates(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """Rates with their limits, completeness, best and worst case, one row per group and effect."""
    counts = of_severities(counts, by)
    rates = counts[per_effect(by, "treated", "pending", "evaluable", "affected")].copy()
    treated = rates["treated"].where(rates["treated"] > 0)
    rates["rate"] = rate_of_each(rates)
    limits = wilson_limits(
        counts, "affected", "evaluable", "affected_squared", "affected_evaluable", "evaluable_squared", level
    )
    rates["rate_low"] = [low for low, _ in limits]
    rates["rate_high"] = [high for _, high in limits]
    rates["completeness"] = rates["evaluable"] / treated
    rates["rate_best_case"] = rates["affected"] / treated
    rates["rate_worst_case"] = (rates["affected"] + rates["treated"] - rates["evaluable"]) / treated
    return rates


def follow_up_completeness(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """The share of treated units that were followed up, with its limits, one row per group."""
    shares = counts[[*by, "treated", "pending", "evaluable"]].copy()
    limits = wilson_limits(
        counts, "evaluable", "treated", "evaluable_squared", "evaluable_treated", "treated_squared", level
    )
    shares["completeness"] = shares["evaluable"] / shares["treated"].where(shares["treated"] > 0)
    shares["completeness_low"] = [low for low, _ in limits]
    shares["completeness_high"] = [high for _, high in limits]
    return shares
