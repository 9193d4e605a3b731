"""What goes wrong, whether or not anybody hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.sampling.drawing.catalogue import AREA, LOTS_PER_PRODUCT, PRODUCT, TECHNIQUE, TYPE, codes
from data.sampling.drawing.lookup import day_table, share_table
from data.sampling.drawing.patients import Patients
from data.sampling.drawing.period import LAST_DAY, NEVER
from data.sampling.drawing.random import Draw
from data.sampling.drawing.rows import Chances, Flags, Ints, Rows
from data.sampling.drawing.treatments import Records, Sessions
from data.sampling.parameters import side_effects as parameters
from data.sampling.parameters.patients import SKIN_SHARES, SUN_SHARES
from data.sampling.parameters.practice import SIDE_EFFECT_FACTOR

EFFECT = codes(list(dict.fromkeys(effect.name for effects in parameters.EFFECTS.values() for effect in effects)))

_DARK_SKIN, _HIGH_SUN = codes(list(SKIN_SHARES))["IV"], codes(list(SUN_SHARES))["high"]
_MILD, _SEVERE = (parameters.SEVERITIES.index(severity) for severity in ("mild", "severe"))
_PRACTITIONER_FACTOR = np.array(SIDE_EFFECT_FACTOR)
_SEEKS = np.array(parameters.SEEKS_BY_SEVERITY)
_SEVERITY_HEALING = np.array(parameters.SEVERITY_HEALING)
_ODD_LOT = PRODUCT[parameters.ODD_LOT_PRODUCT] * LOTS_PER_PRODUCT + parameters.ODD_LOT_NUMBER


@dataclass
class SideEffects(Rows):
    """One row per side effect that happened; its days count from the session."""

    record: Ints
    effect: Ints
    severity: Ints
    onset: Ints
    end: Ints  # NEVER where it lasts
    serious: Flags
    comes_in: Ints  # the day the patient comes in because of it, NEVER for most


def draw_side_effects(draw: Draw, patients: Patients, sessions: Sessions, records: Records) -> SideEffects:
    """The side effects of the records that begin within the period, in the order of the records."""
    found: list[SideEffects] = []
    for treatment_type, effects in parameters.EFFECTS.items():
        rows = np.flatnonzero(records.treatment_type == TYPE[treatment_type])
        of_type = records.at(rows)
        for effect in effects:
            hit = draw.chance(_chances(effect, patients, of_type), len(rows))
            found.append(_course(draw, effect, patients, sessions, records, rows[hit]))
    side_effects = SideEffects.joined(found)
    side_effects = side_effects.at(np.lexsort((side_effects.onset, side_effects.record)))
    return side_effects.at(records.day[side_effects.record] + side_effects.onset <= LAST_DAY)


def _course(
    draw: Draw, effect: parameters.Effect, patients: Patients, sessions: Sessions, records: Records, rows: Ints
) -> SideEffects:
    """How an effect goes in the records that have it."""
    count = len(rows)
    severity = draw.pick(share_table([*effect.severities, 1 - sum(effect.severities)]), count)
    onset = draw.pick(day_table(effect.onset), count)
    lasts = draw.pick(day_table(effect.duration), count) * _SEVERITY_HEALING[severity]
    smokes = patients.smoker[records.patient[rows]] == 1
    lasts = lasts * np.where(smokes, parameters.SMOKER_HEALING, 1000) // 1000
    lasts = lasts * np.where(sessions.aftercare[records.session[rows]], parameters.AFTERCARE_HEALING, 1000)
    end = np.where(draw.chance(effect.lasting, count), NEVER, onset + (lasts + 500_000) // 1_000_000)
    seeks = draw.chance(np.maximum(_SEEKS[severity], effect.seeks), count)
    comes_in = onset + draw.below(5, count) + (severity < _SEVERE)
    serious = draw.chance(np.where(severity == _MILD, effect.serious / 4, effect.serious), count)
    return SideEffects(
        record=rows,
        effect=np.full(count, EFFECT[effect.name]),
        severity=severity,
        onset=onset,
        end=end,
        serious=serious | (effect.serious >= 1),
        comes_in=np.where(seeks, np.maximum(comes_in, 1), NEVER),
    )


def _chances(effect: parameters.Effect, patients: Patients, records: Records) -> Chances:
    """The chance of an effect for each of these records."""
    if isinstance(effect.chance, Mapping):
        chances = np.zeros(len(records))
        for name, chance in effect.chance.items():
            chances[_with(name, records)] = chance
    else:
        chances = np.full(len(records), effect.chance)
    for name, factor in effect.factors.items():
        chances[_with(name, records)] *= factor
    if effect.frailty:
        chances = chances * patients.frailty[records.patient] / 1000
    if effect.name in parameters.DIFFERS_BY_PRACTITIONER:
        chances *= _PRACTITIONER_FACTOR[records.practitioner % len(_PRACTITIONER_FACTOR)]
    if effect.name in parameters.ODD_LOT_EFFECTS:
        chances[records.lot == _ODD_LOT] *= parameters.ODD_LOT_FACTOR
    if effect.name == "infection":
        chances[patients.smoker[records.patient] == 1] *= parameters.SMOKER_INFECTION
    dark = patients.skin_type[records.patient] >= _DARK_SKIN
    if effect.name == "hyperpigmentation":
        chances[dark] *= parameters.DARK_SKIN_PIGMENT
        chances[patients.sun_exposure[records.patient] == _HIGH_SUN] *= parameters.HIGH_SUN_PIGMENT
    if effect.name == "redness":
        chances[dark] *= parameters.DARK_SKIN_REDNESS
    return np.minimum(chances, parameters.MOST_LIKELY)


def _with(name: str, records: Records) -> Flags:
    """Which records have the area, product or technique of that name; KeyError where there is none."""
    matches: Flags
    if name in AREA:
        matches = records.area == AREA[name]
    elif name in PRODUCT:
        matches = records.product == PRODUCT[name]
    else:
        matches = records.technique == TECHNIQUE[name]
    return matches
