"""When patients come, and how long until they come again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.sampling.parameters import Days

EXISTING_SHARE = 0.16  # patients of before the period, whose next visit falls into it
EXISTING_LEAVES = 0.6  # the factor on their chances to leave
SAME_DAY_START = 0.35  # a second treatment type begins on the day of the first visit
LATER_START_DAYS = 420  # else within so many days
OFTEN_SHARE, OFTEN_FACTOR = 0.03, 600  # patients who come at three fifths (thousandths) of the usual interval
PLAN_SPREAD = 0.10  # of the planned around the patient's own interval, log scale
GROWS_UNTIL = 24  # sessions over which intervals grow

PATTERN_CHANGES = 0.25  # other areas than the patient's usual
PRODUCT_CHANGES = 0.15  # another product than the patient's usual

# A visit for another type within so many days of a toxin session is put off or brought forward to it. assumed.
JOINS_TOXIN, JOINS_WITHIN, SKINCARE_JOINS_WITHIN = 0.75, 28, 5


_TOXIN_TOUCH_UP = Days(17, 0.15, 13, 24)


@dataclass(frozen=True)
class Return:
    """How the patients of a treatment type return.

    `usual` and `shortest` are days; `between` and `within` are spreads on the log scale; `leaves` is the chance
    never to return after the first, second, third and every later session; a plan is a multiple of `plan_step`,
    and 0 where there is none; `growth` is by how many thousandths each interval exceeds the one before.
    """

    usual: int
    shortest: int
    between: float
    within: float
    leaves: tuple[float, float, float, float]
    plan_step: int = 0
    touch_up: float = 0.0
    touch_up_days: Days = _TOXIN_TOUCH_UP
    growth: int = 0


# fmt: off
RETURNS: Mapping[str, Return] = {
    # published: Carruthers 2015, mean 129 (glabella) and 136 (crow's feet) days, first interval, 176 and 209 by the
    # 22nd; median 3 treatments a year (PMID 33944905); label minimum 90 days, which a few undercut.
    "neuromodulator":     Return(128,  60, 0.20, 0.16, (0.30, 0.18, 0.14, 0.12), 15, 0.12, growth=14),
    # published: Medicina 2025;61:25, longevity of HA 6-18 months, CaHA up to 18.
    "dermal_filler":      Return(320, 100, 0.26, 0.20, (0.30, 0.18, 0.12, 0.10), 30, 0.09, Days(22, 0.22, 14, 38)),
    "skincare":           Return( 41,  14, 0.16, 0.16, (0.26, 0.22, 0.20, 0.18),  7),  # assumed
    "jawline_contouring": Return(380, 120, 0.22, 0.18, (0.35, 0.20, 0.15, 0.12), 30, 0.08, Days(25, 0.20, 14, 40)),
    # published: volume retained at 13.9 months 41.6 % (review of 2018): some repeat.
    "fat_transfer":       Return(230, 120, 0.20, 0.15, (0.85, 0.95, 1.0, 1.0)),
    # published: Crosara 2017, reoperation 2.7 % open, 1.6 % closed.
    "rhinoplasty":        Return(400, 240, 0.20, 0.10, (0.978, 1.0, 1.0, 1.0)),
    "chin_augmentation":  Return(400, 240, 0.20, 0.10, (0.985, 1.0, 1.0, 1.0)),  # assumed, as is jawline_contouring
}
# fmt: on
LONG_LASTING_PRODUCT = "daxibotulinumtoxinA"
LONG_LASTING_FACTOR = 1200  # thousandths; published: daxi median 23.9 weeks to loss of effect; dearer, so less
