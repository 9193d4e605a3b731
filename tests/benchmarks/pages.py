"""How long a page takes from a change of the filters to the drawn charts, beside a bare Streamlit page.

A real Chromium chooses another period in the filter panel and watches the page until nothing on it changes any more.
Told are the first chart that is drawn, the last one on the screen as it stands (1440 x 1000), and the last change
anywhere on the page, for those who scroll. The bare page has as many static charts and answers the same kind of choice:
what it takes is Streamlit's, Plotly's and the browser's. Both are served at once and asked in turns. Limits that arrive
later are no change of a page, but they are let arrive before the next one.

`first` chooses each period for the first time, with three treatment types and one clinic selected all the while, as
somebody has who looks for something; `again` chooses the same once more, when the figures are remembered. `period
alone` chooses each for the first time where nothing else is selected: many records, of which some figures are stored.
`period, most records` does where most records are selected all the while, by the sex: nearly as many, none stored.
Each page has a server of its own, or it would find remembered what it shares with a page before. All pages with charts
are opened at the usual size, for all kinds; at the others the overview and those of the headline measures,
without `again`.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dashboard.pages import (
    compare,
    face_map,
    healing_clock,
    maintenance,
    results,
    side_effects,
    time_to_resolution,
    watch,
)
from tests.benchmarks.findings import Cell, Figure, Findings, Table, size_in_words
from tests.benchmarks.measures import CLINIC, TYPES
from tests.benchmarks.samples import Samples
from tests.benchmarks.serving import CHROMIUM, Server, browsing, free_port, scripted, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIRST, AGAIN, ALONE, MOST = "first", "again", "period alone", "period, most records"
HEADLINES = (side_effects, time_to_resolution, maintenance)
PATHS = ("", *(page.URL_PATH for page in (*HEADLINES, results, compare, face_map, healing_clock, watch)))
"""The pages with charts, those of the headline measures first."""
FEW_PATHS = PATHS[: 1 + len(HEADLINES)]
SELECTED = urlencode({"treatment_type": TYPES, "clinic": CLINIC}, doseq=True)
BARE = """
import streamlit as st

charts = int(st.query_params.get("charts", "1"))
spans = ["All time", "Last 3 months", "Last 6 months", "Last 12 months"]
span = st.menu_button("Choose a period", spans, key="span") or spans[0]
st.title(f"Bare {span}")
moved = 1 + spans.index(span)
for chart in range(charts):
    days = list(range(60))
    lines = [
        {"type": "scatter", "mode": "lines", "x": days, "y": [1 / (1 + day / (line + moved)) for day in days]}
        for line in range(1, 6)
    ]
    st.plotly_chart({"data": lines, "layout": {"height": 360}}, theme=None, key=f"chart-{chart}")
