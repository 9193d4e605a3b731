"""How long each page takes from a change of the filters to the drawn charts, beside a bare Streamlit page.

    uv run python -m tests.benchmarks.page_speed --treatments 1000000 --output page_speed.json

A real Chromium chooses another period in the filter panel and watches the page until nothing on it changes any more.
Told are the first chart that is drawn, the last one on the screen as it stands (1440 x 1000), and the last change
anywhere on the page, for those who scroll. The bare page has as many static charts and answers the same kind of choice:
what it takes is Streamlit's, Plotly's and the browser's. Both are served at once and asked in turns. Limits that arrive
later are no change of a page, but they are let arrive before the next one. The periods of the first round and of the
later ones are the same, so that the first round tells of figures not yet remembered.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.pages import PAGES
from data import import_exports
from data.sampling import write_sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
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
PAUSE = 3_000
TOLD = ("chart", "screen", "page")


@contextlib.contextmanager
def served(script: Path, place: Path, **environment: str) -> Iterator[str]:
    """The address of a Streamlit script, served on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    with (place / f"{script.stem}.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log
        )
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health"):
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def opened(page: Page, address: str) -> None:
    """Goes there and waits until nothing changes any more."""
    page.goto(address)
    page.wait_for_selector("h1")
    page.evaluate(WATCH)
    page.wait_for_function(IS_STILL, timeout=LONGEST)


def changed(page: Page, span: str) -> dict[str, float]:
    """Seconds from the choice of that period to each of TOLD; a page without charts tells of itself only."""
    page.wait_for_timeout(PAUSE)
    page.get_by_text("Choose a period", exact=True).click()
    choice = page.get_by_role("menuitem", name=span, exact=True)
    choice.wait_for()
    page.evaluate(WATCH)
    choice.click()
    page.wait_for_timeout(50)
    page.wait_for_function(IS_STILL, timeout=LONGEST)
    seconds: dict[str, float] = page.evaluate("() => window.changes")
    return seconds


def medians(runs: list[dict[str, float]]) -> str:
    """The median of each of TOLD, a dash for what never happened."""
    of_each = ([run[what] for run in runs if what in run] for what in TOLD)
    return "   " + "".join(f"{statistics.median(each):>7.2f}" if each else f"{'-':>7}" for each in of_each)


@click.command()
@click.option("--treatments", default=1_000_000, show_default=True, help="Treatment records of the synthetic exports.")
@click.option("--snapshot", type=click.Path(path_type=Path), help="A snapshot made before.")
@click.option("--page", "chosen", multiple=True, help="The path of a page; all where none is told.")
@click.option("--filter", "filters", default="", help="More of the address, such as clinic=North+Gate+Clinic.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write all runs as JSON.")
def main(treatments: int, snapshot: Path | None, chosen: tuple[str, ...], filters: str, output: Path | None) -> None:
    """Measure every page from a change of the period to the drawn charts, a bare page of as many charts beside it."""
    from playwright.sync_api import sync_playwright

    paths = chosen or ["" if module is PAGES[0] else module.URL_PATH for module in PAGES]
    told: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="outcomes-benchmark-") as folder, sync_playwright() as playwright:
        place = Path(folder)
        if snapshot is None:
            snapshot = place / "outcomes.json"
            write_sample(place / "exports", treatments, seed=3)
            import_exports([place / "exports"], into=snapshot)
        (place / "bare.py").write_text(BARE, encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        with (
            served(ROOT / "streamlit_app.py", place, OUTCOMES_SNAPSHOT=str(snapshot)) as app,
            served(place / "bare.py", place) as bare,
        ):
            pages = [browser.new_page(viewport={"width": 1440, "height": 1000}) for _ in range(2)]
            opened(pages[0], app)
            rounds = ("first", "again", "bare")
            click.echo(f"{'':26}" + "".join(f"{kind:>21}   " for kind in rounds) + "   seconds, medians")
            click.echo(f"{'page':22}{'n':>4}" + ("   " + "".join(f"{what:>7}" for what in TOLD)) * len(rounds))
            for path in paths:
                opened(pages[0], f"{app}/{path}?{filters}".rstrip("?"))
                charts = pages[0].locator(".js-plotly-plot").count()
                opened(pages[1], f"{bare}/?charts={charts}")
                runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in rounds}
                for kind in ("first", "again"):
                    for span in SPANS:
                        runs[kind].append(changed(pages[0], span))
                        runs["bare"].append(changed(pages[1], span))
                told[path or "overview"] = {"charts": charts, **runs}
                click.echo(f"{path or 'overview':22}{charts:>4}" + "".join(medians(each) for each in runs.values()))
        browser.close()
    if output:
        output.write_text(json.dumps({"filters": filters, "pages": told}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
