"""The calibrated numbers behind the synthetic sample, a module for each stage that uses them.

    practice.py      the period, the clinics, the practitioners
    patients.py      who comes
    visits.py        when they come, and come again
    treatments.py    what is done: areas, products, techniques, doses
    side_effects.py  what goes wrong, and for how long
    contacts.py      who is seen again, and when
    follow_ups.py    how it turns out
    recording.py     how much of it is written down

A comment that begins with "published:" names the row of the published figures (source, value) a number follows.
"assumed:" marks a number no published figure was found for. Chances are per treatment record. Where a published
figure counts patients or treatments that are asked systematically, the chance here lies a little below it: in
the sample, as in a practice, the affected come back more often, which lifts the rate among the evaluable.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCES: tuple[str, ...] = (
    "Green 2020 (SAKURA 3), Dermatol Surg 47(1):42, and the DAXXIFY label: adverse reactions to glabellar toxin",
    "Aesthet Surg J 2021;41:1409 and 41:1423 (prabotulinumtoxinA): ptosis, treatments in a year",
    "Carruthers 2015, Dermatol Surg 41:693: days between toxin treatments",
    "PMC9632938: responders to toxin at day 150",
    "J Oral Maxillofac Surg 2020 (PMID 32192924): age and sex of toxin patients",
    "Aesthetic Plast Surg 2021 (PMC8481177): swelling, bruising, tenderness, lumps after nasolabial filler; WSRS",
    "Randomised lip study of a small-gel-particle filler: swelling, bruising, severity, GAIS",
    "Few 2015 (PMC4482214), BMC Dermatol 2009;9:9: GAIS after cheek filler, duration of local reactions",
    "Beleznay 2015, Dermatol Surg 41:929, and Sadeghpour 2019: delayed nodules, onset, resolution",
    "Alam 2021 (PMC7774041): vascular occlusion by needle and by cannula",
    "Layliev 2017, Sharif-Askary 2020, Crosara 2017 (PMC5205520): rhinoplasty, complications and reoperation",
    "Groen 2017 (PMC5889440) and a facial fat grafting review of 2018: fat transfer",
    "PRS 2023;151:758e, a review of chin implants (39 articles), Int J Dent 2021 8134680: chin augmentation",
)


@dataclass(frozen=True)
class Days:
    """A log-normal number of days: its median and log-scale spread, cut to low..high."""

    median: float
    spread: float
    low: int
    high: int
