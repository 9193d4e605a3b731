"""How long the three headline measures take, asked of the store, against a bare scan of the columns that they need.

Asked is what pages ask: side-effect rates, the curve and summary of time to resolution, and those of maintenance
intervals, by treatment type, without limits that arrive later. The floor is one select with the same predicate that
sums every number which these read, and no more: of the treatment records that the filters leave, and of all side
effects. In each run the period ends on another day after the last record, so that nothing is remembered, and the
figures stored with the snapshot are not used; `stored` asks for exactly those: of everything, and of the last 12 months
up to the last day of treatment, one of the periods that the filter panel offers. All are asked in one process, with all
processors; the snapshot is open and was read before, as on a server.
"""

from __future__ import annotations

import datetime
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import duckdb

from dashboard.filters import Filters
from dashboard.periods import last_months
from dashboard.store import Store, open_snapshot
from data import current
from tests.benchmarks.findings import Cell, Figure, Findings, Growing, Table, interleaved, ratio_of, size_in_words
from tests.benchmarks.samples import Samples

HEADLINES = {
    "side-effect rates": ("side_effect_rates",),
    "time to resolution": ("time_to_resolution", "time_to_resolution_summary"),
    "maintenance intervals": ("maintenance_intervals", "maintenance_summary"),
}
BY = ("treatment_type",)
PAGE = tuple(measure for measures in HEADLINES.values() for measure in measures)
TWELVE_MONTHS, TWO_YEARS = datetime.date(2024, 7, 1), datetime.date(2023, 7, 1)
"""First days, of exports that end in June 2025, as the synthetic ones do."""
TYPES = ("dermal_filler", "neuromodulator", "skincare")
CLINIC = "Harbour Clinic"
SELECTIONS = {
    "everything": Filters(),
    "last 12 months": Filters(treated_from=TWELVE_MONTHS),
    "2 years": Filters(treated_from=TWO_YEARS),
    "2 years, 3 types, 1 clinic": Filters(treated_from=TWO_YEARS, treatment_type=TYPES, clinic=(CLINIC,)),
}
OFFERED = {"everything": 0, "last 12 months": 12}
"""Selections that the filter panel offers: so many months up to the last day of treatment, or all time."""
STORED = "all three, stored"
NEVER = datetime.date(2100, 1, 1)
"""After the last record of every sample."""
RUNS = {100_000: 15, 1_000_000: 9}
FEW_RUNS = 5
INDEPENDENT = 1.5
"""Ten times as many records, or a hundred: so many times as long at most, to call it independent of their number."""
CLIENTS, ASKED_BY_EACH = 8, 12
FLOOR = """
    select *
    from (
        select
            sum(enum_code(treatment_type)), sum(patient_no), sum(session_no), sum(treatment_no), sum(days_observed),
            sum(is_evaluable::integer), sum(course_no), sum(series_no), sum(interval_days), sum(is_returned::integer)
        from treatment_records
        where {predicate}
    ), (
        select sum(treatment_no), sum(enum_code(effect)), sum(onset_days), sum(left_day), sum(right_day)
        from side_effect_observations
    )
"""


def days() -> Iterator[datetime.date]:
    """Days after the last record, none of them twice."""
    return (NEVER + datetime.timedelta(days=number) for number in itertools.count())


def predicate(filters: Filters, until: datetime.date) -> str:
    """The filters as a bare condition."""
    lists = {"treatment_type": filters.treatment_type, "clinic": filters.clinic}
    conditions = [f"treated_on <= date '{until}'"]
    conditions += [f"treated_on >= date '{filters.treated_from}'"] if filters.treated_from else []
    conditions += [f"{name} in ({', '.join(map(repr, values))})" for name, values in lists.items() if values]
    return " and ".join(conditions)


def offered(store: Store, months: int) -> Filters:
    """The period of so many months as the filter panel chooses it."""
    if not months or not store.period:
        return Filters()
    return last_months(Filters(), store.period[1], months)


def asked(store: Store, measures: tuple[str, ...], filters: Filters) -> float:
    """Seconds for these measures of that selection."""
    began = time.perf_counter()
    for measure in measures:
        store.measure(measure, filters, BY, limits="none")
    return time.perf_counter() - began


