"""How it turns out: improvement, satisfaction, asymmetry, what is corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# fmt: off
# Share improved (GAIS 1..3) at a contact before day 30, 120, 210, 330 and later.
# published: toxin responders at day 150 43 % (PMC9632938); lip filler 97 % at week 8, 74 % at week 24, cheek filler
# 92.8 % at 6 months, 79.0 % at 24; fat transfer satisfaction 81 %. Others assumed.
IMPROVED_UNTIL: tuple[int, ...] = (30, 120, 210, 330)
IMPROVED: Mapping[str, tuple[float, float, float, float, float]] = {
    "neuromodulator":     (0.96, 0.86, 0.43, 0.15, 0.10),
    "dermal_filler":      (0.97, 0.96, 0.84, 0.76, 0.62),
    "skincare":           (0.72, 0.76, 0.66, 0.55, 0.50),
    "jawline_contouring": (0.95, 0.95, 0.90, 0.82, 0.72),
    "fat_transfer":       (0.90, 0.90, 0.86, 0.81, 0.78),
    "rhinoplasty":        (0.86, 0.91, 0.92, 0.92, 0.91),
    "chin_augmentation":  (0.90, 0.93, 0.93, 0.92, 0.92),
}
GAIS_OF_IMPROVED: tuple[float, float, float] = (0.34, 0.40, 0.26)  # shares of GAIS 1..3
GAIS_OF_NOT_IMPROVED: tuple[float, float] = (0.86, 0.14)  # of GAIS 4 and 5

# Of the baseline asymmetry, the thousandths that remain on these days (straight lines between).
# published: nasolabial WSRS 3.23 before, 1.79, 2.02, 2.46 at month 1, 6, 12 (PMC8481177): 35, 46 and 65 % of the
# excess over 1 remain, taken for filler; 41.6 % of a fat graft is retained at 13.9 months. Others assumed.
ASYMMETRY_REMAINS: Mapping[str, Sequence[tuple[int, int]]] = {
    "neuromodulator":     ((0,  900), (14, 420), (60, 450), (120, 720), (180, 930), (300, 1000)),
    "dermal_filler":      ((0,  460), (30, 354), (180, 457), (365, 655), (600, 900)),
    "skincare":           ((0, 1000), (60, 960), (400, 1000)),
    "jawline_contouring": ((0,  480), (30, 380), (180, 440), (400, 640), (700, 900)),
    "fat_transfer":       ((0,  620), (30, 420), (120, 500), (420, 620), (800, 660)),
    "rhinoplasty":        ((0,  700), (30, 450), (180, 300), (800, 290)),
    "chin_augmentation":  ((0,  650), (30, 430), (180, 330), (800, 330)),
}
ASYMMETRY_SPREAD = 0.18  # of what remains, log scale

SATISFIED_BY_GAIS: tuple[tuple[float, ...], ...] = (  # shares of satisfaction 1..5 for GAIS 1..5
    ( 0.5,  1.0,  4.5, 24.0, 70.0),
    ( 0.7,  2.3,  9.0, 46.0, 42.0),
    ( 1.5,  5.5, 24.0, 51.0, 18.0),
    ( 9.0, 29.0, 42.0, 16.0,  4.0),
    (44.0, 36.0, 15.0,  4.0,  1.0),
)
GOAL_BY_GAIS: tuple[float, ...] = (0.95, 0.86, 0.62, 0.16, 0.04)
ADJUSTED_BY_GAIS: tuple[float, ...] = (0.01, 0.02, 0.05, 0.20, 0.30)
OVERCORRECTED: Mapping[str, float] = {
    "neuromodulator": 0.025, "dermal_filler": 0.035, "skincare": 0.0, "jawline_contouring": 0.03,
    "fat_transfer": 0.05, "rhinoplasty": 0.02, "chin_augmentation": 0.03,
}
# fmt: on
OVERCORRECTED_NOT_IMPROVED = 3.0  # the factor where GAIS is 4 or 5

BOTHERED = 0.5  # a side effect that is still there costs a point of satisfaction
GAIS_LEANS, SATISFACTION_LEANS = 0.7, 0.5  # how often an answer is the one the whole session has
TOO_EARLY = 7  # days before which nobody says whether the goal was met
