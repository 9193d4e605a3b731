"""A practice's raw file as its system writes it: a title on top, totals at the end, German throughout. Synthetic."""

from __future__ import annotations

import random
from datetime import date, timedelta

SERVICES = ("Botox 20u", "Botox 3 Zonen", "Lippenfiller", "Hyaluron Wange 1ml", "HydraFacial", "B20", "Beratung")
AREAS = ("Stirn", "Glabella", "Lippen", "Wange", "Krähenfüße")
EFFECTS = ("Hämatom", "Schwellung", "Rötung")
HEADER = "Beleg-Nr.;Kunden-Nr;Name;Datum;Leistung;Zone;Einheiten;Behandler;Nebenwirkung;Beginn;Ende"
UNREADABLE = "31.02.2024"


def leistungen(rows: int = 160, seed: int = 1) -> bytes:
    """The file, in Windows-1252; one day in it does not exist."""
    draw = random.Random(seed)
    lines = ["Praxis Dr. Müller – Leistungsübersicht 2024", HEADER]
    for number in range(rows):
        day = date(2024, 1, 8) + timedelta(days=2 * number)
        service = draw.choice(SERVICES)
        dose = str(draw.choice((10, 20, 32))) if service.startswith("B") and service != "Beratung" else "0,55"
        effect, began, ended = "", "", ""
        if draw.random() < 0.25:
            effect, began = draw.choice(EFFECTS), f"{day + timedelta(days=1):%d.%m.%Y}"
            ended = f"{day + timedelta(days=draw.randrange(4, 12)):%d.%m.%Y}"
        cells = (
            f"L{10_000 + number}",
            f"K{draw.randrange(100, 160)}",
            draw.choice(("Anna Groß", "Jürgen Weiß")),
            UNREADABLE if number == 40 else f"{day:%d.%m.%Y}",
            "Botox 20u" if number == 40 else service,
            draw.choice(AREAS),
            dose,
            draw.choice(("Dr. Müller", "Fr. Jäger")),
            "" if number == 40 else effect,
            "" if number == 40 else began,
            "" if number == 40 else ended,
        )
        lines.append(";".join(cells))
    lines.append(f"Summe;;;;{rows} Leistungen;;;;;;")
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")
