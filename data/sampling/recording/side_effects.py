"""The side effects that somebody hears of, and what is known of their end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.sampling.drawing.histories import Histories
from data.sampling.drawing.period import LAST_DAY, NEVER
from data.sampling.drawing.random import Draw
from data.sampling.drawing.rows import Flags, Ints, Rows
from data.sampling.drawing.side_effects import EFFECT
from data.sampling.parameters import recording as parameters
from data.sampling.parameters.side_effects import ACTIONS, SEVERITIES, USUAL_ACTIONS
from data.sampling.parameters.treatments import AREAS
from data.sampling.recording.text import BOOLEANS, DATES, Columns, Ids, dates, vocabulary, words

_ACTION_WORDS = list(dict.fromkeys(word for four in (USUAL_ACTIONS, *ACTIONS.values()) for word in four))
_ACTIONS = np.array([[_ACTION_WORDS.index(word) for word in ACTIONS.get(name, USUAL_ACTIONS)] for name in EFFECT])
_ACTION = vocabulary(_ACTION_WORDS)
_EFFECT = vocabulary(list(EFFECT))
_SEVERITY = vocabulary(SEVERITIES)
_AREA = vocabulary(AREAS)
_MESSAGES = np.array(parameters.SIDE_EFFECT_BY_MESSAGE)


@dataclass
class _Reports(Rows):
    """One row per side effect; the days count from the first of the period."""

    record: Ints  # -1 where the row names the patient
    patient: Ints  # -1 where the row names the treatment record
    effect: Ints
    severity: Ints
    onset: Ints
    end: Ints
    end_known: Flags
    gone: Ints  # the contact by which it was gone
    gone_known: Flags
    present: Ints  # the last contact at which it was present
    present_known: Flags
    serious: Ints
    action: Ints
    area: Ints


def side_effect_columns(draw: Draw, ids: Ids, histories: Histories) -> Columns:
    """The columns of side_effects.csv."""
    reports = _reports(draw, histories)
    return {
        "side_effect_id": ids.every("side_effects", len(reports)),
        "treatment_id": ids.of("treatments", reports.record),
        "patient_id": ids.of("patients", reports.patient),
        "effect": words(_EFFECT, reports.effect),
        "severity": words(_SEVERITY, reports.severity),
        "onset_on": words(DATES, reports.onset),
        "resolved_on": dates(reports.end, reports.end_known),
        "resolved_by": dates(reports.gone, reports.gone_known),
        "last_present_on": dates(reports.present, reports.present_known),
        "serious": words(BOOLEANS, reports.serious),
        "action": words(_ACTION, reports.action),
        "area": words(_AREA, reports.area),
    }


def _reports(draw: Draw, histories: Histories) -> _Reports:
    sessions, records, side_effects = histories.sessions, histories.records, histories.side_effects
    count, record = len(side_effects), side_effects.record
    session = records.session[record]
    day = sessions.day[session]
    onset, end = side_effects.onset[:, None], side_effects.end[:, None]
    seen = histories.contacts[session]
    is_seen = seen < NEVER
    heard = draw.chance(parameters.SIDE_EFFECT_AT_CONTACT, count) & ((seen >= onset) & is_seen).any(axis=1)
    told = draw.chance(_MESSAGES[side_effects.severity], count)

    gone = np.where((seen >= end) & is_seen, seen, NEVER).min(axis=1)
    present = np.where((seen >= onset) & (seen < end) & is_seen, seen, -1).max(axis=1)
    end_known = (gone < NEVER) & draw.chance(parameters.DAY_KNOWN, count)
    ended = day + side_effects.end <= LAST_DAY
    end_known |= ~heard & told & ended & draw.chance(parameters.DAY_KNOWN_BY_MESSAGE, count)
    noted = draw.chance(parameters.PRESENCE_NOTED, count) & (present >= 0)

    # Only the patient is named where that finds the session, and the area where that finds the record.
    by_patient = draw.chance(parameters.SIDE_EFFECT_OF_PATIENT, count)
    by_patient &= day + side_effects.onset < sessions.next_day[session]
    without_area = by_patient & records.is_first[record] & draw.chance(parameters.SIDE_EFFECT_WITHOUT_AREA, count)
    by_patient &= records.names_its_area[record] | without_area

    action = _ACTIONS[side_effects.effect, draw.below(_ACTIONS.shape[1], count)]
    reports = _Reports(
        record=np.where(by_patient, -1, record),
        patient=np.where(by_patient, records.patient[record], -1),
        effect=side_effects.effect,
        severity=draw.recorded("severity", side_effects.severity),
        onset=day + side_effects.onset,
        end=day + side_effects.end,
        end_known=end_known,
        gone=day + gone,
        gone_known=(gone < NEVER) & ~end_known,
        serious=draw.recorded("serious", side_effects.serious),
        action=draw.recorded("action", action),
        area=np.where(by_patient & ~without_area, records.area[record], -1),
        present=day + present,
        present_known=noted & ~(end_known & (draw.below(2, count) == 0)),
    )
    return reports.at(heard | told)
