"""A page, opened as whoever follows a link to it opens it, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard.store import open_snapshot
from tests.drawing import Exports, drawn, on, random_exports

Opened = Callable[..., AppTest]

ONE = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | neuromodulator")
MANY = random_exports(1)
EVIL = "![x](http://evil.example/x.png)"


def front_door(place: int) -> None:
    """The app with another page as its first: AppTest cannot follow a link to a page that is no file."""
    from dashboard.pages import PAGES
    from dashboard.ui.navigation import front_door

    front_door({"": (PAGES[place], *PAGES[:place], *PAGES[place + 1 :])})


def as_linked(query: dict[str, Any], pointer: Path) -> dict[str, Any]:
    """What stands in the address of a page that is asked for so: of a patient the pseudonym."""
    linked = dict(query)
    if patient_id := linked.pop("patient_id", None):
        linked["patient_pseudonym"] = open_snapshot(pointer).pseudonym(patient_id)
    return linked


def said(app: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = (app.title, app.markdown, app.caption, app.info, app.error, app.warning, app.header, app.subheader)
    return "\n".join(f"{getattr(element, 'title', '') or ''} {element.value}" for kind in kinds for element in kind)


def of_products(**patients: int) -> Exports:
    """So many patients per product: two sessions a year apart, a side effect of a day each, the first followed up."""
    people = [(product, f"{product}{i}") for product, n in patients.items() for i in range(n)]
    treatments = [
        {
            "treatment_id": f"{who}-{day}",
            "patient_id": who,
            "treated_on": on(day),
            "treatment_type": "skincare",
            "product": product,
        }
        for product, who in people
        for day in (0, 365)
    ]
    follow_ups = [{"treatment_id": f"{who}-0", "followed_up_on": on(14)} for _, who in people]
    side_effects = [
        {"treatment_id": f"{who}-0", "effect": "redness", "onset_on": on(0), "resolved_on": on(1 + i % 2)}
        for i, (_, who) in enumerate(people)
    ]
    return Exports(treatments, [], follow_ups, side_effects)