"""
SPANS = ("Last 12 months", "Last 6 months", "Last 3 months")
"""Not all time, which a page shows as it is opened."""
WATCH = """
() => {
    const main = document.querySelector('[data-testid="stMain"]');
    const began = window.lastChange = performance.now();
    window.changes = {};
    window.watching?.disconnect();
    window.watching = new MutationObserver((records) => {
        for (const {target, addedNodes, removedNodes} of records) {
            const element = target.nodeType === 1 ? target : target.parentElement;
            if (element?.closest('canvas')) continue;  // what a table tells screen readers, a while after it is drawn
            window.lastChange = performance.now();
            const seconds = (window.lastChange - began) / 1000;
            window.changes.page = seconds;
            if (removedNodes.length && !addedNodes.length) continue;  // what was there before, cleared away
            const chart = element?.closest('.js-plotly-plot');
            if (!chart || chart.getBoundingClientRect().top > window.innerHeight) continue;
            window.changes.chart ??= seconds;
            window.changes.screen = seconds;
        }
    });
    window.watching.observe(main, {childList: true, subtree: true, characterData: true, attributes: true});
}
"""
IS_STILL = """
() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app.dataset.testScriptState === 'notRunning'
        && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')
        && performance.now() - window.lastChange > 200;
}
"""
HAS_BEGUN = "() => 'page' in window.changes"
"""A choice is sent a moment after it is made; until then everything is still, too."""
LONGEST = 120_000
PAUSE = 2_000
"""Milliseconds before it is asked whether the server is still at work: limits begin a second after the page."""
TOLD = ("chart", "screen", "page")


def opened(page: Page, address: str) -> None:
    """Goes there and waits until nothing changes any more."""
    page.goto(address)
    page.wait_for_selector("h1")
    page.evaluate(WATCH)
    page.wait_for_function(IS_STILL)


def changed(page: Page, span: str) -> dict[str, float]:
    """Seconds from the choice of that period to each of TOLD; a page without charts tells of itself only."""
    page.get_by_text("Choose a period", exact=True).click()
    choice = page.get_by_role("menuitem", name=span, exact=True)
    choice.wait_for()
    page.evaluate(WATCH)
    choice.click()
    page.wait_for_function(HAS_BEGUN)
    page.wait_for_function(IS_STILL)
    seconds: dict[str, float] = page.evaluate("() => window.changes")
    return seconds


def median(runs: list[dict[str, float]], what: str) -> float | None:
    """The median of what a choice took; None for what never happened."""
    told = [run[what] for run in runs if what in run]
    return statistics.median(told) if told else None


def measured(
    app: Server, ours: Page, address: str, theirs: Page, bare_address: str, kinds: Sequence[str]
) -> list[dict[str, Cell]]:
    """A row for each kind: what the choices take at that address, all of one kind after all of the other."""
    opened(ours, address)
    charts = ours.locator(".js-plotly-plot").count()
    opened(theirs, f"{bare_address}/?charts={charts}")
    rows: list[dict[str, Cell]] = []
    for kind in kinds:
        page, bare = [], []
        for span in SPANS:
            ours.wait_for_timeout(PAUSE)
            app.wait_until_idle()
            bare.append(changed(theirs, span))
            page.append(changed(ours, span))
        told = {what: median(page, what) for what in TOLD}
        floor = median(bare, "screen")
        times = told["screen"] / floor if told["screen"] and floor else None
        seconds = {f"{what} s": value for what, value in told.items()}
        rows.append({"choice": kind, "charts": charts, **seconds, "bare screen s": floor, "screen times": times})
    return rows


def measure(samples: Samples) -> Findings:
    if CHROMIUM is None:
        return Findings([Table("Pages in Chromium: not measured", [], ["there is no Chromium"])])
    by_size: dict[int, list[dict[str, Cell]]] = {size: [] for size in samples.sizes}
    with tempfile.TemporaryDirectory(dir=samples.folder) as folder, browsing() as browser:
        place = Path(folder)
        (place / "bare.py").write_text(BARE, encoding="utf-8")
        ours, theirs = (browser.new_page(viewport={"width": 1440, "height": 1000}) for _ in range(2))
        for each in (ours, theirs):
            each.set_default_timeout(LONGEST)
        with scripted(place / "bare.py", place / "bare.log") as bare:
            for size, rows in by_size.items():
                paths, kinds = (PATHS, (FIRST, AGAIN)) if size == samples.usual else (FEW_PATHS, (FIRST,))
                for path in paths:
                    with served(samples.snapshot(size), place / "app.log", free_port()) as app:
                        opened(ours, app.address)
                        for query, asked in ((f"?{SELECTED}", kinds), ("", (ALONE,)), ("?sex=female", (MOST,))):
                            address = f"{app.address}/{path}{query}"
                            found = measured(app, ours, address, theirs, bare.address, asked)
                            rows += [{"page": path or "overview", **row} for row in found]
    title = "From a change of the filters to the drawn charts"
    notes = [f"medians of {len(SPANS)} choices; times is against a bare page with as many charts"]
    tables = [Table(f"{title}, {size_in_words(size)} treatment records", rows, notes) for size, rows in by_size.items()]

    def slowest(kind: str, column: str) -> float:
        return max(float(row[column] or 0) for row in by_size[samples.usual] if row["choice"] == kind)

    figure = "browser, filter change to the drawn charts on the screen, slowest page, {}, " + size_in_words(
        samples.usual
    )
    return Findings(
        tables,
        [
            Figure(f"{figure.format(FIRST)}, against a bare page", slowest(FIRST, "screen times"), 2.2),
            *(Figure(figure.format(kind), slowest(kind, "screen s"), 0.5, " s") for kind in (FIRST, ALONE, MOST)),
        ],
    )
