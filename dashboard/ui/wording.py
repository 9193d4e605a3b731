"""Values made safe for markdown, and counts and warnings in words."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

import pandas as pd

from dashboard.charts.curves import MOST as MOST_CURVES
from dashboard.charts.dots import MOST as MOST_ROWS
from dashboard.charts.style import SMALL, Group, Look, count, groups, percent, words
from dashboard.measures.resolution import (
    GREENWOOD,
    JACKKNIFE,
    KAPLAN_MEIER,
    NO_LIMITS,
    OF_ONE_PATIENT,
    RESAMPLED,
    TURNBULL,
)

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# What becomes a link, or one sign, though it is escaped, for it is looked for after markdown was read. A command
# such as `outcomes export --since 3` can be copied as it is, and an address of mail too, which leads to no server.
_MEANT = re.compile(
    r"(?<=http:)(?=//)|(?<=https:)(?=//)|(?<=www)(?=\.)|(?<=(?<!\S)[<>~-])(?=[-=>]{1,2}(?!\S))", re.IGNORECASE
)
JOINER = "\u2060"
"""Has no width, and keeps what is before it from being read with what is after it."""
UNITS = {"session": "sessions", "record": "treatment records", "patient": "patients"}

LOW_COMPLETENESS = 0.5

_ESTIMATORS = {
    KAPLAN_MEIER: "Kaplan-Meier curve",
    TURNBULL: "Turnbull curve, as some were only seen gone at a later contact: the share not yet surely gone",
}
_LIMITS = {
    JACKKNIFE: "95 % limits by the jackknife, patients as clusters",
    RESAMPLED: f"95 % limits from {RESAMPLED}",
    GREENWOOD: "95 % limits by Greenwood, as if every side effect were another patient's",
    NO_LIMITS: "without limits",
    OF_ONE_PATIENT: "without limits, as all are of one patient",
}

_RECORDED = {
    "asymmetry_change": "asymmetry before and after",
    "asymmetry_improved": "asymmetry before and after",
    "asymmetry_worse": "asymmetry before and after",
    "gais_improved": "a GAIS score",
    "satisfied": "a satisfaction score",
    "goal_met": "whether goals were met",
    "overcorrected": "whether overcorrected",
    "adjusted": "whether adjusted",
    "aftercare_followed": "whether aftercare was followed",
}


def plain(text: str) -> str:
    """A text that markdown shows as it is: no link to a server, no picture, no request to anyone."""
    return _PUNCTUATION.sub(r"\\\1", _MEANT.sub(JOINER, text)).replace("\n", " ")


def sentence(text: str) -> str:
    """A text that begins with a capital letter and is safe for markdown."""
    return plain(upper(text))


def upper(text: str) -> str:
    """A text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def without_mapping(told: str) -> str:
    """What was told of a file, without the part that only someone who writes a mapping can act upon."""
    kept = "; ".join(part for part in told.split("; ") if "mapping" not in part)
    return kept.replace("not UTF-8, read as", "umlauts and accents are read as")


def when(moment: datetime.datetime) -> str:
    """A moment as people write it: 25 November 2026, 14:03."""
    return f"{moment:%-d %B %Y, %H:%M}"


def how_long(seconds: float) -> str:
    """How long ago something was, roughly."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            whole = int(seconds / size)
            return f"{whole} {unit}{'s' * (whole != 1)} ago"
    return "just now"


def n_in_words(totals: pd.DataFrame, unit: str = "session") -> str:
    """The n behind a chart, from the same cohort's total; groups are added up only where no unit can be in two.

    The patients are those that the first row tells.
    """
    row = totals.iloc[0]

    def added(column: str) -> str:
        return count(totals[column].sum(skipna=False))

    if "first_day" in totals:
        first, last = totals["first_day"].min(), totals["last_day"].max()
        return f"{added('recorded')} contacts of treated records from day {first} to day {last}."
    if "outcome" in totals:
        recorded = dict(zip(totals["outcome"].astype(str), totals["recorded"], strict=True))
        told = {what: count(recorded[name]) for name, what in _RECORDED.items() if name in recorded}
        each = joined([f"{what} for {n}" for what, n in told.items()])
        return f"Of {count(row.treated)} treatment records, there is {each}."
    if "pairs" in totals:
        return f"{count(row.pairs)} pairs of a left and a right treated alike, of {count(row.patients)} patients."
    if "evaluable" in totals:
        pending = f"; {count(row.pending)} more are too recent to count" if row.pending else ""
        return f"{count(row.evaluable)} of {count(row.treated)} {UNITS[unit]} were followed up{pending}."
    if "side_effects" in totals:
        return (
            f"{added('side_effects')} side effects: {added('resolved')} seen to resolve, "
            f"{added('censored')} not seen to resolve by the last contact."
        )
    if "due" in totals:
        return (
            f"The plans of {added('due')} of {added('courses')} courses were due. {added('not_yet_due')} are not "
            f"due yet, and {added('without_plan')} courses have no planned interval; neither is counted."
        )
    not_yet = count((totals["courses"] - totals["completed"]).sum(skipna=False))
    return (
        f"{count(row.patients)} patients with {added('courses')} courses: {added('completed')} followed by another, "
        f"{not_yet} not yet."
    )


def tested(frame: pd.DataFrame, by: Sequence[str], look: Look, strata: Sequence[str]) -> str:
    """The test of no difference between the groups in words, or why there is none; "" where nothing is compared."""
    if "logrank_p" not in frame:
        return ""
    within = f" within strata of {joined([words(column).lower() for column in strata])}" if strata else ""
    if frame["logrank_p"].isna().all():
        return f"No test{within}: not all groups are found together in a stratum." if strata and len(frame) > 1 else ""
    if small := too_small(frame, groups(frame, by, look)):
        return f"No test of a difference between the groups, because of fewer than {SMALL} side effects: {small}."
    row = frame.iloc[0]
    p = "below 0.001" if row.logrank_p < 0.001 else f"{row.logrank_p:.3f}"
    middle = " For the test, what was only seen gone resolved in the middle of the time in which it must have."
    return (
        f"Log-rank test of no difference between the groups{within}: chi-square {row.logrank_chi2:.1f}, "
        f"{count(row.logrank_df)} degrees of freedom, p {p}. It says nothing of how large a difference is, or of why."
        f"{middle if (frame['estimator'] == TURNBULL).any() else ''}"
    )


def estimated(frame: pd.DataFrame, by: Sequence[str], look: Look, is_awaited: bool = False) -> list[str]:
    """How curves were estimated and where their limits come from, in words: a sentence for each of the ways."""
    if "estimator" not in frame:
        return []
    found = groups(frame, by, look)
    ways: dict[tuple[str, str], list[str]] = {}
    for group in found:
        first = group.rows.iloc[0]
        ways.setdefault((str(first["estimator"]), str(first["limits"])), []).append(group.name)
    said = []
    for (estimator, limits), names in sorted(ways.items()):
        whose = "" if len(ways) == 1 else f"{listed(names)}: "
        known = "limits are being estimated" if is_awaited else _LIMITS[limits]
        said.append(f"{whose}{_ESTIMATORS[estimator]}; {known}.")
    return said


def without_tests(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as a screen shows it: no test where a group is too small for one."""
    if "logrank_p" in frame and frame["side_effects"].min() < SMALL:
        return frame.drop(columns=[column for column in frame if str(column).startswith("logrank_")])
    return frame


