"""Who comes: the treatment types they come for, age, sex, skin, habits, traits. Assumed where nothing is published."""

from __future__ import annotations

from collections.abc import Mapping

from data.sampling.parameters import Days

# fmt: off
# The treatment types a patient comes for, the first being the reason of the first visit. assumed.
PROFILES: tuple[tuple[float, tuple[str, ...]], ...] = (
    (25.0, ("neuromodulator",)),
    (24.0, ("dermal_filler",)),
    (13.0, ("neuromodulator", "dermal_filler")),
    ( 5.0, ("dermal_filler", "neuromodulator")),
    ( 8.5, ("skincare",)),
    ( 2.0, ("neuromodulator", "skincare")),
    ( 1.5, ("neuromodulator", "dermal_filler", "skincare")),
    ( 5.5, ("rhinoplasty",)),
    ( 0.5, ("rhinoplasty", "chin_augmentation")),
    ( 3.5, ("chin_augmentation",)),
    ( 4.5, ("jawline_contouring",)),
    ( 1.5, ("neuromodulator", "jawline_contouring")),
    ( 2.0, ("dermal_filler", "jawline_contouring")),
    ( 3.5, ("fat_transfer",)),
    ( 1.0, ("fat_transfer", "neuromodulator")),
)
# fmt: on

# published: PMID 32192924, cosmetic toxin reports: mean age 48.4, SD 11.2, 95 % women. A practice's own are younger.
AGE_MEAN, AGE_SPREAD, AGE_LOW, AGE_HIGH = 45.0, 11.2, 19, 79
AGE_YOUNGER_FOR_SURGERY = 12  # assumed
SEX_SHARES: Mapping[str, float] = {"female": 91.0, "male": 8.4, "other": 0.6}
SEX_SHARES_SURGERY: Mapping[str, float] = {"female": 76.0, "male": 23.4, "other": 0.6}
SKIN_SHARES: Mapping[str, float] = {"I": 8.0, "II": 28.0, "III": 32.0, "IV": 17.0, "V": 10.0, "VI": 5.0}
SMOKER_SHARE = 0.16
SUN_SHARES: Mapping[str, float] = {"low": 35.0, "moderate": 45.0, "high": 20.0}

ASYMMETRY_TRAIT = Days(13, 0.75, 0, 90)  # baseline asymmetry, tenths of a point
FRAILTY_SPREAD, FRAILTY_HIGHEST = 0.85, 4000  # log-normal with mean 1; thousandths

# The factor on planned contacts: of most patients, and of the share who hardly ever answer. assumed.
ANSWERS, SILENT_SHARE, SILENT_ANSWERS = 1.1, 0.14, 0.15
# The share who follow aftercare as a rule, and how often they do, and the others. assumed.
AFTERCARE_SHARE, AFTERCARE_USUALLY, AFTERCARE_RARELY = 0.74, 0.93, 0.2
