"""Who is seen again, and when. Assumed, so that some 55-70 % of the sessions are evaluable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.sampling.parameters import Days


@dataclass(frozen=True)
class Planned:
    """A planned contact: the chance that it is kept, and its day after the session."""

    chance: float
    day: Days


FourPlanned = tuple[Planned, Planned, Planned, Planned]

# fmt: off
_SKINCARE: FourPlanned = (
    Planned(0.16, Days( 3.0, 0.40, 1, 8)),   Planned(0.10, Days( 14.0, 0.20,   7,  24)),
    Planned(0.02, Days(30.0, 0.20, 20, 60)), Planned(0.00, Days( 90.0, 0.20,  70, 120)),
)
_TOXIN: FourPlanned = (
    Planned(0.10, Days( 4.0, 0.40, 1, 9)),    Planned(0.42, Days( 14.5, 0.13,   9,  24)),
    Planned(0.20, Days(90.0, 0.12, 60, 125)), Planned(0.04, Days(180.0, 0.10, 140, 240)),
)
_FILLER: FourPlanned = (
    Planned(0.18, Days( 3.0, 0.40, 1, 8)),    Planned(0.47, Days( 14.5, 0.15,   9,  26)),
    Planned(0.26, Days(92.0, 0.14, 60, 140)), Planned(0.16, Days(190.0, 0.12, 140, 280)),
)
_SURGERY: FourPlanned = (
    Planned(0.35, Days( 2.0, 0.40, 1, 5)),   Planned(0.80, Days(  8.0, 0.15,  6,  13)),
    Planned(0.72, Days(32.0, 0.15, 20, 50)), Planned(0.55, Days(180.0, 0.25, 90, 400)),
)
# fmt: on

# By the treatment type that leads the session: of several, the one that stands last here. The first of each four is
# by phone.
PLANNED: Mapping[str, FourPlanned] = {
    "skincare": _SKINCARE,
    "neuromodulator": _TOXIN,
    "dermal_filler": _FILLER,
    "jawline_contouring": _FILLER,
    "fat_transfer": _SURGERY,
    "rhinoplasty": _SURGERY,
    "chin_augmentation": _SURGERY,
}
MOST_KEPT = 0.97
AFFECTED_MISS = 0.62  # of those who would have stayed away, this share still does when a side effect was felt
TOUCH_UP_SEEN = 0.85
# Skincare is reviewed when the patient comes for the next one, if that is within so many days.
REVIEW_AT_NEXT_SESSION, REVIEW_WITHIN = 0.30, 80

# A patient who seeks help is seen and recorded, less often by a practitioner who hardly follows up; then, while it
# lasts, checked; and checked late where it lasts `LATE_CHECK_AFTER` days from the first time.
COMES_IN, COMES_IN_UNREADY, UNREADY = 0.9, 0.6, 0.5
CHECKED, CHECK_DAYS = 0.62, Days(12, 0.4, 5, 28)
CHECKED_LATE, LATE_CHECK_DAYS, LATE_CHECK_AFTER = 0.6, Days(60, 0.4, 30, 160), 28