def too_small(frame: pd.DataFrame, found: Sequence[Group]) -> str:
    """Which of the groups of a frame are smaller than figures should be, each with its n; "" where none is."""
    n = next(
        (
            column
            for column in ("evaluable", "recorded", "pairs", "side_effects", "due", "patients", "at_risk")
            if column in frame
        ),
        None,
    )
    size = {group.name: group.rows[n].max() for group in found} if n else {}
    return listed([f"{name} ({count(units)})" for name, units in size.items() if units < SMALL])


def _is_one_patient(rows: pd.DataFrame) -> bool:
    """Whether limits between patients are missing, as they are where there is one patient."""
    if "is_suppressed" in rows and rows["is_suppressed"].any():
        return False
    return ("not_returned_low" in rows and bool(rows["not_returned_low"].isna().all())) or (
        {"courses", "patients"} <= set(rows) and bool((rows["patients"] == 1).all())
    )


def _suppressed(frame: pd.DataFrame, found: Sequence[Group], look: Look) -> str:
    """Which groups and effects are too few to be told, in words."""
    is_curve = "at_risk" in frame
    hidden = [
        group.name
        for group in found
        if (group.rows["at_risk"].isna() if is_curve else group.rows["is_suppressed"]).all()
    ]
    told = "Small numbers, and what would give them away, are suppressed"
    if "effect" in frame and len(hidden) < len(found):
        of_told = frame[~frame["is_suppressed"]]["effect"]
        untold = [effect for effect in dict.fromkeys(frame["effect"]) if effect not in set(of_told)]
        hidden += [f"the effect {look.name('effect', effect)}" for effect in untold]
    return f"{told}: {listed(hidden)}." if hidden else f"{told}."


def warnings(frame: pd.DataFrame, by: Sequence[str], look: Look, most: int | None = None) -> list[str]:
    """What a reader has to know before believing a chart: small n, few followed up."""
    found = groups(frame, [column for column in by if column != "effect"], look)
    small = too_small(frame, found)
    said = [f"Fewer than {SMALL}, so read with care: {small}."] if small else []
    alone = [group.name for group in found if _is_one_patient(group.rows)]
    said += [f"One patient only, which gives no limits: {listed(alone)}."] if alone else []
    shown = most or (MOST_CURVES if "day" in frame else MOST_ROWS)
    which = "latest" if by and by[0] in ("month", "quarter", "year") else "largest"
    if len(found) > shown:
        said.append(f"The chart shows the {shown} {which} of {len(found)} groups; the table has all.")
    if "completeness" in frame and "is_little_followed_up" not in frame:
        low = [
            f"{group.name} ({percent(group.rows['completeness'].iloc[0])})"
            for group in found
            if group.rows["completeness"].iloc[0] < LOW_COMPLETENESS
        ]
        said += (
            [f"Fewer than half were followed up, so the true rate may be far from this: {listed(low)}."] if low else []
        )
    if "is_suppressed" in frame and frame["is_suppressed"].any():
        said.append(_suppressed(frame, found, look))
        if "day" in frame:
            said.append("Curves are told on a few days, the same for all groups; what happened between is not shown.")
    return said


def little_followed_up(funnel: pd.DataFrame, by: Sequence[str], look: Look) -> str:
    """Who is below the lower 99.8 % limit of the funnel of follow-up, in words; "" where nobody is."""
    named = [
        f"{group.name}, {count(row.evaluable)} of {count(row.treated)}"
        for group in groups(funnel[funnel["is_little_followed_up"]], by, look)
        for row in [group.rows.iloc[0]]
    ]
    return f"Little followed up: {listed(named)}; so a low rate there says little." if named else ""


def joined(parts: Sequence[str]) -> str:
    """The parts as a sentence has them: a, b and c."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def listed(names: Sequence[str], longest: int = 6) -> str:
    """The first of the names, and how many more there are."""
    more = f" and {len(names) - longest} more" if len(names) > longest else ""
    return ", ".join(names[:longest]) + more
