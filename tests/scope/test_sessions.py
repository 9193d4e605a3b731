"""Sessions of twelve clinics at once: whatever they ask, and however they name the others, nobody is told of them."""

from __future__ import annotations

import json
import os
import random
import zipfile
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

ANSWERS = 10_000 if os.environ.get("OUTCOMES_SCOPE") == "long" else 3_000
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
    quickly: dict[str, Any] = {"limits": "none"} if "limits" in options_of(name) else {}
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
    table = draw.choice(OF_ONE_PATIENT)
    if patient_id not in PATIENTS[clinic]:
        # In the very words in which it is said of nobody's id.
        with pytest.raises(FilterError, match=f"^there is no patient {patient_id!r}$"):
            store.records(table, patient_id=patient_id)
        return ""
    return everything_in(store.records(table, patient_id=patient_id))


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
            store.check(Filters.of([(name, given)]))
        said.append(str(refused.value).replace(repr(given), "it"))
    assert said[0] == said[1]
    return said[0]


ASKED: tuple[tuple[Callable[[Store, str, random.Random], str], int], ...] = (
    (counts, 50),
    (values, 20),
    (a_patient, 12),
    (a_search, 4),
    (a_refusal, 4),
    (records, 7),
    (a_measure, 3),
)


def test_answers_to_twelve_clinics_at_once_tell_of_no_other(stores: dict[str, Store]) -> None:
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


def test_sql_reads_no_row_of_another_clinic(stores: dict[str, Store]) -> None:
    clinic, store = CLINICS[4], stores[CLINICS[4]]
    every_row = " union all ".join(f"select '{name}', one::varchar from {name} as one" for name in OFFERED)
    told = str(ask(store, every_row).table.to_pylist())
    assert clinic in told
    assert not leaks(clinic, told)
    # Lists of values are read without a row.
    texts = [name for name, kind in store.columns("treatment_records") if kind == "ENUM"]
    lists = ", ".join(f"enum_range(null::treatment_records_{name}) as {name}" for name in texts)
    told = str(ask(store, "describe select * from treatment_records", is_checked=False).table.to_pylist())
    assert clinic in told
    assert not leaks(clinic, told)
    for sql in (f"select {lists}", "from snapshot_file.treatments", "from duckdb_types() select labels"):
        try:
            told = str(ask(store, sql, is_checked=False).table.to_pylist())
        except NotAnswered as refused:
            told = str(refused)
        assert not leaks(clinic, told)
    of_another = ask(store, "select count(*) as n from treatments where clinic = '<C01>' or product like '%<C02>'")
    assert of_another.table.to_pylist() == [{"n": 0}]


def test_a_child_process_writes_what_its_snapshot_holds(stores: dict[str, Store], tmp_path: Path) -> None:
    """A download that is made beside the pages is told where the extract is, and of nothing else."""
    clinic, place = CLINICS[7], tmp_path / "all.zip"
    snapshot = ["--snapshot", str(stores[clinic].generation.path)]
    names = ["treatments", "follow_ups", "side_effects", "patients", "recall_list", "imports", "side_effect_rates"]
    made = CliRunner().invoke(main, ["export", *names, *snapshot, "--format", "json", "--bundle", str(place)])
    assert made.exit_code == 0, made.output
    with zipfile.ZipFile(place) as archive:
        told = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sum(clinic in text for text in told.values()) >= 6
    for name, text in told.items():
        assert not leaks(clinic, text), name
    assert f"clinic {clinic}" in told["README.txt"]
    assert json.loads(told["manifest.json"])["snapshot"]["limited_to"] == f"only clinic {clinic}"
    refused = CliRunner().invoke(main, ["export", "treatments", *snapshot, "--where", "clinic=<C01>"])
    assert refused.exit_code == 2
    assert not leaks(clinic, refused.output.replace("'<C01>'", ""))
