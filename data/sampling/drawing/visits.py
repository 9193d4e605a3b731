"""On which days patients come, and for which treatment types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.sampling.drawing.catalogue import IS_SURGICAL, NEUROMODULATOR, PATTERNS, PRODUCT, PRODUCTS, SKINCARE, TYPE
from data.sampling.drawing.lookup import STEPS, day_table, factor_table
from data.sampling.drawing.patients import PROFILE_LENGTH, PROFILE_START, PROFILE_TYPES, Patients
from data.sampling.drawing.period import LAST_DAY, NEVER, open_day
from data.sampling.drawing.random import Draw
from data.sampling.drawing.rows import Flags, Ints, Rows, members
from data.sampling.parameters import visits as parameters

_RETURNS = [parameters.RETURNS[name] for name in TYPE]
_USUAL = np.array([returns.usual for returns in _RETURNS])
_SHORTEST = np.array([returns.shortest for returns in _RETURNS])
_LEAVES = np.array([returns.leaves for returns in _RETURNS])
_GROWTH = np.array([returns.growth for returns in _RETURNS])
_PLAN_STEP = np.array([returns.plan_step for returns in _RETURNS])
_BETWEEN = np.stack([factor_table(returns.between) for returns in _RETURNS])
_WITHIN = np.stack([factor_table(returns.within) for returns in _RETURNS])
_TOUCH_UP = np.array([returns.touch_up for returns in _RETURNS])
_TOUCH_UP_DAYS = np.stack([day_table(returns.touch_up_days) for returns in _RETURNS])
_PLANS = factor_table(parameters.PLAN_SPREAD)

_DAYS = 4096  # more than the period has: patient * _DAYS + day orders by patient, then day


@dataclass
class Visits(Rows):
    """One row per patient, day and treatment type, in that order: what is done for one type in one session."""

    patient: Ints
    day: Ints
    treatment_type: Ints
    position: Ints  # 0 for the first of the patient's of this type
    is_touch_up: Flags
    touched_up_after: Ints  # days until the touch-up, NEVER where there is none
    pattern: Ints
    product_step: Ints
    plan: Ints


@dataclass
class _Habits(Rows):
    """One row per patient and treatment type they come for."""

    patient: Ints
    treatment_type: Ints
    product_step: Ints
    interval: Ints
    plan: Ints
    existing: Flags
    start: Ints  # the day of the first visit


@dataclass
class _Courses(Rows):
    """One row per course: the treatment of one type, which a touch-up may follow."""

    habit: Ints
    day: Ints
    position: Ints


def draw_visits(draw: Draw, patients: Patients) -> Visits:
    """Every visit of every patient within the period."""
    habits = _habits(draw, patients)
    courses = _courses(draw, habits)
    count = len(courses)
    kind = habits.treatment_type[courses.habit]
    day = _joined_to_toxin(draw, habits.patient[courses.habit], kind, courses.day)

    touched_up = draw.chance(_TOUCH_UP[kind], count)
    touch_up_day = open_day(day + np.where(touched_up, draw.pick_by(_TOUCH_UP_DAYS, kind), NEVER))
    touched_up_after = np.where(touch_up_day <= LAST_DAY, touch_up_day - day, NEVER)

    usual, other = draw.pick_by(PATTERNS, habits.treatment_type)[courses.habit], draw.pick_by(PATTERNS, kind)
    pattern = np.where(draw.chance(parameters.PATTERN_CHANGES, count), other, usual)
    product_step = np.where(
        draw.chance(parameters.PRODUCT_CHANGES, count), draw.steps(count), habits.product_step[courses.habit]
    )
    visits = Visits(
        patient=habits.patient[courses.habit],
        day=day,
        treatment_type=kind,
        position=courses.position,
        is_touch_up=np.zeros(count, dtype=np.bool_),
        touched_up_after=touched_up_after,
        pattern=pattern,
        product_step=product_step,
        plan=habits.plan[courses.habit],
    )
    touch_ups = visits.at(touched_up_after < NEVER)
    touch_ups.day = touch_ups.day + touch_ups.touched_up_after
    touch_ups.is_touch_up = ~touch_ups.is_touch_up
    touch_ups.touched_up_after = np.full(len(touch_ups), NEVER)
    visits = Visits.joined([visits, touch_ups])
    return visits.at(np.lexsort((visits.treatment_type, visits.day, visits.patient)))


def _habits(draw: Draw, patients: Patients) -> _Habits:
    patient, place = members(PROFILE_LENGTH[patients.profile])
    count = len(patient)
    kind = PROFILE_TYPES[PROFILE_START[patients.profile][patient] + place]
    product_step = draw.steps(count)
    interval = _USUAL[kind] * draw.pick_by(_BETWEEN, kind) // 1000
    long_lasting = PRODUCTS[kind, 0, product_step] == PRODUCT[parameters.LONG_LASTING_PRODUCT]
    interval = np.where(long_lasting, interval * parameters.LONG_LASTING_FACTOR // 1000, interval)
    often = draw.chance(parameters.OFTEN_SHARE, len(patients))[patient]
    interval = np.where(often, interval * parameters.OFTEN_FACTOR // 1000, interval)
    step = np.maximum(_PLAN_STEP[kind], 1)
    plan = (interval * draw.pick(_PLANS, count) // 1000 + step // 2) // step * step
    plan = np.where((_PLAN_STEP[kind] > 0) & (plan > 0), plan, -1)
    plan = draw.recorded("planned_interval_days", plan)

    existing = draw.chance(parameters.EXISTING_SHARE, len(patients))[patient] & ~IS_SURGICAL[kind]
    entry = draw.below(LAST_DAY + 1, len(patients))[patient]
    at_once = draw.chance(parameters.SAME_DAY_START, count) | (place == 0)
    later = np.where(at_once, 0, draw.below(parameters.LATER_START_DAYS, count))
    rest_of_interval = draw.steps(count) * interval // STEPS
    return _Habits(
        patient=patient,
        treatment_type=kind,
        product_step=product_step,
        interval=interval,
        plan=plan,
        existing=existing,
        start=open_day(np.where(existing, rest_of_interval + later // 3, entry + later)),
    )


def _courses(draw: Draw, habits: _Habits) -> _Courses:
    """The courses of each patient and type, until they leave or the period ends."""
    habit = np.flatnonzero(habits.start <= LAST_DAY)
    day = habits.start[habit]
    rounds: list[_Courses] = []
    while len(habit):
        position = len(rounds)
        rounds.append(_Courses(habit, day, np.full_like(habit, position)))
        kind = habits.treatment_type[habit]
        leaves = _LEAVES[kind, min(position, 3)] * np.where(habits.existing[habit], parameters.EXISTING_LEAVES, 1.0)
        growth = 1000 + _GROWTH[kind] * min(position, parameters.GROWS_UNTIL)
        gap = habits.interval[habit] * draw.pick_by(_WITHIN, kind) // 1000 * growth // 1000
        day = open_day(day + np.maximum(gap, _SHORTEST[kind]))
        stays = (day <= LAST_DAY) & ~draw.chance(leaves, len(habit))
        habit, day = habit[stays], day[stays]
    return _Courses.joined(rounds)


def _joined_to_toxin(draw: Draw, patient: Ints, kind: Ints, day: Ints) -> Ints:
    """The same days, some of other types moved to a toxin session nearby: one journey for both."""
    key = patient * _DAYS + day
    toxin = np.sort(key[kind == NEUROMODULATOR])
    after = np.minimum(np.searchsorted(toxin, key), len(toxin) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(toxin[after] - key) < np.abs(toxin[before] - key), toxin[after], toxin[before])
    within = np.where(kind == SKINCARE, parameters.SKINCARE_JOINS_WITHIN, parameters.JOINS_WITHIN)
    near = (np.abs(nearest - key) <= within) & (nearest // _DAYS == patient)
    movable = near & (kind != NEUROMODULATOR) & ~IS_SURGICAL[kind]
    return np.where(draw.chance(parameters.JOINS_TOXIN, len(key)) & movable, nearest % _DAYS, day)
