"""What is done: treatment types, areas, products and their lots, techniques, doses, indications. Shares are assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# fmt: off
TYPES: tuple[str, ...] = (
    "neuromodulator", "dermal_filler", "skincare", "jawline_contouring",
    "fat_transfer", "rhinoplasty", "chin_augmentation",
)
SURGICAL: tuple[str, ...] = ("fat_transfer", "rhinoplasty", "chin_augmentation")

AREAS: tuple[str, ...] = (
    "glabella", "forehead", "lateral_canthal", "brow", "temple", "tear_trough", "cheek", "nasolabial",
    "perioral", "lips", "chin", "jawline", "masseter", "neck", "nose", "full_face",
)
SIDES: tuple[str, ...] = ("left", "right", "both", "midline")
TECHNIQUES: tuple[str, ...] = (
    "needle", "cannula", "surgical", "surgical (open)", "surgical (closed)", "topical", "microneedling", "light",
)
INDICATIONS: tuple[str, ...] = ("lines", "volume", "asymmetry", "harmony", "texture", "contour", "function")

# Areas of one session, as "area:side" per treatment record; "one" is the patient's weaker side.
PATTERNS: Mapping[str, tuple[tuple[float, str], ...]] = {
    "neuromodulator": (
        (30, "glabella:midline"),
        (17, "glabella:midline forehead:both"),
        ( 9, "glabella:midline lateral_canthal:both"),
        (17, "glabella:midline forehead:both lateral_canthal:both"),
        ( 2, "glabella:midline lateral_canthal:left lateral_canthal:right"),
        ( 7, "lateral_canthal:both"),
        ( 4, "forehead:both"),
        ( 5, "masseter:both"),
        ( 2, "masseter:one"),
        ( 2, "brow:one glabella:midline"),
        ( 3, "chin:midline"),
        ( 2, "neck:both"),
        ( 3, "perioral:midline"),
    ),
    "dermal_filler": (
        (31, "lips:both"),
        ( 4, "lips:both perioral:both"),
        (13, "cheek:both"),
        ( 6, "cheek:left cheek:right"),
        (12, "nasolabial:both"),
        ( 3, "nasolabial:left nasolabial:right"),
        ( 8, "cheek:both nasolabial:both"),
        ( 8, "tear_trough:both"),
        ( 3, "tear_trough:left tear_trough:right"),
        ( 3, "cheek:both tear_trough:both"),
        ( 2, "cheek:one"),
        ( 3, "temple:both"),
        ( 2, "nose:midline"),
        ( 2, "cheek:both nasolabial:both lips:both"),
    ),
    "skincare": ((82, "full_face:both"), (8, "full_face:both neck:both"), (6, "neck:both"), (4, "cheek:both")),
    "jawline_contouring": (
        (48, "jawline:both"),
        (22, "jawline:left jawline:right"),
        (22, "jawline:both chin:midline"),
        ( 8, "jawline:one"),
    ),
    "fat_transfer": (
        (35, "cheek:both"),
        (20, "cheek:both tear_trough:both"),
        (15, "temple:both"),
        (15, "cheek:both nasolabial:both"),
        (15, "cheek:one"),
    ),
    "rhinoplasty": ((100, "nose:midline"),),
    "chin_augmentation": ((100, "chin:midline"),),
}


@dataclass(frozen=True)
class Product:
    """A product: the first letters of its lots ('' has no lots), the days a lot is in use, the factor on doses."""

    name: str
    lot_prefix: str = ""
    lot_days: int = 60
    dose_factor: float = 1.0


PRODUCTS: tuple[Product, ...] = (
    Product("onabotulinumtoxinA",        "C",   55),
    Product("abobotulinumtoxinA",        "A",   70, 2.5),
    Product("incobotulinumtoxinA",       "X",   80),
    Product("prabotulinumtoxinA",        "P",   90),
    Product("daxibotulinumtoxinA",       "D",   85, 2.0),
    Product("HA filler, soft",           "HS",  60),
    Product("HA filler, medium",         "HM",  60),
    Product("HA filler, volumising",     "HV",  65),
    Product("CaHA filler",               "R",   95, 1.2),
    Product("glycolic acid peel",        "G",  120),
    Product("TCA peel",                  "T",  140),
    Product("microneedling device"),
    Product("pulsed light device"),
    Product("autologous fat"),
    Product("septal cartilage graft"),
    Product("costal cartilage graft"),
    Product("silicone implant",          "SI", 150),
    Product("HDPE implant",              "PE", 200),
    Product("ePTFE implant",             "PT", 200),
    Product("sliding genioplasty plate", "GP", 200),
)

# Shares of the products by type, or by "type/area" where an area has its own.
PRODUCT_SHARES: Mapping[str, Mapping[str, float]] = {
    "neuromodulator": {
        "onabotulinumtoxinA": 48, "abobotulinumtoxinA": 23, "incobotulinumtoxinA": 14,
        "prabotulinumtoxinA": 9, "daxibotulinumtoxinA": 6,
    },
    "dermal_filler":             {"HA filler, medium": 55, "HA filler, volumising": 30, "CaHA filler": 15},
    "dermal_filler/lips":        {"HA filler, soft": 72, "HA filler, medium": 28},
    "dermal_filler/perioral":    {"HA filler, soft": 80, "HA filler, medium": 20},
    "dermal_filler/tear_trough": {"HA filler, soft": 88, "HA filler, medium": 12},
    "dermal_filler/cheek":       {"HA filler, volumising": 74, "HA filler, medium": 12, "CaHA filler": 14},
    "dermal_filler/temple":      {"HA filler, volumising": 70, "CaHA filler": 30},
    "skincare": {"glycolic acid peel": 40, "TCA peel": 15, "microneedling device": 27, "pulsed light device": 18},
    "jawline_contouring":        {"HA filler, volumising": 64, "CaHA filler": 36},
    "fat_transfer":              {"autologous fat": 100},
    "rhinoplasty":               {"septal cartilage graft": 82, "costal cartilage graft": 18},
    "chin_augmentation": {
        "silicone implant": 60, "ePTFE implant": 14, "HDPE implant": 11, "sliding genioplasty plate": 15,
    },
}
LOT_OVERLAP = 0.15  # an older lot is still used up

# Techniques by type or "type/area"; a product that is a device has its own.
TECHNIQUE_SHARES: Mapping[str, Mapping[str, float]] = {
    "neuromodulator":            {"needle": 100},
    "dermal_filler":             {"needle": 65, "cannula": 35},
    "dermal_filler/lips":        {"needle": 86, "cannula": 14},
    "dermal_filler/perioral":    {"needle": 90, "cannula": 10},
    "dermal_filler/cheek":       {"needle": 46, "cannula": 54},
    "dermal_filler/tear_trough": {"needle": 30, "cannula": 70},
    "dermal_filler/nose":        {"needle": 70, "cannula": 30},
    "skincare":                  {"topical": 100},
    "jawline_contouring":        {"needle": 32, "cannula": 68},
    "fat_transfer":              {"cannula": 100},
    "rhinoplasty":               {"surgical (open)": 62, "surgical (closed)": 38},
    "chin_augmentation":         {"surgical": 100},
}
DEVICE_TECHNIQUES: Mapping[str, str] = {"microneedling device": "microneedling", "pulsed light device": "light"}

# Dose in tenths of the unit by "type" or "type/area", both sides together; a dose of 0 is not recorded.
DOSES: Mapping[str, int] = {
    "neuromodulator": 120,
    "neuromodulator/glabella": 200, "neuromodulator/forehead": 140, "neuromodulator/lateral_canthal": 240,
    "neuromodulator/brow": 40, "neuromodulator/masseter": 500, "neuromodulator/neck": 400,
    "neuromodulator/chin": 60, "neuromodulator/perioral": 50,
    "dermal_filler": 10,
    "dermal_filler/lips": 9, "dermal_filler/cheek": 18, "dermal_filler/nasolabial": 13,
    "dermal_filler/tear_trough": 8, "dermal_filler/temple": 16, "dermal_filler/nose": 6,
    "skincare": 30, "jawline_contouring": 30, "fat_transfer": 200, "rhinoplasty": 0, "chin_augmentation": 0,
}
DOSE_STEPS: Mapping[str, int] = {"neuromodulator": 10, "skincare": 5, "fat_transfer": 10}  # tenths; the others 1
DOSE_UNITS: Mapping[str, str] = {"neuromodulator": "U"}  # the others mL
DOSE_SPREAD = 0.18
TOUCH_UP_DOSE = 400  # thousandths of the dose

INDICATION_SHARES: Mapping[str, Mapping[str, float]] = {
    "neuromodulator":     {"lines": 90, "harmony": 6, "contour": 4},
    "dermal_filler":      {"volume": 62, "lines": 22, "harmony": 16},
    "skincare":           {"texture": 88, "lines": 12},
    "jawline_contouring": {"contour": 70, "harmony": 24, "volume": 6},
    "fat_transfer":       {"volume": 82, "harmony": 18},
    "rhinoplasty":        {"harmony": 70, "function": 30},
    "chin_augmentation":  {"harmony": 72, "contour": 28},
}
# fmt: on
ASYMMETRY_MARKED = 25  # tenths from which asymmetry may be the indication
ASYMMETRY_INDICATION = 0.55
ASYMMETRY_LATER = 880  # thousandths of the asymmetry that are left when the patient comes again


def lot_code(product: int, lot: int) -> str:
    """The code of a product's lot, both counted from 0: letters, a rising number, a year letter."""
    made = PRODUCTS[product]
    year = "KLMNP"[min(lot * made.lot_days // 365, 4)]
    return f"{made.lot_prefix}{4100 + 37 * product + 61 * lot + 29 * lot * (product + 3) % 53}{year}{lot % 9 + 1}"
