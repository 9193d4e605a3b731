"""Every figure shows its working: the command, the lines of Python, the SQL and the link give what its table shows."""

from __future__ import annotations

import io
import re
import shlex
import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from dashboard import open_snapshot
from dashboard.cli import main
from dashboard.export import to_bytes
from dashboard.store import MEASURES
from queries import RECORD_GROUPS
from tests.conftest import exports_with_results
from tests.pages.opening import Opened, said

RICH = exports_with_results(1)
PATIENT = next(row["patient_id"] for row in RICH.treatments if row["treatment_type"] == "neuromodulator")
RATES = {"rates_by": "practitioner", "rates_unit": "Records", "rates_window": "7 days"}
COLUMNS = {"comparison_by": "Product", "comparison_groups_product": ["Product A", "Not recorded"]}
SHOWN: list[tuple[str, dict[str, Any], int]] = [
    (
        "side-effects",
        {**RATES, "product": ["", "Produit é"], "treated_from": "2023-02-01", "severity": ["", "mild"]},
        5,
    ),
    ("time-to-resolution", {"resolution_by": "Side", "resolution_clock": "Treatment", "resolution_strata": "Area"}, 2),
    ("maintenance", {"maintenance_by": "Clinic", "maintenance_type": "Dermal filler", "dose_to": "20.25"}, 5),
    ("results", {"results_by": "Area", "results_outcome": "Goal met"}, 8),
    ("compare", {**COLUMNS, "comparison_reference_product": "Product A", "comparison_strata_product": ["Area"]}, 6),
    ("face-map", {"face_show": "Maintenance interval", "face_area": "Lips", "face_sides": "Apart"}, 4),
    ("healing-clock", {"clock_since": "Treatment", "clock_day": "Day 14"}, 1),
    ("watch", {"watch_effect": "Bruising", "watch_by": "Clinic", "watch_who": "Clinics"}, 5),
    ("patients", {"patient_id": PATIENT}, 2),
    ("data", {"clinic": "North"}, 1),
    ("records", {"records_table": "Recall list", "records_horizon": "90 days"}, 1),
    ("records", {"records_table": "Side effects", "effect": "Bruising", "severity": ""}, 1),
    ("records", {"records_table": "Results", "records_by": "Clinic", "records_unit": "Records"}, 1),
]
"""Pages with filters and options that are not the usual ones, and how many figures they have."""


KEYS = {*RECORD_GROUPS, "position", "effect", "attribute", "level", "outcome", "scale", "day_from", "month", "value"}
COUNTS = {"treated", "pending", "evaluable", "affected", "side_effects", "units", "recorded", "pairs", "due", "courses"}


@pytest.mark.parametrize(("page", "query", "figures"), SHOWN, ids=lambda one: one if isinstance(one, str) else "")
def test_whatever_is_copied_gives_the_figure(
    opened: Opened, folder: Path, page: str, query: dict[str, Any], figures: int
) -> None:
    app = opened("rich", RICH, page, **query)
    panels = [key for each in app.get("button_group") if (key := str(each.key)).startswith("panel_")]
    assert len(panels) == figures
    tables = shown(app, panels)
    commands, scripts = codes(app, panels, "Command", 2)
    sqls = codes(app, panels, "SQL", 2 if page == "healing-clock" else 1)[0]
    (links,) = codes(app, panels, "Link", 1)
    store = open_snapshot(folder / "rich" / "outcomes.json")
    for panel, command, script, sql in zip(panels, commands, scripts, sqls, strict=True):
        told, scripted = exported(command), printed(script)
        pd.testing.assert_frame_equal(scripted, told.drop(columns=set(told) - set(scripted) & {"total"}))
        if panel in tables:
            table = tables[panel]
            left_away = {column for column in told if str(column).startswith("logrank_")} | {"total"}
            assert set(told) - set(table) <= left_away
            pd.testing.assert_frame_equal(table, told[list(table)])
        counts_agree(command, read(to_bytes(store._connection.cursor().sql(sql).to_arrow_table(), "csv")), told)
    # Whoever opens the link sees the same, at that place.
    parts = [urlsplit(link) for link in links]
    queries = [parse_qs(part.query, keep_blank_values=True) for part in parts]
    whole = max(queries, key=len)  # what is chosen further down is of no figure above
    assert all(one.items() <= whole.items() for one in queries)
    assert len({part.fragment for part in parts}) == len(parts)
    assert {part.fragment for part in parts} <= {
        head.proto.anchor for head in (*app.title, *app.header, *app.subheader)
    }
    again = opened("rich", RICH, page, **whole)
    assert not again.warning
    found = shown(again, panels)
    assert tables.keys() == found.keys()
    for panel, table in tables.items():
        pd.testing.assert_frame_equal(table, found[panel])


