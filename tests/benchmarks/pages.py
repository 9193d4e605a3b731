"""How long a page takes from a change of the filters to the drawn charts, beside a bare Streamlit page.

A real Chromium chooses another period in the filter panel and watches the page until nothing on it changes any more.
Told are the first chart that is drawn, the last one on the screen as it stands (1440 x 1000), and the last change
anywhere on the page, for those who scroll. The bare page has as many static charts and answers the same kind of choice:
what it takes is Streamlit's, Plotly's and the browser's. Both are served at once and asked in turns. Limits that arrive
later are no change of a page, but they are let arrive before the next one. The periods of the first round and of the
later ones are the same, so that the first round tells of figures not yet remembered. Three treatment types and one
clinic are selected all the while, as somebody has who looks for something.
"""

from __future__ import annotations

import statistics
import tempfile
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
from tests.benchmarks.serving import CHROMIUM, browsing, free_port, scripted, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

HEADLINES = (side_effects, time_to_resolution, maintenance)
PATHS = ("", *(page.URL_PATH for page in (*HEADLINES, results, compare, face_map, healing_clock, watch)))
"""The pages with charts, those of the headline measures first."""
SELECTED = urlencode({"treatment_type": TYPES, "clinic": CLINIC}, doseq=True)
BARE = """
import streamlit as st

charts = int(st.query_params.get("charts", "1"))
span = st.menu_button("Choose a period", ["Last 3 months", "Last 6 months", "Last 12 months", "All time"], key="span")
st.title(f"Bare {span}")
moved = len(str(span))
for chart in range(charts):
    days = list(range(60))
    lines = [
        {"type": "scatter", "mode": "lines", "x": days, "y": [1 / (1 + day / (line + moved)) for day in days]}
        for line in range(1, 6)
    ]
    st.plotly_chart({"data": lines, "layout": {"height": 360}}, theme=None, key=f"chart-{chart}")
"""
SPANS = ("Last 12 months", "All time", "Last 6 months", "Last 3 months")
WATCH = """
() => {
    const main = document.querySelector('[data-testid="stMain"]');
    const began = window.lastChange = performance.now();
    window.changes = {};
    window.watching?.disconnect();
    window.watching = new MutationObserver((records) => {
        window.lastChange = performance.now();
        const seconds = (window.lastChange - began) / 1000;
        window.changes.page = seconds;
        for (const {target, addedNodes, removedNodes} of records) {
            if (removedNodes.length && !addedNodes.length) continue;  // what was there before, cleared away
            const element = target.nodeType === 1 ? target : target.parentElement;
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
        && performance.now() - window.lastChange > 120;
}
"""
LONGEST = 120_000
PAUSE, BARE_PAUSE = 3_000, 500
"""Milliseconds before a choice: what arrives later is let arrive; on the bare page nothing does."""
TOLD = ("chart", "screen", "page")


def opened(page: Page, address: str) -> None:
    """Goes there and waits until nothing changes any more."""
    page.goto(address)
    page.wait_for_selector("h1")
    page.evaluate(WATCH)
    page.wait_for_function(IS_STILL, timeout=LONGEST)


def changed(page: Page, span: str, pause: int) -> dict[str, float]:
    """Seconds from the choice of that period to each of TOLD; a page without charts tells of itself only."""
    page.wait_for_timeout(pause)
    page.get_by_text("Choose a period", exact=True).click()
    choice = page.get_by_role("menuitem", name=span, exact=True)
    choice.wait_for()
    page.evaluate(WATCH)
    choice.click()
    page.wait_for_timeout(50)
    page.wait_for_function(IS_STILL, timeout=LONGEST)
    seconds: dict[str, float] = page.evaluate("() => window.changes")
    return seconds


def median(runs: list[dict[str, float]], what: str) -> float | None:
    """The median of what a choice took; None for what never happened."""
    told = [run[what] for run in runs if what in run]
    return statistics.median(told) if told else None


def measure(samples: Samples) -> Findings:
    if CHROMIUM is None:
        return Findings([Table("Pages in Chromium: not measured", [], ["there is no Chromium"])])
    rows: list[dict[str, Cell]] = []
    with tempfile.TemporaryDirectory(dir=samples.folder) as folder, browsing() as browser:
        place = Path(folder)
        (place / "bare.py").write_text(BARE, encoding="utf-8")
        with (
            served(samples.snapshot(samples.usual), place / "app.log", free_port()) as app,
            scripted(place / "bare.py", place / "bare.log") as bare,
        ):
            ours, theirs = (browser.new_page(viewport={"width": 1440, "height": 1000}) for _ in range(2))
            opened(ours, app.address)
            for path in PATHS:
                opened(ours, f"{app.address}/{path}?{SELECTED}")
                charts = ours.locator(".js-plotly-plot").count()
                opened(theirs, f"{bare.address}/?charts={charts}")
                runs: dict[str, list[dict[str, float]]] = {"first": [], "again": [], "bare": []}
                for kind in ("first", "again"):
                    for span in SPANS:
                        runs[kind].append(changed(ours, span, PAUSE))
                        runs["bare"].append(changed(theirs, span, BARE_PAUSE))
                for kind, each in runs.items():
                    told = {f"{what} s": median(each, what) for what in TOLD}
                    times = {f"{what} times": _times(each, runs["bare"], what) for what in TOLD}
                    rows.append({"page": path or "overview", "charts": charts, "choice": kind, **told, **times})
    chosen = [row for row in rows if row["choice"] == "first"]
    most, longest = (max(float(row[f"screen {unit}"] or 0) for row in chosen) for unit in ("times", "s"))
    notes = [f"medians of {len(SPANS)} choices, and of {2 * len(SPANS)} on the bare page; times is against that"]
    title = f"From a change of the filters to the drawn charts, {size_in_words(samples.usual)} treatment records"
    changed_filter = "browser, filter change to the drawn charts on the screen, slowest page"
    figures = [Figure(f"{changed_filter}, against a bare page", most, 2.2), Figure(changed_filter, longest, 0.5, " s")]
    return Findings([Table(title, rows, notes)], figures)


def _times(runs: list[dict[str, float]], bare: list[dict[str, float]], what: str) -> float | None:
    ours, theirs = median(runs, what), median(bare, what)
    return ours / theirs if ours and theirs else None
