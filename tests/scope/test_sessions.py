"""Sessions of twelve clinics at once: whatever they ask, and however they name the others, nobody is told of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import queries
from dashboard.cli import main
from dashboard.filters import VALUE_FILTERS, FilterError, Filters
from dashboard.sandbox.asking import OFFERED, NotAnswered, ask
from dashboard.store import MEASURES, OF_ONE_PATIENT, RECORDS, Scope, Store, options_of
from tests.conftest import SnapshotOf
from tests.scope.clinics import CLINICS, MARK, PATIENT, of_clinics

ANSWERS = 10_000
AT_ONCE = 12
TABLES = tuple(name for name in RECORDS if name not in OF_ONE_PATIENT)


@pytest.fixture(scope="module")
def stores(snapshot_of: SnapshotOf) -> dict[str, Store]:
    whole = snapshot_of(of_clinics())
    return {clinic: Store(whole.generation, scope=Scope(clinics=(clinic,))) for clinic in CLINICS}


PATIENTS = {
    clinic: {row["patient_id"] for row in of_clinics().treatments if row["clinic"] == clinic} for clinic in CLINICS
}
VALUES = {
    name: sorted({str(row[name]) for row in rows if row.get(name)})
    for rows, names in (
        (of_clinics().treatments, ("product", "lot", "area", "technique", "practitioner", "clinic", "indication")),
        (of_clinics().side_effects, ("effect",)),
    )
    for name in names
}


def leaks(clinic: str, told: str) -> list[str]:
    """What an answer says of others: their marks, and patients who never came to the clinic."""
    return [mark for mark in MARK.findall(told) if mark != clinic] + [
        patient for patient in PATIENT.findall(told) if patient not in PATIENTS[clinic]
    ]


def everything_in(rows: pd.DataFrame) -> str:
    """All that a frame holds, the lists of values of its columns too."""
    lists = [list(rows[name].cat.categories) for name in rows if isinstance(rows[name].dtype, pd.CategoricalDtype)]
    return f"{rows.to_numpy().tolist()} {lists}"


def of_others(clinic: str, draw: random.Random) -> Filters:
    """A selection that names, by two columns, whatever occurs in any clinic, or does not restrict at all."""
    chosen: dict[str, Any] = {}
    for name in draw.sample(sorted(VALUES), draw.choice((0, 1, 1, 2))):
        chosen[name] = tuple(draw.sample(VALUES[name], min(3, len(VALUES[name]))))
    return Filters(**chosen)


def a_measure(store: Store, clinic: str, draw: random.Random) -> str:
    name = draw.choice(MEASURES)
    quickly = {"limits": "none"} if "limits" in options_of(name) else {}
    by = tuple(draw.sample(queries.groups_of(name), draw.choice((0, 1))))
    return everything_in(store.measure(name, of_others(clinic, draw), by, **quickly))


def records(store: Store, clinic: str, draw: random.Random) -> str:
    name = draw.choice(TABLES)
    return everything_in(store.records(name, of_others(clinic, draw), limit=draw.choice((None, 5))))


def a_search(store: Store, clinic: str, draw: random.Random) -> str:
    found = store.records("treatments", search=draw.choice(CLINICS), limit=20)
    return f"{everything_in(found)} {store.patients_found(draw.choice(('', 'pat', 'pat-1', 'PAT-2')))}"


def a_patient(store: Store, clinic: str, draw: random.Random) -> str:
    patient_id = draw.choice(sorted(PATIENTS[draw.choice(CLINICS)]))
    try:
        told = store.records(draw.choice(OF_ONE_PATIENT), patient_id=patient_id)
    except FilterError as refused:
        # In the very words in which it is said of nobody's id.
        assert str(refused) == f"there is no patient {patient_id!r}"
        assert patient_id not in PATIENTS[clinic]
        return ""
    assert patient_id in PATIENTS[clinic]
    return everything_in(told)


def values(store: Store, clinic: str, draw: random.Random) -> str:
    return f"{store.values(draw.choice(VALUE_FILTERS))} {store.treatment_types}"


def counts(store: Store, clinic: str, draw: random.Random) -> str:
    filters = of_others(clinic, draw)
    size = store.cohort_size(filters)
    records = [row for row in of_clinics().treatments if row["clinic"] == clinic]
    if not filters.effect:
        wanted = {name: getattr(filters, name) for name in VALUES if getattr(filters, name)}
        kept = [row for row in records if all((row.get(name) or "") in among for name, among in wanted.items())]
        assert size == (len(kept), len(records))
    return str(size)


def a_refusal(store: Store, clinic: str, draw: random.Random) -> str:
    """Of a value that another clinic has, in the same words as of one that nobody has."""
    name = draw.choice(sorted(VALUES))
    others = [value for value in VALUES[name] if clinic not in value]
    value = draw.choice(others)
    said = []
    for given in (value, "nobody's"):
        with pytest.raises(FilterError) as refused:
            store.check(Filters(**{name: given}))
        said.append(str(refused.value).replace(repr(given), "it"))
    assert said[0] == said[1]
    return said[0]


ASKED: tuple[tuple[Callable[[Store, str, random.Random], str], int], ...] = (
    (counts, 40),
    (values, 20),
    (a_patient, 12),
    (a_search, 10),
    (a_refusal, 4),
    (records, 10),
    (a_measure, 4),
)


def test_ten_thousand_answers_to_twelve_clinics_tell_of_no_other(stores: dict[str, Store]) -> None:
    def session(clinic: str) -> Counter[str]:
        draw, told = random.Random(clinic), Counter[str]()
        for ask_for in draw.choices(*zip(*ASKED, strict=True), k=ANSWERS // AT_ONCE + 1):
            answer = ask_for(stores[clinic], clinic, draw)
            found = leaks(clinic, answer)
            assert not found, (clinic, ask_for.__name__, found)
            told[ask_for.__name__] += 1
            told["of itself"] += clinic in answer
        return told

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = sum(pool.map(session, CLINICS), Counter[str]())
    assert sum(told[ask_for.__name__] for ask_for, _ in ASKED) >= ANSWERS
    assert told["of itself"] > ANSWERS / 4
