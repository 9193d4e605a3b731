"""The follow-ups: the contacts, and how it had turned out by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.sampling.drawing.catalogue import SKINCARE, TYPE
from data.sampling.drawing.contacts import PHONE
from data.sampling.drawing.histories import Histories
from data.sampling.drawing.lookup import factor_table, share_table
from data.sampling.drawing.period import LAST_DAY, NEVER
from data.sampling.drawing.random import Draw
from data.sampling.drawing.rows import Flags, Ints, Rows, members, starts
from data.sampling.parameters import follow_ups as parameters
from data.sampling.parameters.recording import FOLLOW_UP_OF_PATIENT
from data.sampling.recording.text import BOOLEANS, DATES, TENTHS, Columns, Ids, numbers, words


def _gais(improved: float) -> Ints:
    """GAIS 1..5, counted from 0, where this share is improved."""
    weights = [share * improved for share in parameters.GAIS_OF_IMPROVED]
    return share_table([*weights, *(share * (1 - improved) for share in parameters.GAIS_OF_NOT_IMPROVED)])


def _remains(knots: Sequence[tuple[int, int]]) -> Ints:
    """The thousandths of the baseline asymmetry that remain, by day after the session."""
    remains = []
    for day in range(LAST_DAY + 1):
        before = max(knot for knot in knots if knot[0] <= day)
        after = min((knot for knot in knots if knot[0] > day), default=(day + 1, before[1]))
        remains.append(before[1] + (after[1] - before[1]) * (day - before[0]) // (after[0] - before[0]))
    return np.array(remains)


_IMPROVED_UNTIL = np.array(parameters.IMPROVED_UNTIL)
_GAIS = np.array([[_gais(improved) for improved in parameters.IMPROVED[name]] for name in TYPE])
_NOT_IMPROVED = len(parameters.GAIS_OF_IMPROVED)  # from this GAIS, counted from 0
_SATISFACTION = np.stack([share_table(shares) for shares in parameters.SATISFIED_BY_GAIS])
_GOAL = np.array(parameters.GOAL_BY_GAIS)
_ADJUSTED = np.array(parameters.ADJUSTED_BY_GAIS)
_OVERCORRECTED = np.array([parameters.OVERCORRECTED[name] for name in TYPE])
_ASYMMETRY_REMAINS = np.stack([_remains(parameters.ASYMMETRY_REMAINS[name]) for name in TYPE])
_ASYMMETRY_FACTORS = factor_table(parameters.ASYMMETRY_SPREAD)


@dataclass
class _FollowUps(Rows):
    """One row per contact and treatment record, or per contact where the row names the patient."""

    session: Ints
    day: Ints  # from the session
    by_phone: Flags
    record: Ints  # -1 where the row names the patient
    patient: Ints  # -1 where the row names the treatment record
    treatment_type: Ints


def follow_up_columns(draw: Draw, ids: Ids, histories: Histories) -> Columns:
    """The columns of follow_ups.csv."""
    follow_ups = _follow_ups(draw, histories)
    return {
        "follow_up_id": ids.every("follow_ups", len(follow_ups)),
        "treatment_id": ids.of("treatments", follow_ups.record),
        "patient_id": ids.of("patients", follow_ups.patient),
        "followed_up_on": words(DATES, histories.sessions.day[follow_ups.session] + follow_ups.day),
        **_outcome_columns(draw, histories, follow_ups),
    }


def _follow_ups(draw: Draw, histories: Histories) -> _FollowUps:
    sessions, records = histories.sessions, histories.records
    session, kind = np.nonzero(histories.contacts < NEVER)
    day = histories.contacts[session, kind]
    order = np.lexsort((day, session))
    session, kind, day = session[order], kind[order], day[order]
    # Only the patient is named where that finds the session.
    by_patient = draw.chance(FOLLOW_UP_OF_PATIENT, len(session))
    by_patient &= sessions.day[session] + day < sessions.next_day[session]

    record_count = np.bincount(records.session, minlength=len(sessions))
    contact, place = members(np.where(by_patient, 1, record_count[session]))
    session, kind, day, by_patient = session[contact], kind[contact], day[contact], by_patient[contact]
    record = starts(record_count)[session] + place
    return _FollowUps(
        session=session,
        day=day,
        by_phone=kind == PHONE,
        record=np.where(by_patient, -1, record),
        patient=np.where(by_patient, sessions.patient[session], -1),
        treatment_type=np.where(by_patient, sessions.leading_type[session], records.treatment_type[record]),
    )


def _outcome_columns(draw: Draw, histories: Histories, follow_ups: _FollowUps) -> Columns:
    sessions, count = histories.sessions, len(follow_ups)
    session, day, kind = follow_ups.session, follow_ups.day, follow_ups.treatment_type

    period = np.searchsorted(_IMPROVED_UNTIL, day, side="right")
    gais = _GAIS[kind, period, _leaning_steps(draw, histories, follow_ups, parameters.GAIS_LEANS)]
    satisfaction = _SATISFACTION[gais, _leaning_steps(draw, histories, follow_ups, parameters.SATISFACTION_LEANS)]
    bothered = _has_side_effect(histories, follow_ups) & draw.chance(parameters.BOTHERED, count)
    satisfaction = np.maximum(satisfaction - bothered, 0)

    baseline = sessions.asymmetry[session]
    remains = _ASYMMETRY_REMAINS[kind, day] * draw.pick(_ASYMMETRY_FACTORS, count) // 1000
    asymmetry = baseline * remains // 1000 + draw.below(5, count) - 2
    asymmetry = np.where(kind == SKINCARE, baseline + draw.below(3, count) - 1, asymmetry)

    touched_up_after = sessions.touched_up_after[session]
    adjusted = draw.chance(_ADJUSTED[gais] * (kind != SKINCARE), count)
    adjusted |= (touched_up_after < NEVER) & (day <= touched_up_after) & ~follow_ups.by_phone
    likelier = np.where(gais >= _NOT_IMPROVED, parameters.OVERCORRECTED_NOT_IMPROVED, 1.0)
    overcorrected = draw.chance(likelier * _OVERCORRECTED[kind], count)
    goal_met = draw.chance(_GOAL[gais], count)

    asymmetry = draw.recorded("asymmetry", np.clip(asymmetry, 0, 100))
    goal = draw.recorded("goal_met", goal_met)
    over = draw.recorded("overcorrected", overcorrected)
    early, unseen = day < parameters.TOO_EARLY, follow_ups.by_phone
    return {
        "satisfaction": numbers(draw.recorded("satisfaction", satisfaction + 1)),
        "gais": numbers(np.where(unseen, -1, draw.recorded("gais", gais + 1))),
        "asymmetry": words(TENTHS, np.where(unseen, -1, asymmetry)),
        "goal_met": words(BOOLEANS, np.where(early, -1, goal)),
        "overcorrected": words(BOOLEANS, np.where(early | unseen, -1, over)),
        "adjusted": words(BOOLEANS, draw.recorded("adjusted", adjusted)),
        "aftercare_followed": words(BOOLEANS, draw.recorded("aftercare_followed", sessions.aftercare[session])),
    }


def _leaning_steps(draw: Draw, histories: Histories, follow_ups: _FollowUps, share: float) -> Ints:
    """Places in a look-up table, this share of them the same for the whole session: its outcomes hang together."""
    count = len(follow_ups)
    of_session = draw.steps(len(histories.sessions))[follow_ups.session]
    return np.where(draw.chance(share, count), of_session, draw.steps(count))


def _has_side_effect(histories: Histories, follow_ups: _FollowUps) -> Flags:
    """Whether a side effect of the session is still there, or is yet to come."""
    last_end = np.zeros(len(histories.sessions), dtype=np.int64)
    np.maximum.at(last_end, histories.records.session[histories.side_effects.record], histories.side_effects.end)
    there: Flags = last_end[follow_ups.session] > follow_ups.day
    return there
