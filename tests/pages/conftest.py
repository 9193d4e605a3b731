"""Pages opened on drawn exports, and what opening them in this process must not leave behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages import PAGES
from tests.conftest import import_once
from tests.drawing import Exports
from tests.pages.opening import Opened, as_linked, front_door


@pytest.fixture(autouse=True)
def main_stays_what_it_was() -> Iterator[None]:
    """AppTest puts the page in the place of `__main__`, which processes started later would run again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    def open_page(name: str, exports: Exports, page: str, **query: str) -> AppTest:
        import_once(exports, folder / name)
        monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(folder / name / "outcomes.json"))
        place = [module.URL_PATH for module in PAGES].index(page)
        app = AppTest.from_function(front_door, default_timeout=30, kwargs={"place": place})
        for parameter, value in as_linked(query, folder / name / "outcomes.json").items():
            app.query_params[parameter] = value
        return app.run()

    return open_page
