"""The page What changed: with one snapshot, with two, with nothing selected, and for whoever may not see patients."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.ipc
import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

import data
from dashboard import export
from dashboard.cli import main
from dashboard.pages import PAGES, what_changed
from dashboard.store import open_kept, open_snapshot
from tests.drawing import Exports, drawn, write_exports
from tests.pages.opening import EVIL, front_door, said
from tests.test_changes import ADDED, BEFORE, USUAL, of_months

Opened = Callable[..., AppTest]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """The page, after these exports were imported one after the other; when everything is counted."""

    def open_page(*exports: Exports, **query: str) -> AppTest:
        pointer = tmp_path / "outcomes.json"
        for place, one in enumerate(exports):
            data.import_exports([write_exports(one, tmp_path / f"{place}")], into=pointer)
        monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(pointer))
        app = AppTest.from_function(
            front_door,
            default_timeout=60,
            kwargs={"place": PAGES.index(what_changed)},
        )
        for parameter, value in query.items():
            app.query_params[parameter] = value
        app.run()
        deadline = time.monotonic() + 40
        while "being counted" in said(app) and time.monotonic() < deadline:
            time.sleep(0.2)
            app.run()
        assert not app.exception
        assert not app.error
        assert not re.search(r"\bnan\b", said(app))
        return app

    return open_page


def words(app: AppTest) -> str:
    tables = "\n".join(table.value.to_csv(index=False) for table in app.table)
    return f"{said(app)}\n{tables}".replace("\\", "").replace("**", "").replace("\u00a0", " ")


def listed(app: AppTest) -> pd.DataFrame:
    """The only table of records."""
    (records,) = (one.value for one in app.dataframe if "record_id" in one.value)
    return records


def test_with_one_snapshot_it_says_what_to_do(opened: Opened) -> None:
    told = words(opened(BEFORE))
    assert "There is no earlier snapshot yet" in told
    assert "Bring in the next export" in told


def test_with_two_it_says_what_changed(opened: Opened) -> None:
    app = opened(BEFORE, ADDED)
    told = words(app)
    assert re.search(r"Since \d+ \w+ \d{4}, \d\d:\d\d: 3 records added \(2 of them late\), 5 edited, 0 removed; ", told)
    assert "0 new signals, 0 closed; " in told
    assert "Snapshot 1 · 3 treatment records · data as of 2 March 2023" in told
    assert "Treatments,2,1,2,0" in told
    assert 'Side effects: Resolved on,"1, all filled in",s1: nothing → 2023-01-08' in told
    assert 'Treatments: Product,"2, 1 emptied",t1: Product A → Product B' in told
    assert "Treatments: Product,33.3 % of 3,80.0 % of 5,100 % of 2" in told
    assert "Catalogue,1,0,0,0" in told
    app.button_group(key="changes_list").set_value("Which records").run()
    assert set(listed(app)["record_id"]) == {"t1", "t2", "t5", "ann", "f1", "s1", "s3"}
    app.button_group(key="changes_list").set_value("Every edited value").run()
    assert len(listed(app)) == 6


RECORDS = ("record_changes", "edits", "recording", "account_changes")


def test_the_sql_and_the_command_of_changed_records_give_what_is_shown(opened: Opened, tmp_path: Path) -> None:
    app = opened(BEFORE, ADDED, changes_list="Every edited value")
    panels = ["panel_changes_record_changes", "panel_changes_edits", "panel_changes_recording", "panel_changes_account"]
    assert [key for key in offered(app) if key in panels] == panels
    commands, sqls = copied(app, panels, "Command"), copied(app, panels, "SQL")
    assert commands == [f"outcomes export {name} --since 1" for name in RECORDS]
    for name, command, sql in zip(RECORDS, commands, sqls, strict=True):
        assert len(exported(command))
        pd.testing.assert_frame_equal(in_folder(tmp_path / "outcomes.json.d", sql), exported(command), obj=name)
    assert list(exported(commands[1])["record_id"]) == list(listed(app)["record_id"])
    assert all("#records" in link or "#data" in link for link in copied(app, panels, "Link"))


def offered(app: AppTest) -> list[str]:
    """The panels of the figures on the page."""
    return [key for each in app.get("button_group") if (key := str(each.key)).startswith("panel_")]


def copied(app: AppTest, panels: list[str], opened: str) -> list[str]:
    """What stands to be copied in these panels, one text each."""
    for panel in offered(app):
        app.session_state[panel] = opened if panel in panels else None
    app.run()
    assert not app.exception
    assert len(app.code) == len(panels)
    return [code.value for code in app.code]


def exported(command: str) -> pd.DataFrame:
    """What the command writes."""
    return read(CliRunner().invoke(main, shlex.split(command)[1:]).stdout_bytes)


def in_folder(folder: Path, sql: str) -> pd.DataFrame:
    """What DuckDB alone says in that folder."""
    code = (
        "import sys, duckdb\n"
        "rows = duckdb.connect().execute(sys.argv[1]).to_arrow_table()\n"
        "import pyarrow\n"
        "pyarrow.ipc.new_stream(sys.stdout.buffer, rows.schema).write_table(rows)"
    )
    told = subprocess.run([sys.executable, "-c", code, sql], cwd=folder, capture_output=True, check=False)
    assert not told.returncode, told.stderr.decode()
    return read(export.to_bytes(pyarrow.ipc.open_stream(told.stdout).read_all(), "csv"))


def read(file: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(file), dtype=str, keep_default_na=False)


def test_a_figure_that_moved_is_drawn_and_a_new_signal_is_said(opened: Opened, tmp_path: Path) -> None:
    peak = [*USUAL]
    peak[12:] = [36, 36, 37, 37]
    app = opened(of_months(USUAL[:12]), of_months(peak), treatment_type="Skincare")
    told = words(app)
    assert "Side-effect rates: 4 of 4 figures moved." in told
    assert "Redness in Apr 2024 was" in told or "Any side effect in Apr 2024 was" in told or "for" in told
    assert re.search(r"[1-9]\d* new signals, 0 closed", told)
    assert "No signal is new" not in told
    drawn_in = str(app.get("plotly_chart")[0].proto.spec)
    assert "20.0 → 37.8" in drawn_in.replace("\\u00a0", " ")
    assert "480 → 640" in drawn_in.replace("\\u00a0", " ")
    # The command gives the table, and the SQL what both snapshots' figures are made of.
    for panel, command in {
        "panel_changes_signals": "outcomes export rates_over_time days_between_events practitioner_funnel lot_signals",
        "panel_changes_side_effect_rates": "outcomes export side_effect_rates",
        "panel_changes_follow_up_completeness": "outcomes export follow_up_completeness",
    }.items():
        for each in offered(app):
            app.session_state[each] = {panel: "Table"}.get(each)
        (table,) = (one.value for one in app.run().dataframe)
        (copied_command,) = copied(app, [panel], "Command")
        assert copied_command == f"{command} --where treatment_type=skincare --since 1"
        pd.testing.assert_frame_equal(exported(copied_command), read(export.to_bytes(table, "csv")))
        assert len(table)
    app.session_state["panel_changes_follow_up_completeness"] = "SQL"
    of_all, of_types = (code.value for code in app.run().code)
    for when, number in (("earlier", 1), ("later", None)):
        pointer = tmp_path / "outcomes.json"
        store = open_kept(pointer, number) if number else open_snapshot(pointer)
        counted = [store._connection.cursor().execute(sql).df()["treated"].sum() for sql in (of_all, of_types)]
        assert counted == list(table[f"{when}_n"]), when


def test_a_selection_of_nothing_says_so(opened: Opened) -> None:
    app = opened(BEFORE, ADDED, treated_from="2090-01-01")
    assert "reset" in said(app)
    assert not app.get("plotly_chart")
    assert not app.table


def test_a_selection_that_only_one_of_them_has_is_compared(opened: Opened) -> None:
    told = words(opened(BEFORE, ADDED, treatment_type="new thing"))
    assert "Side-effect rates: nothing to compare." in told
    assert "3 records added" in told


def test_whoever_may_not_see_single_patients_is_told_so(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    app = opened(BEFORE, ADDED)
    assert "withheld while small numbers are suppressed" in words(app)
    assert not app.table
    assert "late" not in words(app)


def test_values_are_never_markdown(opened: Opened) -> None:
    hostile = drawn(
        f"""treatment_id | patient_id | treated_on | treatment_type | product
        {EVIL} | A | 0 | <b>new</b> | {EVIL}"""
    )
    other = drawn(
        f"""treatment_id | patient_id | treated_on | treatment_type | product
        {EVIL} | A | 0 | <b>new</b> | x{EVIL}"""
    )
    app = opened(hostile, other)
    tables = "\n".join(table.value.to_csv(index=False) for table in app.table)
    assert "evil" in tables
    assert "![" not in said(app) + tables
    assert "(http://" not in said(app) + tables
