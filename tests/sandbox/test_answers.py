"""Queries as analysts ask them: the figures of the pages, values of every type, limits, and others served meanwhile."""

from __future__ import annotations

import datetime
import subprocess
import sys
import threading
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal

import queries
from dashboard.cli import main
from dashboard.export import to_bytes
from dashboard.filters import Filters
from dashboard.privacy import Withheld
from dashboard.request import Request
from dashboard.sandbox import asking
from dashboard.sandbox.asking import OFFERED, PROJECT, Limits, NotAnswered, ask, columns, examples, relations
from dashboard.sandbox.statement import FUNCTIONS, check
from dashboard.store import MEASURES, OF_ONE_PATIENT, RECORDS, Store, open_snapshot
from tests.conftest import RandomSnapshot
from tests.drawing import Exports


@pytest.fixture(scope="module")
def exports(random_snapshot: RandomSnapshot) -> Exports:
    return random_snapshot(1)[0]


@pytest.fixture(scope="module")
def store(random_snapshot: RandomSnapshot) -> Store:
    return random_snapshot(1)[1]


def test_a_measure_is_what_the_store_says(store: Store) -> None:
    for relation, measure, by in (
        ("side_effect_rates", "side_effect_rates", ("treatment_type",)),
        ("side_effect_rates_by_product", "side_effect_rates", ("product",)),
        ("results_by_treatment_type", "results", ("treatment_type",)),
        ("time_to_resolution_summary_by_effect", "time_to_resolution_summary", ("effect",)),
    ):
        asked = ask(store, f"select * from {relation}").table
        told = pa.Table.from_pandas(store.measure(measure, by=by), preserve_index=False)
        assert asked.column_names == told.column_names
        assert asked.to_pylist() == told.to_pylist(), relation


def test_records_are_what_the_store_says(store: Store) -> None:
    told = store.records_reader("treatments").read_all()
    listed = ", ".join(told.column_names)
    asked = ask(store, f"select {listed} from treatments order by treated_on, treatment_no").table
    assert asked.schema.types == told.schema.types
    assert asked.to_pylist() == told.to_pylist()
    assert to_bytes(asked, "csv") == to_bytes(told, "csv")


def test_the_select_of_every_figure_runs_as_it_stands(store: Store) -> None:
    patient = store.patients_found()[0]
    requests = [Request(name, Filters(sex=("female",)), by) for name in MEASURES for by in ((), ("treatment_type",))]
    requests += [
        Request(name, options=(("patient_id", patient),) if name in OF_ONE_PATIENT else ()) for name in RECORDS
    ]
    with duckdb.connect(":memory:") as connection:
        for request in requests:
            check(request.statement, OFFERED, connection, queries.MACROS)
    for name in ("comparison", "results", "recall_list"):
        request = Request(name, Filters(sex=("female",)))
        told = store._connection.cursor().execute(request.statement).df()
        asked = ask(store, request.statement).table.to_pandas()
        assert_frame_equal(asked.astype(str), told.astype(str), check_dtype=False)


def test_counts_are_those_of_the_exports(store: Store, exports: Exports) -> None:
    by_type = Counter(row["treatment_type"] for row in exports.treatments)
    sql = "select treatment_type, count(*) as n from treatments group by all order by all"
    assert ask(store, sql).table.to_pylist() == [{"treatment_type": key, "n": by_type[key]} for key in sorted(by_type)]
    doses = [Decimal(str(row["dose"])) for row in exports.treatments if row.get("dose") not in (None, "")]
    (total,) = ask(store, "select sum(dose::decimal(18, 6)) as total from treatments").table.to_pylist()
    assert total["total"] == sum(doses)


def test_types_stay_what_they_are(store: Store) -> None:
    sql = """
        select
            null as nothing, '' as empty, true as yes, date '2024-02-29' as day, timestamp '2024-02-29 12:30:00' as at,
            1.50::decimal(9, 2) as price, 0.1 + 0.2::double as third, sum(x) as whole, '007' as id, [1, 2] as list,
            {'a': 1} as record, interval 3 days as span, 9007199254740993 as large, 1 as a, 2 as a, 3 as "A",
            170141183460469231731687303715884105727::hugeint // 1000 as larger, '=1+1' as formula
        from (values (1), (2)) v(x)
    """
    table = ask(store, sql).table
    assert table.to_pylist() == [
        {
            "nothing": None,
            "empty": "",
            "yes": True,
            "day": datetime.date(2024, 2, 29),
            "at": datetime.datetime(2024, 2, 29, 12, 30),
            "price": Decimal("1.50"),
            "third": 0.1 + 0.2,
            "whole": 3,
            "id": "007",
            "list": "[1, 2]",
            "record": "{'a': 1}",
            "span": "3 days",
            "large": 9007199254740993,
            "a": 1,
            "a_2": 2,
            "A_3": 3,
            "larger": Decimal("170141183460469231731687303715884105"),
            "formula": "=1+1",
        }
    ]
    for file_format in ("csv", "xlsx", "json", "parquet"):
        assert to_bytes(table, file_format)
    assert table.schema.field("whole").type == pa.int64()


