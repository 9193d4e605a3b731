"""The days after each session on which the patient is heard of."""

from __future__ import annotations

import numpy as np

from data.sampling.drawing.catalogue import SKINCARE, TYPE
from data.sampling.drawing.lookup import day_table
from data.sampling.drawing.patients import Patients
from data.sampling.drawing.period import LAST_DAY, NEVER, open_day
from data.sampling.drawing.random import Draw
from data.sampling.drawing.rows import Ints
from data.sampling.drawing.side_effects import SideEffects
from data.sampling.drawing.treatments import Records, Sessions
from data.sampling.parameters import contacts as parameters
from data.sampling.parameters.practice import FOLLOWS_UP

# The kinds of contact: four planned ones, the first by phone; then those that follow from something.
PHONE, TOUCH_UP, REVIEW, UNPLANNED, CHECK, LATE_CHECK = 0, 4, 5, 6, 7, 8
_KINDS = 9

_FOLLOWS_UP = np.array(FOLLOWS_UP)
_KEPT = np.array([[planned.chance for planned in parameters.PLANNED[name]] for name in TYPE])
_DAYS = np.array([[day_table(planned.day) for planned in parameters.PLANNED[name]] for name in TYPE])
_CHECK_DAYS, _LATE_CHECK_DAYS = day_table(parameters.CHECK_DAYS), day_table(parameters.LATE_CHECK_DAYS)


def draw_contacts(
    draw: Draw, patients: Patients, sessions: Sessions, records: Records, side_effects: SideEffects
) -> Ints:
    """The day of each contact, counted from the session, NEVER where there is none: sessions x kinds of contact."""
    count = len(sessions)
    session = records.session[side_effects.record]
    affected = np.bincount(session, minlength=count) > 0
    comes_in, until = np.full(count, NEVER), np.zeros(count, dtype=np.int64)
    np.minimum.at(comes_in, session, side_effects.comes_in)
    np.maximum.at(until, session, side_effects.end)

    readiness = _FOLLOWS_UP[sessions.practitioner % len(_FOLLOWS_UP)]
    keeps = readiness * patients.answers[sessions.patient]
    until_next = sessions.next_day - sessions.day
    contacts = np.full((count, _KINDS), NEVER)
    for kind in range(_KEPT.shape[1]):
        kept = np.minimum(_KEPT[sessions.leading_type, kind] * keeps, parameters.MOST_KEPT)
        comes_after_all = (1 - parameters.AFFECTED_MISS) * np.minimum(readiness, 1.0)
        kept = np.where(affected, 1 - (1 - kept) * (1 - comes_after_all), kept)
        day = draw.pick_by(_DAYS[:, kind], sessions.leading_type)
        contacts[:, kind] = np.where(draw.chance(kept, count) & (day < until_next), day, NEVER)
    seen = draw.chance(parameters.TOUCH_UP_SEEN, count)
    contacts[:, TOUCH_UP] = np.where(seen, sessions.touched_up_after, NEVER)
    reviewed = draw.chance(parameters.REVIEW_AT_NEXT_SESSION * keeps, count) & (sessions.leading_type == SKINCARE)
    contacts[:, REVIEW] = np.where(reviewed & (until_next < parameters.REVIEW_WITHIN), until_next, NEVER)

    taken_in = np.where(readiness < parameters.UNREADY, parameters.COMES_IN_UNREADY, parameters.COMES_IN)
    comes = draw.chance(taken_in, count) & (comes_in < NEVER)
    contacts[:, UNPLANNED] = np.where(comes, comes_in, NEVER)
    check = comes_in + draw.pick(_CHECK_DAYS, count)
    checked = comes & (until > comes_in) & draw.chance(parameters.CHECKED, count)
    contacts[:, CHECK] = np.where(checked, check, NEVER)
    check = comes_in + draw.pick(_LATE_CHECK_DAYS, count)
    checked = comes & (until > comes_in + parameters.LATE_CHECK_AFTER) & draw.chance(parameters.CHECKED_LATE, count)
    contacts[:, LATE_CHECK] = np.where(checked, check, NEVER)
    return _possible(sessions, contacts)


def _possible(sessions: Sessions, contacts: Ints) -> Ints:
    """The same contacts on open days within the period, one a day."""
    on = open_day(sessions.day[:, None] + contacts)
    contacts = np.where(on <= LAST_DAY, on - sessions.day[:, None], NEVER)
    for kind in range(1, _KINDS):
        again = (contacts[:, :kind] == contacts[:, kind, None]).any(axis=1)
        contacts[:, kind] = np.where(again, NEVER, contacts[:, kind])
    return contacts
