"""What goes wrong, for how long, what makes it likelier, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from data.sampling.parameters import Days

SEVERITIES: tuple[str, ...] = ("mild", "moderate", "severe")


@dataclass(frozen=True)
class Effect:
    """One side effect of one treatment type.

    `chance` is per treatment record, times the factor of its area, product or technique where one is given; or it
    is given by area or product, and the effect is not seen elsewhere. `frailty` says that the patient's own readiness
    counts; `lasting` is the share that never resolves; `severities` are the shares of mild and moderate; `serious`
    is the share of those that are not mild; `seeks` is the least chance to come in because of it.
    """

    name: str
    chance: float | Mapping[str, float]
    onset: Days
    duration: Days
    factors: Mapping[str, float] = field(default_factory=dict)
    frailty: bool = False
    lasting: float = 0.0
    severities: tuple[float, float] = (0.86, 0.13)
    serious: float = 0.0
    seeks: float = 0.0


_AT_ONCE = Days(0.45, 0.9, 0, 3)
_NEXT_DAYS = Days(1.0, 0.7, 0, 6)
# published: Voluma, mean duration of injection-site reactions 5.5 days (BMC Dermatol 2009), mostly <= 14 (PMC4482214).
_BRUISE = Days(6.6, 0.45, 1, 28)
_SWELLING = Days(4.2, 0.6, 1, 30)
# published: the ptosis of toxin begins on day 2-7 and lasts 3-6 weeks.
_PTOSIS_ONSET, _PTOSIS_LASTS = Days(4, 0.45, 2, 14), Days(30, 0.26, 12, 80)
# published: Beleznay 2015, delayed nodules: median onset 4 months, median time to resolution 6 weeks.
_NODULE_ONSET, _NODULE_LASTS = Days(120, 0.55, 20, 500), Days(42, 0.55, 10, 260)
_CANNULA = {"cannula": 0.55, "needle": 1.12}  # fewer bruises by cannula; assumed
# published: Alam 2021, 1 in 6,410 needle syringes, 1 in 40,882 cannula syringes.
_OCCLUSION_CHANCE, _OCCLUSION = 0.00016, {"needle": 1.0, "cannula": 0.157}
_OCCLUSION_ONSET, _OCCLUSION_LASTS = Days(0.5, 0.8, 0, 2), Days(14, 0.7, 2, 120)
_OCCLUSION_SEVERITIES = (0.0, 0.35)
_FILLER_SEVERITIES = (0.88, 0.11)

# fmt: off
EFFECTS: Mapping[str, tuple[Effect, ...]] = {
    "neuromodulator": (
        # published: DAXXIFY label, SAKURA 3: headache 5, injection-site pain 4, erythema 3, edema 3, bruising 1 % of
        # patients; crow's feet and masseter bruise more (assumed).
        Effect("headache",  0.023,  Days(1.0, 0.6, 0, 5), Days(1.6, 0.7, 0, 14)),
        Effect("pain",      0.019,  _AT_ONCE,             Days(1.6, 0.7, 0, 12)),
        Effect("redness",   0.0145, _AT_ONCE,             Days(1.1, 0.6, 0, 5), frailty=True),
        Effect("swelling",  0.014,  _AT_ONCE,             Days(1.8, 0.6, 0, 10), frailty=True),
        Effect("bruising",  0.009,  _AT_ONCE,             _BRUISE,
               {"lateral_canthal": 4.0, "masseter": 2.0, "forehead": 1.6}, frailty=True),
        # published: eyelid ptosis 0.9 % of treatments (Green 2020) to 2 % of patients (label), glabella.
        Effect("ptosis", {"glabella": 0.011, "forehead": 0.004, "brow": 0.008}, _PTOSIS_ONSET, _PTOSIS_LASTS,
               severities=(0.62, 0.33), seeks=0.55),
        # published: facial paresis 1 % of patients (DAXXIFY label), mostly of the lower face.
        Effect("facial_weakness", 0.001, Days(5, 0.4, 2, 14), Days(32, 0.35, 10, 100),
               {"perioral": 12, "masseter": 20, "chin": 14, "neck": 12}, severities=(0.7, 0.25), seeks=0.4),
        Effect("asymmetry", 0.009,  Days(7, 0.4, 3, 16),  Days(34, 0.5, 7, 110), seeks=0.45),  # assumed
    ),
    "dermal_filler": (
        # published: nasolabial fold (PMC8481177): swelling 34, bruising 29 %; lips: swelling 58, bruising 44 %, of
        # which 88 % mild, 11 % moderate. Tenderness 41 and lumpiness 43 % were asked for in diaries: a practice
        # hears of fewer.
        Effect("swelling",   0.36,  _AT_ONCE,             _SWELLING,
               {"lips": 2.05, "tear_trough": 1.1, "perioral": 1.2, "nose": 0.8},
               frailty=True, severities=_FILLER_SEVERITIES),
        Effect("bruising",   0.315, _AT_ONCE,             _BRUISE,
               {"lips": 1.55, "tear_trough": 1.35, "perioral": 1.2, "temple": 0.8, "nose": 0.6, **_CANNULA},
               frailty=True, severities=_FILLER_SEVERITIES),
        Effect("tenderness", 0.12,  _AT_ONCE,             Days(3.6, 0.6, 0, 21), frailty=True),
        Effect("lump",       0.08,  Days(3, 0.7, 0, 14),  Days(13, 0.55, 2, 90), frailty=True, severities=(0.9, 0.1)),
        Effect("redness",    0.06,  _AT_ONCE,             Days(1.8, 0.6, 0, 10), frailty=True),
        Effect("asymmetry",  0.022, Days(10, 0.5, 1, 30), Days(40, 0.6, 7, 250), lasting=0.04, seeks=0.4),
        # published: 0.5 % of treatments (Voluma, Beleznay 2015), 1.0 % of lip patients (Sadeghpour 2019).
        Effect("nodule",     0.005, _NODULE_ONSET,        _NODULE_LASTS,
               {"lips": 1.6}, lasting=0.02, severities=(0.55, 0.38), serious=0.03, seeks=0.7),
        Effect("infection", 0.0022, Days(4, 0.6, 1, 21),  Days(11, 0.45, 4, 45),
               severities=(0.35, 0.5), serious=0.15, seeks=0.85),
        Effect("vascular_occlusion", _OCCLUSION_CHANCE, _OCCLUSION_ONSET, _OCCLUSION_LASTS,
               {"nose": 4.0, **_OCCLUSION}, severities=_OCCLUSION_SEVERITIES, serious=1.0, seeks=1.0),
    ),
    # Jawline contouring is done with the same fillers, and is given the nasolabial figures.
    "jawline_contouring": (
        Effect("swelling",   0.31,  _AT_ONCE,             _SWELLING, frailty=True, severities=_FILLER_SEVERITIES),
        Effect("bruising",   0.29,  _AT_ONCE,             _BRUISE, _CANNULA,
               frailty=True, severities=_FILLER_SEVERITIES),
        Effect("tenderness", 0.14,  _AT_ONCE,             Days(4.5, 0.6, 0, 21), frailty=True),
        Effect("lump",       0.065, Days(4, 0.7, 0, 20),  Days(16, 0.55, 2, 110), frailty=True),
        Effect("asymmetry",  0.03,  Days(12, 0.5, 1, 30), Days(50, 0.6, 7, 280), lasting=0.05, seeks=0.4),
        Effect("nodule",     0.005, _NODULE_ONSET,        _NODULE_LASTS,
               lasting=0.02, severities=(0.55, 0.38), serious=0.03, seeks=0.7),
        Effect("vascular_occlusion", _OCCLUSION_CHANCE, _OCCLUSION_ONSET, _OCCLUSION_LASTS,
               _OCCLUSION, severities=_OCCLUSION_SEVERITIES, serious=1.0, seeks=1.0),
    ),
    # Skin treatments: assumed throughout; redness is what a peel does.
    "skincare": (
        Effect("redness",    0.24,  _AT_ONCE,             Days(2.6, 0.55, 0, 20),
               {"TCA peel": 1.5, "pulsed light device": 0.8}, frailty=True),
        Effect("swelling",   0.05,  _AT_ONCE,             Days(1.8, 0.6, 0, 10), {"TCA peel": 1.6}, frailty=True),
        Effect("itching",    0.05,  Days(2, 0.6, 0, 7),   Days(3, 0.6, 0, 20)),
        Effect("pain",       0.03,  _AT_ONCE,             Days(1.0, 0.6, 0, 6)),
        Effect("hyperpigmentation", 0.006, Days(21, 0.5, 5, 70), Days(95, 0.6, 20, 500),
               {"pulsed light device": 1.6, "TCA peel": 2.0}, lasting=0.04, severities=(0.7, 0.26), seeks=0.4),
        Effect("burn",       0.002, Days(0.5, 0.6, 0, 2), Days(12, 0.5, 3, 60),
               {"pulsed light device": 3.0, "microneedling device": 0.1},
               severities=(0.45, 0.45), serious=0.06, seeks=0.7),
    ),
    # published: Groen 2017: haematoma or ecchymosis 5, fat necrosis or oil cyst 2, irregularity 2, scar 2 % of
    # patients (any 6 %); asymmetry 1.62 % in the review of 2018. Swelling beyond the expected: assumed.
    "fat_transfer": (
        Effect("bruising",     0.026, _NEXT_DAYS,             Days(11, 0.4, 3, 40), frailty=True),
        Effect("hematoma",     0.010, _NEXT_DAYS,             Days(15, 0.45, 5, 60), severities=(0.4, 0.5), seeks=0.6),
        Effect("swelling",     0.012, _NEXT_DAYS,             Days(21, 0.5, 6, 120), frailty=True),
        Effect("nodule",       0.017, Days(60, 0.6, 14, 300), Days(150, 0.7, 30, 900),
               lasting=0.2, severities=(0.55, 0.4), seeks=0.5),
        Effect("irregularity", 0.018, Days(45, 0.5, 14, 200), Days(160, 0.6, 30, 900), lasting=0.3, seeks=0.4),
        Effect("scar",         0.017, Days(40, 0.4, 14, 120), Days(240, 0.5, 60, 900), lasting=0.4),
        Effect("asymmetry",    0.015, Days(40, 0.5, 7, 150),  Days(150, 0.5, 30, 700), lasting=0.3, seeks=0.4),
        Effect("infection",    0.004, Days(6, 0.5, 2, 30),    Days(14, 0.4, 6, 60),
               severities=(0.2, 0.6), serious=0.25, seeks=0.9),
    ),
    # published: CosmetAssure (Layliev 2017), 30 days: hematoma 0.2, infection 0.2 %; over 36 studies infection 0-4,
    # bleeding 0-4.1, revision 0-10.9 %: chances between them. Expected bruising, swelling, numbness: assumed.
    "rhinoplasty": (
        Effect("bruising",   0.26,  _NEXT_DAYS,             Days(11, 0.35, 4, 35), frailty=True),
        Effect("swelling",   0.22,  _NEXT_DAYS,             Days(38, 0.6, 7, 330), frailty=True),
        Effect("numbness",   0.06,  Days(2, 0.6, 0, 14),    Days(75, 0.7, 10, 700), lasting=0.05),
        Effect("asymmetry",  0.035, Days(70, 0.5, 14, 240), Days(260, 0.5, 60, 900), lasting=0.45, seeks=0.4),
        Effect("hematoma",   0.010, Days(1, 0.6, 0, 6),     Days(12, 0.4, 3, 40),
               severities=(0.3, 0.5), serious=0.25, seeks=0.8),
        Effect("infection",  0.008, Days(8, 0.5, 2, 35),    Days(14, 0.4, 6, 60),
               severities=(0.2, 0.6), serious=0.3, seeks=0.9),
        Effect("scar",       0.010, Days(50, 0.4, 20, 150), Days(250, 0.5, 60, 900), {"surgical (closed)": 0.1}),
    ),
    # published: any complication 15.7 % (implant), 19.7 % (osteotomy) (PRS 2023); paresthesia 0.4 % silicone, 20.1 %
    # HDPE, 3.2 % ePTFE; genioplasty: infection 3.4, hematoma 8.5, temporary numbness 6.8 % (Int J Dent 2021).
    "chin_augmentation": (
        Effect("numbness", {"silicone implant": 0.004, "HDPE implant": 0.19, "ePTFE implant": 0.032,
                            "sliding genioplasty plate": 0.066},
               Days(1, 0.6, 0, 10), Days(85, 0.7, 10, 800), lasting=0.1, seeks=0.3),
        Effect("swelling",   0.05,  _NEXT_DAYS,             Days(20, 0.5, 5, 120), frailty=True),
        Effect("bruising",   0.04,  _NEXT_DAYS,             Days(10, 0.35, 4, 35), frailty=True),
        Effect("hematoma",   0.012, Days(1, 0.6, 0, 6),     Days(13, 0.4, 4, 45),
               {"sliding genioplasty plate": 6.5}, severities=(0.3, 0.5), serious=0.15, seeks=0.8),
        Effect("infection",  0.022, Days(9, 0.6, 2, 60),    Days(16, 0.5, 6, 80),
               {"sliding genioplasty plate": 1.5}, severities=(0.2, 0.6), serious=0.3, seeks=0.9),
        Effect("asymmetry",  0.025, Days(50, 0.5, 10, 200), Days(240, 0.5, 60, 900), lasting=0.4, seeks=0.4),
    ),
}
# fmt: on
MOST_LIKELY = 0.95  # the bound of every chance

SMOKER_INFECTION, SMOKER_HEALING = 1.6, 1120  # assumed; a factor, and thousandths of the duration
AFTERCARE_HEALING = 880  # thousandths of the duration where aftercare was followed; assumed
DARK_SKIN_PIGMENT, HIGH_SUN_PIGMENT, DARK_SKIN_REDNESS = 3.0, 1.7, 0.75  # assumed
SEVERITY_HEALING: tuple[int, ...] = (950, 1250, 1600)  # thousandths of the duration
SEEKS_BY_SEVERITY: tuple[float, ...] = (0.06, 0.45, 0.92)  # assumed

DIFFERS_BY_PRACTITIONER: tuple[str, ...] = ("bruising", "swelling", "lump", "asymmetry", "ptosis")

# One lot that stands out, for the lot signals: the product, which of its lots, the factor, and on what.
ODD_LOT_PRODUCT, ODD_LOT_NUMBER, ODD_LOT_FACTOR = "HA filler, volumising", 13, 5.0
ODD_LOT_EFFECTS: tuple[str, ...] = ("lump", "nodule")

# What is done about a side effect, each of the four as often.
USUAL_ACTIONS: tuple[str, str, str, str] = ("none", "reassured", "reassured", "observed")
# fmt: off
ACTIONS: Mapping[str, tuple[str, str, str, str]] = {
    "bruising":           ("none", "cold compress", "arnica gel", "reassured"),
    "swelling":           ("none", "cold compress", "reassured", "antihistamine"),
    "headache":           ("none", "paracetamol", "paracetamol", "reassured"),
    "pain":               ("none", "paracetamol", "cold compress", "reassured"),
    "ptosis":             ("apraclonidine drops", "apraclonidine drops", "reassured", "observed"),
    "asymmetry":          ("adjusted", "adjusted", "observed", "reassured"),
    "lump":               ("massage", "massage", "observed", "hyaluronidase"),
    "nodule":             ("hyaluronidase", "steroid injection", "oral antibiotics", "observed"),
    "infection":          ("oral antibiotics", "oral antibiotics", "drainage", "referred"),
    "vascular_occlusion": ("hyaluronidase", "hyaluronidase", "hyaluronidase, aspirin", "referred"),
    "hematoma":           ("drainage", "compression", "observed", "observed"),
    "hyperpigmentation":  ("topical hydroquinone", "sun protection", "sun protection", "observed"),
    "burn":               ("emollient", "topical antibiotic", "observed", "emollient"),
    "redness":            ("none", "none", "emollient", "reassured"),
}
# fmt: on
