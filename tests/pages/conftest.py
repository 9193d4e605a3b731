"""What opening pages in this process must not leave behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def main_stays_what_it_was() -> Iterator[None]:
    """AppTest puts the page in the place of `__main__`, which processes started later would run again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
