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

import data
from dashboard.filters import Filters
from dashboard.pages import PAGES
from dashboard.store import Scope, open_snapshot
from dashboard.ui import cache
from tests.conftest import import_once
from tests.drawing import Exports, on, write_exports
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
            told = said(opened(page, patient_pseudonym=open_snapshot(pointer).pseudonym(stranger)))
            assert "The link leads to a patient who is not among those that you may see here" in told
            assert not PATIENT.findall(told)


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
    assert f"Single records: only clinic {clinic}, only practitioner {practitioner}" in told
    chosen = min(patients)
    told = sent(opened("patients", patient_pseudonym=open_snapshot(pointer).pseudonym(chosen)))
    assert set(PATIENT.findall(told)) == {chosen}
    assert f"Of what is recorded of this person, only clinic {clinic}, only practitioner {practitioner};" in told


def test_what_others_saved_is_not_offered_where_it_names_others(pointer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(pointer))
    mine, others = CLINICS[3:5]
    for name, clinic in (("Mine", mine), ("Of others", others)):
        data.save_view(pointer, name, "records", {"clinic": [clinic]})
    data.save_query(pointer, "Of others", f"select count(*) from treatments where clinic = '{others}'")
    told = sent(opened("sql"))
    assert "Saved views · 2" in told
    assert "Saved: Of others" in told
    for scope_of in ("figures_scope", "records_scope"):
        monkeypatch.setattr(cache, scope_of, lambda: Scope((mine,)))
    told = sent(opened("sql"))
    assert "Saved views · 1" in told
    assert "Mine" in told
    assert "Of others" not in told


def test_what_changed_in_single_records_is_of_those_that_one_may_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"treatment_id": f"T{n}", "patient_id": f"P{n}", "treated_on": on(n), "treatment_type": "skincare", "dose": 1.0}
        | {"clinic": "North" if n < 6 else "South", "practitioner": "A" if n % 2 else "B"}
        for n in range(12)
    ]
    for place, dose in enumerate((1.0, 2.0)):
        exports = Exports([{**row, "dose": dose} for row in rows])
        data.import_exports([write_exports(exports, tmp_path / f"{place}")], into=tmp_path / "it.json")
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(tmp_path / "it.json"))
    monkeypatch.setattr(cache, "figures_scope", lambda: Scope(("North",)))
    monkeypatch.setattr(cache, "records_scope", lambda: Scope(("North",), ("A",)))
    cache.look_again()
    kept = next(one for one in data.snapshots(tmp_path / "it.json") if not one.is_current)
    earlier = cache.kept_store(kept)
    for of_records, edited in ((False, 6), (True, 3)):
        counted = cache.change_counts(earlier, "record_changes", of_records)
        assert counted.to_dict("records") == [{"table": "treatments", "change": "edited", "records": edited}]
        listed = cache.changes(earlier, of_records).records_reader("changed_records").read_all().to_pandas()
        assert len(listed) == edited
        assert set(listed["record_id"]) == {f"T{n}" for n in range(6) if n % 2 or not of_records}
    assert cache.cohort_size(Filters()) == (6, 6)
    assert cache.record_count("treatments", Filters()) == 3
    cache.look_again()
