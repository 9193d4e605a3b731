"""What is noted in the audit log of those who signed in: the pages they see, the files they take, what they change.

Where nobody signs in there is nobody to tell from another, and nothing is noted; what commands change is (cli/).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import streamlit as st

from dashboard import audit
from dashboard.access import viewer
from dashboard.export import File
from dashboard.ui import cache
from dashboard.ui.address import shown
from dashboard.ui.wording import plain
from data import ImportRefused

_SEEN = "noted"


def noted(what: str, **about: Any) -> None:
    """Notes that whoever looks does this; raises audit.Unwritable where that cannot be noted: then it is not done."""
    who = viewer()
    if who.subject:
        audit.append(audit.log_of(cache.pointer()), who.subject, who.name, what, about)


def last_events(most: int) -> list[audit.Event]:
    """The last events, the latest last."""
    return audit.last(audit.log_of(cache.pointer()), most)


def verified() -> audit.Verified:
    """Whether every event is there as it was written."""
    return audit.verify(audit.log_of(cache.pointer()))


def seen(what: str, **about: Any) -> None:
    """Notes a page with its filters, or a patient on it, once for as long as it stays the same."""
    last = st.session_state.setdefault(_SEEN, {})
    if viewer().subject and last.get(what) != about:
        noted(what, **about)
        if what == "page":
            last.clear()
        last[what] = about


def without_texts(sql: str) -> str:
    """A query without the texts in it, which may name a person."""
    return re.sub(r"'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", "'...'", sql, flags=re.DOTALL)


def changed(change: Callable[[], None], what: str, **about: Any) -> None:
    """Notes that something kept beside the snapshot is changed, and changes it; or says why it cannot be."""
    try:
        noted(what, **about)
        change()
    except ImportRefused as refused:
        st.error(plain(str(refused)))
    else:
        st.rerun()


def taken(make: Callable[[], bytes | str], file: str) -> Callable[[], bytes | str]:
    """The contents of a download, made and noted when somebody takes it: of the snapshot and filters shown now."""
    page, store = shown(), cache.current_store()

    def made() -> bytes | str:
        content = make()
        written = content.encode() if isinstance(content, str) else content
        noted(
            "download",
            file=file,
            page=page.url_path or "overview",
            filters=page.filters.to_query(),
            snapshot=store.name,
            bytes=len(written),
            sha256=sha256(written).hexdigest(),
            **({"rows": written.rows} if isinstance(written, File) else {}),
        )
        return content

    return cache.as_shown(made)