def test_every_example_runs_and_has_rows(store: Store) -> None:
    found = {name: ask(store, example.sql).table.num_rows for name, example in examples().items()}
    assert len(found) >= 5
    # The exports are drawn: which product was followed up 30 times is left to chance.
    assert all(rows for name, rows in found.items() if name != "side_effects_by_product"), found


def test_every_relation_is_there_with_its_columns(store: Store) -> None:
    tables = [name for name in relations() if name in OFFERED]
    described = ask(store, " union all ".join(f"(select count(*) as n from {name})" for name in tables))
    assert described.table.num_rows == len(tables)
    for name in relations():
        assert columns(store, name), name
    for name in ("side_effect_rates", "courses"):
        listed = [column for column, _ in columns(store, name)]
        assert ask(store, f"describe {name}").table.column("column_name").to_pylist() == listed


def test_an_answer_has_so_many_rows_and_bytes(store: Store) -> None:
    cut = ask(store, "select * from range(1000)", Limits(rows=100))
    assert (cut.table.column("range").to_pylist(), cut.is_cut) == (list(range(100)), True)
    whole = ask(store, "select * from range(100)", Limits(rows=100))
    assert (whole.table.num_rows, whole.is_cut) == (100, False)
    wide = ask(store, "select repeat('x', 1000) as x from range(100000)", Limits(bytes=10_000_000))
    assert wide.is_cut
    assert 0 < wide.table.nbytes <= 10_000_000


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("", "begin with an example"),
        ("  \n", "begin with an example"),
        ("selec 1", "not SQL as DuckDB reads it"),
        ("select nothing from treatments", 'Referenced column "nothing"'),
        ("select * from treatment", "no table 'treatment'"),
        ("select cast('x' as integer)", "Could not convert string 'x'"),
        ("drop table treatments", "Only a SELECT"),
        ("select 1; select 2", "One SELECT at a time"),
        ("select $1", "A parameter cannot be used"),
        ("select getenv('HOME')", "The function getenv cannot be used"),
        (
            "from side_effect_rates, results_by_product, side_effect_rates_by_lot, side_effect_rates_by_area, "
            "side_effect_rates_by_sex, side_effect_rates_by_clinic",
            "may read 5 measures",
        ),
    ],
)
def test_what_is_wrong_is_said(store: Store, sql: str, told: str) -> None:
    with pytest.raises(NotAnswered) as refused:
        ask(store, sql)
    assert told in str(refused.value)


def test_ordinary_sql_is_allowed(store: Store) -> None:
    sql = """
        with recursive
            n(i) as (select 1 union all select i + 1 from n where i < 3),
            t as materialized (select * from treatments where treatment_id not in ('x') and dose between 0 and 1e9)
        select distinct on (t.patient_id)
            t.* exclude (lot), rank() over w as place, sum(dose) filter (where dose > 1) over w as sofar,
            coalesce(try_cast(t.product as integer), -1) as number, date_trunc('month', t.treated_on)::date as month,
            extract(year from t.treated_on) as year, t.treated_on + interval 1 day as next,
            list_filter([1, 2], lambda x: x > 1),
            case when t.side = 'left' then 1 else 2 end as side_no, t.product like 'A%' and not t.area ilike '%b%',
            (select max(s.onset_on) from side_effects s where s.patient_id = t.patient_id), t.product || 'x',
            exists (from follow_ups f where f.treatment_id = t.treatment_id), t.lot is null, regexp_matches(t.lot, 'a')
        from t
        left join patients p on p.patient_id = t.patient_id
        cross join n
        asof join follow_ups f on f.patient_id = t.patient_id and f.followed_up_on >= t.treated_on
        where n.i = any (select i from n) and t.treatment_type in (select code from treatment_types)
        window w as (partition by t.patient_id order by t.treated_on rows between unbounded preceding and current row)
        qualify place = 1
        order by all desc nulls last
        limit 10 offset 1
    """
    others = (
        "from treatments pivot (count(*) for side in ('left', 'right') group by treatment_type)",
        "select treatment_type, area, count(*) from treatments group by rollup (treatment_type, area)",
        "from treatments unpivot (value for name in (product, lot))",
        "from patients union all by name from patients except from patients",
        "summarize treatments",
    )
    assert ask(store, sql).table.num_rows
    with duckdb.connect(":memory:") as connection:
        for statement in others:
            check(statement, OFFERED, connection)