def scanned(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    """Seconds for a select."""
    began = time.perf_counter()
    connection.execute(sql).fetchall()
    return time.perf_counter() - began


def measured(store: Store, connection: duckdb.DuckDBPyConnection, size: int) -> dict[str, dict[str, list[float]]]:
    """Selection to what is asked to seconds in each run."""
    until, told = days(), {}

    def anew(measures: tuple[str, ...], filters: Filters) -> float:
        return asked(store, measures, replace(filters, treated_to=next(until)))

    for name, filters in SELECTIONS.items():
        ways: dict[str, Callable[[], float]] = {
            "scan": partial(scanned, connection, FLOOR.format(predicate=predicate(filters, NEVER))),
            **{headline: partial(anew, measures, filters) for headline, measures in HEADLINES.items()},
            "all three": partial(anew, PAGE, filters),
        }
        if name in OFFERED:
            period = offered(store, OFFERED[name])
            if all(store.is_stored(measure, period, BY) for measure in PAGE):
                ways[STORED] = partial(asked, store, PAGE, period)
        for way in ways.values():
            way()
        told[name] = interleaved(ways, RUNS.get(size, FEW_RUNS))
    return told


def by_clients(store: Store) -> tuple[float, float]:
    """Pages a second, and the seconds of 95 of 100, of so many threads that ask for the three measures of a clinic."""
    clinics = [clinic for clinic, _ in store.values("clinic")]
    until = days()
    selections = [
        Filters(
            treated_from=TWO_YEARS, treated_to=next(until), treatment_type=TYPES, clinic=(clinics[at % len(clinics)],)
        )
        for at in range(CLIENTS * ASKED_BY_EACH)
    ]
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        seconds = sorted(clients.map(partial(asked, store, PAGE), selections))
    return len(seconds) / (time.perf_counter() - began), seconds[int(0.95 * len(seconds))]


def measure(samples: Samples) -> Findings:
    tables: list[Table] = []
    by_size: dict[int, dict[str, dict[str, list[float]]]] = {}
    clients: list[dict[str, Cell]] = []
    for size in samples.sizes:
        generation = current(samples.snapshot(size))
        store = open_snapshot(samples.snapshot(size))
        with duckdb.connect(str(generation.path), read_only=True) as connection:
            by_size[size] = measured(store, connection, size)
        pages, most = by_clients(store)
        clients.append({"treatment records": size, "pages a second": pages, "95 % ms": 1000 * most})
        rows: list[dict[str, Cell]] = [
            {
                "selection": selection,
                "": way,
                "ms": 1000 * statistics.median(seconds),
                "times": ratio_of(told, way, "scan"),
            }
            for selection, told in by_size[size].items()
            for way, seconds in told.items()
        ]
        notes = [f"medians of {RUNS.get(size, FEW_RUNS)}; times is against the scan with the same predicate"]
        missing = [name for name in OFFERED if STORED not in by_size[size][name]]
        notes += [f"the snapshot has no stored figures of this version of: {', '.join(missing)}"] if missing else []
        tables.append(Table(f"The three measures, {size_in_words(size)} treatment records", rows, notes))
        store.close()
    tables.append(
        Table(f"{CLIENTS} threads ask the store for the three measures of 2 years, 3 types, 1 clinic", clients)
    )
    largest = by_size[samples.largest]
    in_words = f", {size_in_words(samples.largest)}"
    everything, year, years, typical = SELECTIONS
    figures = [
        Figure(
            f"all three measures, {name}, against a scan{in_words}", ratio_of(largest[name], "all three", "scan"), goal
        )
        for name, goal in ((typical, 1.5), (everything, 2.5))
    ]
    for name, way, words in (
        (everything, STORED, "everything, stored"),
        (year, STORED, "last 12 months as the menu gives them, stored"),
        (years, "all three", "2 years, not stored"),
    ):
        if told := {size: told[name][way] for size, told in by_size.items() if way in told[name]}:
            smallest = min(told)  # of few records the periods are not stored
            growth = statistics.median(told[max(told)]) / statistics.median(told[smallest])
            sizes = f"{size_in_words(max(told))} against {size_in_words(smallest)}"
            figures.append(Figure(f"independent of the number of records, {words}: {sizes}", growth, INDEPENDENT))
    growing = [
        Growing(f"the three measures, {name}", samples.largest, statistics.median(largest[name]["all three"]), "s")
        for name in SELECTIONS
    ]
    return Findings(tables, figures, growing)
