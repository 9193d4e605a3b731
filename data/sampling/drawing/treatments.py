"""Sessions, and their treatment records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.sampling.drawing import catalogue
from data.sampling.drawing.catalogue import IS_SURGICAL, SKINCARE, TYPE
from data.sampling.drawing.lookup import STEPS, factor_table
from data.sampling.drawing.patients import Patients
from data.sampling.drawing.period import NEVER
from data.sampling.drawing.practice import Practice
from data.sampling.drawing.random import Draw
from data.sampling.drawing.rows import Flags, Ints, Rows, members
from data.sampling.drawing.visits import Visits
from data.sampling.parameters import treatments as parameters
from data.sampling.parameters.contacts import PLANNED
from data.sampling.parameters.practice import LAST_BUT_ONE_SKINCARE_SHARE, OTHER_INJECTOR_SHARE
from data.sampling.parameters.recording import NOT_RECORDED

_DOSE_FACTORS = factor_table(parameters.DOSE_SPREAD)
_BY_RANK = np.array([TYPE[name] for name in PLANNED])  # the treatment types, the last leads
_RANK = np.argsort(_BY_RANK)


@dataclass
class Sessions(Rows):
    """One row per patient and day."""

    patient: Ints
    day: Ints
    next_day: Ints  # of the patient's next session, NEVER where there is none
    leading_type: Ints  # the treatment type that decides the contacts
    practitioner: Ints  # of the first treatment record
    asymmetry: Ints  # before treatment, tenths of a point
    aftercare: Flags
    touched_up_after: Ints


@dataclass
class Records(Rows):
    """One row per treatment record; -1 where there is none of it."""

    session: Ints
    patient: Ints
    day: Ints
    treatment_type: Ints
    product: Ints
    lot: Ints
    area: Ints
    area_recorded: Flags
    side: Ints
    dose: Ints  # tenths
    technique: Ints
    practitioner: Ints
    indication: Ints
    plan: Ints
    names_its_area: Flags  # the only record of its session with its area
    is_first: Flags  # of its session


def draw_treatments(draw: Draw, practice: Practice, patients: Patients, visits: Visits) -> tuple[Sessions, Records]:
    """The sessions that the visits make up, and what is done in each."""
    opens = (np.diff(visits.patient, prepend=-1) != 0) | (np.diff(visits.day, prepend=-1) != 0)
    session = np.cumsum(opens) - 1
    first_visits = np.flatnonzero(opens)
    practitioner = _practitioners(draw, practice, patients, visits, session, first_visits)
    sessions = _sessions(draw, patients, visits, practitioner, first_visits)
    return sessions, _records(draw, patients, visits, practitioner, session, sessions)


def _practitioners(
    draw: Draw, practice: Practice, patients: Patients, visits: Visits, session: Ints, first_visits: Ints
) -> Ints:
    """The practitioner of each visit."""
    patient = visits.patient[first_visits]
    count = len(patient)
    clinic = patients.clinic[patient]
    size = practice.practitioner_count[clinic]
    regular, other = patients.regular[patient] * size // STEPS, draw.steps(count) * size // STEPS
    injects = np.where(draw.chance(OTHER_INJECTOR_SHARE, count), other, regular)
    does_skincare = size - 1 - draw.chance(LAST_BUT_ONE_SKINCARE_SHARE, count)
    kind = visits.treatment_type
    place = np.where(kind == SKINCARE, does_skincare[session], injects[session])
    practitioner: Ints = practice.first_practitioner[clinic][session] + np.where(IS_SURGICAL[kind], 0, place)
    return practitioner


def _sessions(draw: Draw, patients: Patients, visits: Visits, practitioner: Ints, first_visits: Ints) -> Sessions:
    patient, day = visits.patient[first_visits], visits.day[first_visits]
    count = len(patient)
    next_day = np.where(np.append(patient[1:], -1) == patient, np.append(day[1:], NEVER), NEVER)
    comes_again = np.maximum.reduceat(visits.position, first_visits) > 0
    asymmetry = patients.asymmetry[patient] * np.where(comes_again, parameters.ASYMMETRY_LATER, 1000) // 1000
    asymmetry = asymmetry + draw.below(7, count) - 3
    return Sessions(
        patient=patient,
        day=day,
        next_day=next_day,
        leading_type=_BY_RANK[np.maximum.reduceat(_RANK[visits.treatment_type], first_visits)],
        practitioner=practitioner[first_visits],
        asymmetry=np.clip(asymmetry, 0, 100),
        aftercare=draw.chance(patients.follows_aftercare[patient], count),
        touched_up_after=np.minimum.reduceat(visits.touched_up_after, first_visits),
    )


def _records(
    draw: Draw, patients: Patients, visits: Visits, practitioner: Ints, session: Ints, sessions: Sessions
) -> Records:
    """The treatment records of the visits: one for each place of the pattern, a touch-up has one."""
    visit, place = members(np.where(visits.is_touch_up, 1, catalogue.PATTERN_LENGTH[visits.pattern]))
    count = len(visit)
    practitioner, session, visits = practitioner[visit], session[visit], visits.at(visit)
    kind = visits.treatment_type
    place = catalogue.PATTERN_START[visits.pattern] + place
    area, side = catalogue.PLACE_AREA[place], catalogue.PLACE_SIDE[place]
    side = np.where(side == catalogue.WEAKER_SIDE, patients.weaker_side[visits.patient], side)
    product = catalogue.PRODUCTS[kind, area, visits.product_step]
    lot = _lots(draw, visits.day, product)
    technique = draw.pick_by(catalogue.TECHNIQUES, kind, area)
    device_technique = catalogue.DEVICE_TECHNIQUE[product]
    dose = _doses(draw, visits, area, side, product)
    asymmetric = sessions.asymmetry >= parameters.ASYMMETRY_MARKED
    asymmetric = asymmetric & draw.chance(parameters.ASYMMETRY_INDICATION, len(sessions))
    indication = np.where(
        asymmetric[session] & (kind != SKINCARE),
        catalogue.INDICATION["asymmetry"],
        draw.pick_by(catalogue.INDICATIONS, kind),
    )
    area_recorded = ~draw.chance(NOT_RECORDED["area"], count)
    _, group, times = np.unique(session * len(catalogue.AREA) + area, return_inverse=True, return_counts=True)
    return Records(
        session=session,
        patient=visits.patient,
        day=visits.day,
        treatment_type=kind,
        product=product,
        lot=lot,
        area=area,
        area_recorded=area_recorded,
        side=side,
        dose=dose,
        technique=np.where(device_technique >= 0, device_technique, technique),
        practitioner=practitioner,
        indication=indication,
        plan=visits.plan,
        names_its_area=area_recorded & (times[group] == 1),
        is_first=np.diff(session, prepend=-1) != 0,
    )


def _lots(draw: Draw, day: Ints, product: Ints) -> Ints:
    """The lot in use on the day, or the one before; the products' lots do not change on the same days."""
    number = (day + 17 * product) // catalogue.LOT_DAYS[product]
    number = np.maximum(number - draw.chance(parameters.LOT_OVERLAP, len(product)), 0)
    return np.where(catalogue.HAS_LOTS[product], product * catalogue.LOTS_PER_PRODUCT + number, -1)


def _doses(draw: Draw, visits: Visits, area: Ints, side: Ints, product: Ints) -> Ints:
    """Tenths, half for one side of two, in the steps of the treatment type."""
    usual = catalogue.DOSE[visits.treatment_type, area]
    dose = usual * catalogue.DOSE_FACTOR[product] // 1000
    dose = dose * draw.pick(_DOSE_FACTORS, len(dose)) // 1000
    dose = np.where(side < 2, dose // 2, dose)
    dose = np.where(visits.is_touch_up, dose * parameters.TOUCH_UP_DOSE // 1000, dose)
    step = catalogue.DOSE_STEP[visits.treatment_type]
    dose = np.maximum((dose + step // 2) // step * step, step)
    return np.where(usual > 0, dose, -1)
