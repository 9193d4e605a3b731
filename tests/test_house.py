"""The house keeps its own rules: what one file says, the others keep."""

from __future__ import annotations

import ast
import re
import subprocess
from inspect import ismodule
from pathlib import Path
from types import ModuleType

import pytest

import dashboard
import data
import queries
from dashboard.cli import main
from dashboard.store import MEASURES, RECORDS
from data.attaching import RELATIONS
from data.contract import TABLES
from data.extracting import IDS, ROWS

ROOT = Path(__file__).parent.parent
SQL_FILES = sorted((ROOT / "queries").rglob("*.sql"))
LABELS = {
    "action",
    "added",
    "aftercare",
    "age",
    "association",
    "asymmetry",
    "at risk",
    "baseline asymmetry",
    "basis",
    "biased short",
    "censored",
    "centre",
    "clock",
    "column",
    "columns",
    "comparison",
    "course",
    "denominator",
    "details",
    "dose band",
    "due",
    "edited",
    "estimator",
    "evaluable",
    "event",
    "exact",
    "exactness",
    "filters",
    "finished",
    "grain",
    "late",
    "limits",
    "long overdue",
    "median",
    "not recorded",
    "numerator",
    "order",
    "pending",
    "plan",
    "rare",
    "reason",
    "reference",
    "removed",
    "restricted mean",
    "seen gone",
    "share",
    "share resolved",
    "share returned",
    "signal",
    "standardised difference",
    "strata",
    "test",
    "touch-up",
    "unit",
    "unread",
    "unseen",
    "visit",
    "weights",
    "window",
}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "queries").with_suffix(""))


@pytest.mark.parametrize("path", SQL_FILES, ids=name_of)
def test_every_sql_file_says_what_it_means(path: Path) -> None:
    meaning = queries.definition(name_of(path))
    assert meaning.sentence.endswith(".")
    assert "grain" in meaning.notes
    assert set(meaning.notes) <= LABELS, set(meaning.notes) - LABELS
    assert re.match(r"(with|select)\s", meaning.sql), "one bare select"
    assert ";" not in re.sub(r"'[^']*'", "", meaning.sql), "one statement"


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_its_four_files(measure: str) -> None:
    """One SQL file (it is listed from there), one chart (a summary is a table), a line in a page, a test."""
    pages = "\n".join(page.read_text() for page in (ROOT / "dashboard" / "pages").glob("*.py"))
    assert re.search(rf"\b{measure}\b", pages), f"no page shows {measure}"
    assert (ROOT / "tests" / "measures" / f"test_{measure}.py").exists()
    if not measure.endswith("_summary"):
        drawn = [path.read_text() for path in (ROOT / "dashboard" / "charts").glob("*.py")]
        assert any(re.search(rf"^def {measure}\(", text, re.MULTILINE) for text in drawn), f"no chart draws {measure}"


@pytest.mark.parametrize("table", RECORDS)
def test_every_record_table_has_its_select(table: str) -> None:
    assert queries.definition(f"records/{table}").sql


def test_the_readme_tells_every_command_and_option() -> None:
    readme = (ROOT / "README.md").read_text()
    for name, command in main.commands.items():
        assert f"outcomes {name}" in readme, name
        for parameter in command.params:
            long = [option for option in parameter.opts if option.startswith("--")]
            assert not long or f"{long[0]}" in readme, f"{name} {long}"


def test_only_cursors_are_asked() -> None:
    """A connection that sessions share mixes their answers: every later call has a cursor, which may be stopped."""
    asked = ("cursor_of(self._connection)", "self._session", "session")  # one of Spark Connect has queries of its own
    trees = [ast.parse(module.read_text()) for module in (ROOT / "dashboard" / "store").glob("*.py")]
    for function in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        if function.name == "__init__":
            continue
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr in ("execute", "sql", "query", "table"):
                assert ast.unparse(call.func.value) in asked, ast.unparse(call)


def test_no_query_has_a_second_copy() -> None:
    """Where an engine answers, and where its SQL is made, no SQL names a relation: all of it is of queries/."""
    read = re.compile(rf"\b(from|join) ({'|'.join((*RELATIONS, *queries.MACROS))})\b", re.IGNORECASE)
    for module in ("engine", "translating"):
        tree = ast.parse((ROOT / "dashboard" / "store" / f"{module}.py").read_text())
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert not [text for text in texts if read.search(text)]
    stems = [path.stem for path in SQL_FILES]
    assert not [stem for stem in stems if re.search(r"spark|sail|databricks|duckdb", stem)]
    assert set(queries.names("sharing")) <= set(RELATIONS)


def test_every_relation_says_which_of_its_rows_a_scope_leaves() -> None:
    """One that says nothing is in no extract; and no id is in one that has no pseudonym."""
    assert set(ROWS) == set(RELATIONS)
    ids = {column.name for table in TABLES.values() for column in table.columns if column.name.endswith("_id")}
    derived = {word for name in queries.MODEL for word in re.findall(r"\w+_id\b", queries.read(f"model/{name}"))}
    assert ids | derived == set(IDS)


def test_nothing_names_a_registry_a_lock_file_or_this_machine() -> None:
    forbidden = re.compile(
        "|".join(["py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.", r"(?<![\w.])/wor" + "k/", "/roo" + "t/"])
    )
    for path in tracked():
        assert path.name not in ("uv.lock", "package-lock.json")
        if path.suffix in (".py", ".sql", ".toml", ".md", ".csv", ".json", "") and path.stat().st_size < 1_000_000:
            assert not forbidden.search(path.read_text(encoding="utf-8", errors="replace")), path


def test_the_top_level_holds_what_was_agreed() -> None:
    agreed = {"dashboard", "queries", "data", "tests", "streamlit_app.py", "pyproject.toml", "README.md"}
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} == agreed


def test_every_dependency_is_exact() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["spark"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
        *project["tool"]["uv"]["constraint-dependencies"],
    ]
    assert all(re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+", requirement) for requirement in listed)


@pytest.mark.parametrize("room", [dashboard, data])
def test_what_a_room_offers_is_there(room: ModuleType) -> None:
    """Names are fetched when they are asked for, and some are called like a module."""
    assert [name for name in room.__all__ if not hasattr(room, name) or ismodule(getattr(room, name))] == []