def test_every_function_that_is_allowed_is_one() -> None:
    """A newer DuckDB may drop or rename some; what it adds is not allowed until the list names it."""
    with duckdb.connect(":memory:") as connection:
        known = {
            name.lower() for (name,) in connection.execute("select function_name from duckdb_functions()").fetchall()
        }
    assert not {name for name in FUNCTIONS if name.isidentifier()} - known


def test_others_are_answered_while_a_bomb_runs(store: Store) -> None:
    refusals: list[str] = []

    def run() -> None:
        try:
            ask(
                store,
                "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3",
                Limits(2),
            )
        except NotAnswered as refused:
            refusals.append(str(refused))

    bomb = threading.Thread(target=run)
    began = time.monotonic()
    bomb.start()
    waits: list[float] = []
    while bomb.is_alive():
        asked = time.monotonic()
        assert store.measure("follow_up_completeness", by=("clinic",)).shape[0]
        waits.append(time.monotonic() - asked)
        time.sleep(0.02)
    assert "longer than 2 seconds" in refusals[0]
    assert time.monotonic() - began < 10
    assert len(waits) >= 10
    assert sorted(waits)[len(waits) // 2] < 0.5


def test_an_answer_that_was_cut_short_is_no_answer(store: Store) -> None:
    """Whoever kills the process at whatever moment gets no part of an answer taken for the whole."""
    sql, limits = "select range as n from range(10_000)", Limits(rows=10_000)
    told, is_late = asking._child(b"".join(asking.requested(store, sql, limits, True)), limits)
    assert asking._understood(told, is_late, sql, "s", limits).table.num_rows == 10_000
    for end in {*range(0, len(told) - 8, len(told) // 200), *range(200)}:
        with pytest.raises(NotAnswered):
            asking._understood(told[:end], is_late, sql, "s", limits)


def test_only_so_many_run_at_once(store: Store) -> None:
    for _ in range(asking.AT_ONCE):
        asking._places.acquire()
    try:
        with pytest.raises(NotAnswered, match="Other queries are running"):
            ask(store, "select 1", Limits(seconds=0.01))
    finally:
        for _ in range(asking.AT_ONCE):
            asking._places.release()


def test_the_child_loads_no_more_than_it_needs() -> None:
    """Whatever else it loaded would cost every query its time and its memory."""
    program = (
        "import sys, dashboard.sandbox.child; print([m for m in ('pandas', 'scipy', 'streamlit') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_with_small_numbers_suppressed_there_is_no_sql(store: Store) -> None:
    suppressed = open_snapshot(store.generation.path, suppress_below=5)
    with pytest.raises(Withheld, match="withheld while small numbers are suppressed"):
        ask(suppressed, "select 1")


def test_on_the_command_line(store: Store, tmp_path: Path) -> None:
    def run(*arguments: object) -> tuple[int, bytes, str]:
        told = CliRunner().invoke(main, ["sql", *map(str, arguments), "--snapshot", str(store.generation.path)])
        return told.exit_code, told.stdout_bytes, told.stderr

    sql = "select * from side_effect_rates"
    exported = CliRunner().invoke(main, ["export", "side_effect_rates", "--snapshot", str(store.generation.path)])
    assert run(sql) == (0, exported.stdout_bytes, "")
    file, output = tmp_path / "query.sql", tmp_path / "rates.parquet"
    file.write_text(sql)
    assert run("--file", file, "--output", output) == (0, b"", "")
    assert_frame_equal(pd.read_parquet(output), store.measure("side_effect_rates"), check_dtype=False)
    for refused, told in (
        ((), "give one query"),
        ((sql, "--file", file), "give one query"),
        (("copy treatments to 'x'",), "Only a SELECT"),
        (("select max(list_sum(range(range))) from range(1000000)", "--time-limit", "0.5"), "longer than 0.5 seconds"),
        (("select list(range) from range(100000000)", "--memory-limit", "100MB"), "more than 0.1 GB of memory"),
        (("select 1", "--memory-limit", "much"), "--memory-limit much is no size"),
        (("select 1 from range(1000001)",), "more than 1,000,000 rows"),
        (("select 1", "--suppress-below", "5"), "withheld while small numbers are suppressed"),
    ):
        code, out, err = run(*refused)
        assert (code, out) == (2, b"")
        assert told in err
        assert "Traceback" not in err
