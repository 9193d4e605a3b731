"""The same records give the same bits: whatever the number of threads, order of rows and files, and what is kept."""

from __future__ import annotations

import csv
import datetime
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import data
from dashboard.figures import GROUPS, asked_first, selection
from dashboard.figures import MEASURES as STORED
from dashboard.filters import Filters
from dashboard.store import MEASURES, Store, first_look, open_snapshot, options_of
from dashboard.ui.remembering import Remembered
from queries import MODEL, groups_of
from tests.drawing import Exports, random_exports, write_exports

Content = dict[str, Any]


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has every connection work with so many threads, and with all of them although there are few rows."""
    connect = duckdb.connect

    def work_with(number: int) -> None:
        def connected(
            database: str = ":memory:", read_only: bool = False, config: dict[str, Any] | None = None
        ) -> duckdb.DuckDBPyConnection:
            connection = connect(database, read_only, {**(config or {}), "threads": number})
            if number > 1:
                connection.execute("pragma verify_parallelism")
            return connection

        monkeypatch.setattr(duckdb, "connect", connected)

    return work_with


def numbered(exports: Exports) -> Exports:
    """The exports with an id in every row, so that none takes its id from where it stands."""
    return replace(
        exports,
        follow_ups=[{**row, "follow_up_id": f"F{place}"} for place, row in enumerate(exports.follow_ups)],
        side_effects=[{**row, "side_effect_id": f"S{place}"} for place, row in enumerate(exports.side_effects)],
    )


def figures(store: Store) -> Content:
    """Every measure by several groups and with several options, cell by cell and bit by bit."""
    found: Content = {}
    for measure in MEASURES:
        groups = groups_of(measure)
        for by in ((), ("age_band", groups[-1])):
            options = {"clock": "treatment"} if "clock" in options_of(measure) and by else {}
            frame = store.measure(measure, by=by, **options)  # type: ignore[arg-type]
            found[f"{measure} {by}"] = exactly(frame)
    return found


def exactly(frame: pd.DataFrame) -> tuple[Any, ...]:
    """A frame's columns and their types, its index, and its cells bit by bit."""
    kinds = [str(kind) for kind in frame.dtypes]
    return list(frame.columns), kinds, list(frame.index), bits(frame.astype(object).values)


def bits(rows: Any) -> list[tuple[str, ...]]:
    """The cells as texts that two different numbers do not share."""
    return [tuple(value.hex() if isinstance(value, float) else repr(value) for value in row) for row in rows]


def tables(place: Path, names: tuple[str, ...]) -> Content:
    """Tables of a snapshot in the order in which their rows lie."""
    with duckdb.connect(str(data.current(place).path), read_only=True) as connection:
        return {name: connection.execute(f"from {name}").fetchall() for name in names}


def imported(sources: list[Path], place: Path) -> Content:
    report = data.import_exports(sources, into=place)
    assert not report.rejects, report.rejects
    # The contract's tables, and all that is derived from them.
    names = ("treatments", "follow_ups", "side_effects", "patients", "treatment_types", *MODEL)
    store = open_snapshot(place)
    content = figures(store) | tables(place, names)
    store.close()
    return content


def differing(one: Content, other: Content) -> list[str]:
    return [name for name in one if one[name] != other[name]]


def test_any_number_of_threads_gives_the_same_bits(threads: Callable[[int], None], tmp_path: Path) -> None:
    exports = write_exports(random_exports(3, 60), tmp_path / "exports")
    threads(1)
    alone = imported([exports], tmp_path / "1.json")
    threads(4)
    assert differing(alone, imported([exports], tmp_path / "4.json")) == []


def test_any_order_of_rows_and_files_gives_the_same_bits(tmp_path: Path) -> None:
    exports = numbered(random_exports(4, 60))
    whole = imported([write_exports(exports, tmp_path / "exports")], tmp_path / "whole.json")
    files = torn(tmp_path / "exports", tmp_path / "torn", random.Random(4))
    assert differing(whole, imported(files, tmp_path / "torn.json")) == []


def torn(exports: Path, folder: Path, draw: random.Random) -> list[Path]:
    """The rows of every file shuffled and dealt to two files, all files in another order."""
    folder.mkdir()
    files = []
    for file in exports.iterdir():
        with file.open(encoding="utf-8", newline="") as lines:
            header, *rows = list(csv.reader(lines))
        draw.shuffle(rows)
        for part, dealt in enumerate((rows[::2], rows[1::2])):
            if not dealt:
                continue
            files.append(folder / f"{file.stem}_{part}.csv")
            with files[-1].open("w", encoding="utf-8", newline="") as written:
                csv.writer(written).writerows([header, *dealt])
    draw.shuffle(files)
    return files


def test_what_is_kept_is_what_would_be_counted_anew(tmp_path: Path) -> None:
    """Figures stored with the snapshot, curves that several measures read, and answers remembered for everybody."""
    exports = write_exports(random_exports(3, 60), tmp_path / "exports")
    place = tmp_path / "snapshot.json"
    data.import_exports([exports], into=place, figures=first_look)
    stored = {(selection, measure, groups) for selection, measure, groups, *_ in tables(place, ("figures",))["figures"]}
    assert stored == set(product([""], STORED, map(",".join, GROUPS)))
    # A period that ends after the last record has all records, and no figures that are stored.
    everything = Filters(treated_to=datetime.date(2100, 1, 1))
    asked_before = open_snapshot(place)
    remembered = Remembered(lambda store, name, by, limits: store.measure(name, by=by, limits=limits))
    for name, by in product((*STORED, "healing_clock", "risk_and_durability"), GROUPS):
        for limits in ("greenwood", "none") if "limits" in options_of(name) else ("none",):
            plain = exactly(open_snapshot(place).measure(name, everything, by, limits=limits))
            kept = (
                asked_before.measure(name, by=by, limits=limits),
                asked_before.measure(name, everything, by, limits=limits),
                *(remembered(asked_before, name, by, limits) for _ in range(2)),
            )
            assert plain[-1]
            assert [exactly(each) == plain for each in kept] == [True] * len(kept), (name, by, limits)
            # Whoever changes what they were given changes nobody else's.
            number = kept[-1].select_dtypes("number").columns[0]
            kept[-1].loc[:, number] += 1
            assert exactly(remembered(asked_before, name, by, limits)) == plain


def test_of_many_records_the_periods_that_pages_offer_are_kept_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.figures.MANY", 60)
    exports = write_exports(random_exports(3, 60), tmp_path / "exports")
    kept, plain = (tmp_path / f"{name}.json" for name in ("kept", "plain"))
    data.import_exports([exports], into=kept, figures=first_look)
    data.import_exports([exports], into=plain)
    with_figures, without = open_snapshot(kept), open_snapshot(plain)
    assert with_figures.period
    asked = asked_first(60, with_figures.as_of, with_figures.period[1])
    stored = {(selection, measure, groups) for selection, measure, groups, *_ in tables(kept, ("figures",))["figures"]}
    assert stored == {(selection(filters), measure, ",".join(by)) for filters, measure, by in asked}
    assert len({filters for filters, *_ in asked}) > 6
    for filters, measure, by in asked:
        answers = [store.measure(measure, filters, by, limits="none") for store in (with_figures, without)]
        assert exactly(answers[0]) == exactly(answers[1]), (filters, measure, by)
