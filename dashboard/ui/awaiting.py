"""Parts of a page that are drawn before everything is known, and again when it is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

EVERY_SECONDS = 1.0


def drawn(draw: Callable[[], bool], is_awaited: bool = False, beside: bool = False) -> None:
    """A part of the page that runs by itself; while `draw` says that something is still to come, it looks again.

    Parts that are seen at once are drawn `beside` each other; of others the upper ones come first.
    """

    def part() -> None:
        if not draw() and is_awaited:
            # Nothing more to wait for: a run of the page takes the clock away.
            st.rerun()

    st.fragment(part, run_every=EVERY_SECONDS if is_awaited else None, parallel=beside)()
