"""Pages as several people with other scopes see them, one after the other in one process that remembers answers."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages import PAGES
from dashboard.store import Scope
from dashboard.ui import cache
from tests.conftest import import_once
from tests.pages.opening import front_door, said
from tests.scope.clinics import CLINICS, MARK, PATIENT, of_clinics
from tests.scope.test_sessions import PATIENTS, leaks


@pytest.fixture(scope="module")
def pointer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scopes")
    import_once(of_clinics(), folder)
    return folder / "outcomes.json"


@pytest.fixture(autouse=True)
def main_stays_what_it_was() -> Iterator[None]:
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def opened(page: str, **query: str) -> AppTest:
    place = [module.URL_PATH for module in PAGES].index(page)
    app = AppTest.from_function(front_door, default_timeout=60, kwargs={"place": place})
    for parameter, value in query.items():
        app.query_params[parameter] = value
    app.run()
    assert not app.exception
    assert not app.error
    return app


def sent(app: AppTest) -> str:
    """All that the browser is sent: words, charts, tables, and what can be chosen."""

    def protos(node: Any) -> Iterator[str]:
        yield str(getattr(node, "proto", ""))
        for child in getattr(node, "children", {}).values():
            yield from protos(child)

    # Tables are sent as bytes, which are written in octal digits where they are no letters.
    return html.unescape(re.sub(r"\\[0-7]{3}", " ", "\n".join(protos(app._tree))).replace("\\", ""))


@pytest.mark.parametrize("page", ["records", "patients", "watch"])
def test_a_page_sends_nothing_of_other_clinics(page: str, pointer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(pointer))
    assert len(set(MARK.findall(sent(opened(page))))) == len(CLINICS)
    for clinic in CLINICS[3:5]:
        scope = Scope(clinics=(clinic,))
        monkeypatch.setattr(cache, "figures_scope", lambda scope=scope: scope)
        monkeypatch.setattr(cache, "records_scope", lambda scope=scope: scope)
        app = opened(page)
        told = sent(app)
        assert clinic in MARK.findall(told)
        assert not leaks(clinic, told)
        if page == "patients":
            assert PATIENT.findall(told)
            stranger = min(PATIENTS[CLINICS[0]] - PATIENTS[clinic])
            told = said(opened(page, patient_id=stranger))
            assert f"No patient's id contains {stranger}" in told.replace("\\", "")


def test_a_clinician_sees_own_patients_and_the_figures_of_all(pointer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records are cut further than figures; a bundle with records in it is made of the former."""
    clinic, practitioner = CLINICS[3], f"P1 {CLINICS[3]}"
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(pointer))
    monkeypatch.setattr(cache, "figures_scope", lambda: Scope((clinic,)))
    monkeypatch.setattr(cache, "records_scope", lambda: Scope((clinic,), (practitioner,)))
    treatments = [row for row in of_clinics().treatments if row["clinic"] == clinic]
    own = [row for row in treatments if row["practitioner"] == practitioner]
    assert 0 < len(own) < len(treatments)
    app = opened("records")
    told = said(app).replace("\\", "").replace("**", "")
    assert f"{len(treatments)} of {len(treatments)} treatment records" in told
    assert f"{len(own)} of {len(own)} rows" in told
    patients = {row["patient_id"] for row in own}
    assert set(PATIENT.findall(sent(opened("patients")))) <= patients