@pytest.mark.parametrize(
    ("page", "panel", "taken"),
    [
        ("healing-clock", "panel_healing_clock-free-of-it-day-by-day-after-it-began", {"clock_type", "clock_effect"}),
        ("compare", "panel_baseline_balance-who-they-are", {"comparison_groups_technique"}),
    ],
)
def test_a_link_names_what_other_data_would_choose_otherwise(
    opened: Opened, page: str, panel: str, taken: set[str]
) -> None:
    app = opened("rich", RICH, page, **{panel: "Link"})
    (link,) = (code.value for code in app.code)
    named = parse_qs(urlsplit(link).query, keep_blank_values=True)
    assert named.keys() >= taken
    assert not any(words in values for values in named.values() for words in ("", "None"))
    assert not opened("rich", RICH, page, **named).warning


def shown(app: AppTest, panels: list[str]) -> dict[str, pd.DataFrame]:
    """The tables of a page's figures, by their panels, of those that have one."""
    offered: list[Any] = list(app.get("button_group"))
    having = [each.key for each in offered if each.key in panels and "Table" in each.options]
    for panel in having:
        app.session_state[panel] = "Table"
    while "limits are being estimated" in said(app.run()):
        time.sleep(0.1)
    tables = [each for each in app.dataframe if re.fullmatch(r"[a-z_]+ as a table", each.proto.alt)]
    assert len(tables) == len(having)
    return {panel: read(to_bytes(each.value, "csv")) for panel, each in zip(having, tables, strict=True)}


def codes(app: AppTest, panels: list[str], opened: str, each: int) -> list[list[str]]:
    """What stands to be copied in a panel of every figure: the first of each, the second, ..."""
    for panel in panels:
        app.session_state[panel] = opened
    app.run()
    assert not app.exception
    assert len(app.code) == each * len(panels)
    return [[code.value for code in app.code[first::each]] for first in range(each)]


@cache
def exported(command: str) -> pd.DataFrame:
    """What the command writes."""
    return read(CliRunner().invoke(main, shlex.split(command)[1:]).stdout_bytes)


@cache
def printed(script: str) -> pd.DataFrame:
    """The table that the script prints."""
    tables: list[pd.DataFrame] = []
    exec(script, {"print": tables.append})
    return read(to_bytes(tables[0], "csv"))


def read(file: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(file), dtype=str, keep_default_na=False)


def counts_agree(command: str, counts: pd.DataFrame, told: pd.DataFrame) -> None:
    """What the SQL counts is what the figure rests on: in its own rows, or added up over those it is made of."""
    name = shlex.split(command)[2]
    if name not in MEASURES:
        pd.testing.assert_frame_equal(counts, told)
        return
    counts = counts[counts["severity"] == "any"] if "severity" in counts and "severity" not in told else counts
    keys = [column for column in counts if column in told and column in KEYS]
    numbers = [column for column in counts if column in told and column in COUNTS]
    if "side_effects" in counts:  # a curve begins with all of them
        expected = grouped(counts, keys, ["side_effects"]).sum()
        found = grouped(told, keys, ["at_risk" if "at_risk" in told else "side_effects"]).max()
    elif numbers:
        expected, found = grouped(counts, keys, numbers).max(), grouped(told, keys, numbers).max()
    elif "courses" in told:
        expected, found = grouped(counts, keys, ["course_no"]).nunique(), grouped(told, keys, ["courses"]).max()
    elif "patient_no" in counts:  # whose intervals weigh one together
        expected = grouped(counts, keys, ["patient_no"]).nunique()
        found = grouped(told, keys, ["at_risk" if "at_risk" in told else "patients"]).max()
    else:  # one row for each
        expected, found = grouped(counts, keys, []).size().to_frame(), grouped(told, keys, ["event"]).max()
    found.columns = expected.columns
    common = expected.index.intersection(found.index)
    assert len(common)
    assert (found.loc[common] == expected.loc[common]).all(axis=None)


def grouped(frame: pd.DataFrame, keys: list[str], numbers: list[str]) -> Any:
    """Columns of numbers by columns of texts, if any."""
    read_as = frame[numbers].apply(pd.to_numeric, errors="coerce")
    return read_as.groupby([frame[key] for key in keys] or (lambda row: 0))
