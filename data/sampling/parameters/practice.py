"""The period, the clinics and the practitioners. Assumed throughout; the names are made up."""

from __future__ import annotations

from datetime import date

FIRST_DAY = date(2022, 1, 1)
CUT_OFF = date(2025, 6, 30)

FEWEST_CLINICS, RECORDS_PER_CLINIC = 3, 100_000  # larger samples have more clinics, up to the names there are
EARLIER_CLINIC_SHARE = 0.4  # patients who go to the earlier of two clinics drawn: the first are the largest

# Per practitioner, cycling: the readiness to follow up, and the factor on side effects. Two of eleven hardly
# follow up (of the kind that makes published whole-practice rates run from 0.19 to 16 %). assumed.
FOLLOWS_UP: tuple[float, ...] = (1.08, 1.0, 0.22, 1.05, 1.12, 0.34, 0.96, 1.0, 1.04, 0.98, 0.92)
SIDE_EFFECT_FACTOR: tuple[float, ...] = (0.92, 1.0, 1.1, 1.0, 0.86, 1.05, 1.32, 1.0, 0.95, 1.02, 1.0)

# The first practitioner of a clinic operates, the last or the last but one does skincare; the others inject.
OTHER_INJECTOR_SHARE = 0.14  # sessions with another than the patient's regular practitioner
LAST_BUT_ONE_SKINCARE_SHARE = 0.25

# fmt: off
CLINIC_NAMES: tuple[str, ...] = (
    "Harbour Clinic", "Station Road Clinic", "Old Mill Clinic", "Lakeside Clinic", "Market Square Clinic",
    "North Gate Clinic", "Orchard Clinic", "Bridge Street Clinic", "Hillside Clinic", "Garden Court Clinic",
    "West Quay Clinic", "Chapel Lane Clinic", "Riverside Clinic", "Linden Avenue Clinic", "Southfield Clinic",
    "Castle Hill Clinic", "Meadow Clinic", "Lighthouse Clinic", "Park Row Clinic", "Willow Clinic",
    "East Pier Clinic", "Foundry Clinic", "Abbey Clinic", "Elm Street Clinic", "Ferry Road Clinic",
    "Granary Clinic", "Heath Clinic", "Ivy House Clinic", "Juniper Clinic", "Kingsway Clinic",
    "Laurel Clinic", "Maple Clinic", "New Square Clinic", "Oakfield Clinic", "Priory Clinic",
    "Queens Road Clinic", "Rosebank Clinic", "Spring Street Clinic", "Tower Clinic", "Upper Green Clinic",
)
PRACTITIONER_SURNAMES: tuple[str, ...] = (
    "Lindqvist", "Okafor", "Moreau", "Tanaka", "Bianchi", "Haddad", "Novak", "Ferreira", "Kaur", "Jansen", "Petrov",
    "Doyle", "Silva", "Nguyen", "Weber", "Costa", "Marin", "Ahmed", "Larsen", "Rossi", "Dubois", "Kowalski",
    "Mensah", "Virtanen", "Ortega", "Schmid", "Papas", "Brandt", "Horvat", "Yilmaz", "Sato", "Iversen", "Clarke",
)
# fmt: on
PRACTITIONER_INITIALS = "AROMESTBCDFGHIJKLNPUVWYZ"
