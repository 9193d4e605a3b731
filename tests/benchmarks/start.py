"""How long it takes from the command to the first drawn chart, against `streamlit hello`.

`outcomes serve` on its own snapshot, and `streamlit hello`, whose first chart is on its page "Plotting demo"; each is
started anew, a Chromium with an empty cache opens the page as soon as the port answers, in turns.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.findings import Cell, Figure, Findings, Table, interleaved, ratio_of, size_in_words
from tests.benchmarks.samples import Samples
from tests.benchmarks.serving import CHROMIUM, browsing, free_port, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RUNS = 3
OURS = ".js-plotly-plot .main-svg"
HELLO = '[data-testid="stVegaLiteChart"] :is(canvas, svg)'
LONGEST = 60_000


def started(browser: Browser, command: list[str], path: str, chart: str, log: Path) -> float:
    """Seconds from that command to the first chart on that page."""
    port = free_port()
    with contextlib.closing(browser.new_context(viewport={"width": 1440, "height": 1000})) as context:
        page = context.new_page()
        began = time.perf_counter()
        with running([*command, str(port)], port, "/_stcore/health", log) as server:
            page.goto(server.address + path)
            page.wait_for_selector(chart, timeout=LONGEST)
            return time.perf_counter() - began


def measure(samples: Samples) -> Findings:
    if CHROMIUM is None:
        return Findings([Table("Start: not measured", [], ["there is no Chromium"])])
    rows: list[dict[str, Cell]] = []
    hello = ["-m", "streamlit", "hello", "--server.headless", "true", "--server.port"]
    with tempfile.TemporaryDirectory(dir=samples.folder) as folder, browsing() as browser:
        log = Path(folder) / "log"
        ways: dict[str, Callable[[], float]] = {
            "streamlit hello": partial(started, browser, hello, "/plotting_demo", HELLO, log)
        }
        for size in samples.sizes:
            serve = ["-m", "dashboard.cli", "serve", "--snapshot", str(samples.snapshot(size)), "--port"]
            ways[size_in_words(size)] = partial(started, browser, serve, "/", OURS, log)
        told = interleaved(ways, RUNS)
    medians = {name: sorted(seconds)[RUNS // 2] for name, seconds in told.items()}
    for name, seconds in medians.items():
        rows.append({"": name, "seconds": seconds, "times": ratio_of(told, name, "streamlit hello")})
    ratio = ratio_of(told, size_in_words(samples.largest), "streamlit hello")
    title = "From the command to the first drawn chart, by treatment records"
    figure = Figure(
        f"start to first drawn chart, against streamlit hello, {size_in_words(samples.largest)}", ratio, 1.3
    )
    return Findings([Table(title, rows, [f"medians of {RUNS}"])], [figure])
