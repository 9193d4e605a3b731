"""What can be done, as codes: the place of each name in its list, and tables by treatment type and area."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from data.sampling.drawing.lookup import named_share_table, share_table
from data.sampling.drawing.rows import Ints, starts
from data.sampling.parameters import treatments as parameters

Value = TypeVar("Value")


def codes(names: Sequence[str]) -> dict[str, int]:
    """The place of each name."""
    return {name: code for code, name in enumerate(names)}


TYPE = codes(parameters.TYPES)
AREA = codes(parameters.AREAS)
PRODUCT = codes([product.name for product in parameters.PRODUCTS])
TECHNIQUE = codes(parameters.TECHNIQUES)
INDICATION = codes(parameters.INDICATIONS)

NEUROMODULATOR, SKINCARE = TYPE["neuromodulator"], TYPE["skincare"]
IS_SURGICAL = np.array([name in parameters.SURGICAL for name in parameters.TYPES])

# Patterns, those of all types in one list: the pattern of a step by type, and the areas and sides of a pattern,
# which follow one another from its start.
_ALL_PATTERNS = [pattern.split() for name in parameters.TYPES for _, pattern in parameters.PATTERNS[name]]
_ALL_PLACES = [place.split(":") for pattern in _ALL_PATTERNS for place in pattern]
_PATTERNS_OF_TYPE = np.array([len(parameters.PATTERNS[name]) for name in parameters.TYPES])
PATTERNS = starts(_PATTERNS_OF_TYPE)[:, None] + np.stack(
    [share_table([share for share, _ in parameters.PATTERNS[name]]) for name in parameters.TYPES]
)
PATTERN_LENGTH = np.array([len(pattern) for pattern in _ALL_PATTERNS])
PATTERN_START = starts(PATTERN_LENGTH)
WEAKER_SIDE = len(parameters.SIDES)  # stands for the side that is the patient's weaker one
PLACE_AREA = np.array([AREA[area] for area, _ in _ALL_PLACES])
PLACE_SIDE = np.array([(*parameters.SIDES, "one").index(side) for _, side in _ALL_PLACES])


def _by_type_and_area(table: Mapping[str, Value], entry: Callable[[Value], Ints | int]) -> Ints:
    """The entry of every treatment type and area; that of the type alone where the area has none of its own."""
    return np.array(
        [[entry(table.get(f"{kind}/{area}", table[kind])) for area in parameters.AREAS] for kind in parameters.TYPES]
    )


PRODUCTS = _by_type_and_area(parameters.PRODUCT_SHARES, lambda shares: named_share_table(shares, PRODUCT))
TECHNIQUES = _by_type_and_area(parameters.TECHNIQUE_SHARES, lambda shares: named_share_table(shares, TECHNIQUE))
DEVICE_TECHNIQUE = np.array(  # of a product, -1 where it is no device
    [TECHNIQUE.get(parameters.DEVICE_TECHNIQUES.get(product, ""), -1) for product in PRODUCT]
)
INDICATIONS = np.stack([named_share_table(parameters.INDICATION_SHARES[name], INDICATION) for name in TYPE])

DOSE = _by_type_and_area(parameters.DOSES, lambda tenths: tenths)
DOSE_STEP = np.array([parameters.DOSE_STEPS.get(name, 1) for name in TYPE])
DOSE_FACTOR = np.array([round(1000 * product.dose_factor) for product in parameters.PRODUCTS])  # thousandths

# The code of a lot is its product's times LOTS_PER_PRODUCT plus its number.
LOTS_PER_PRODUCT = 64
LOT_DAYS = np.array([product.lot_days for product in parameters.PRODUCTS])
HAS_LOTS = np.array([product.lot_prefix != "" for product in parameters.PRODUCTS])
