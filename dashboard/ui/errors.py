"""The one calm message: what went wrong is for the log, never for the screen."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

import data
from dashboard.access import NoRole, may_import
from dashboard.audit import Unwritable
from dashboard.filters import FilterError
from dashboard.privacy import Withheld
from dashboard.server.logs import LOG, told
from dashboard.ui.wording import plain, sentence

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def calmly() -> Iterator[None]:
    """Whatever fails inside becomes a message without details of the program or of a patient."""
    try:
        yield
    except Exception as failure:
        say(failure)


def say(failure: Exception) -> None:
    """What is shown in place of what failed."""
    if isinstance(failure, data.ImportRefused):
        # Where the data is, and what is wrong with it, is for whoever can mend it.
        why = (
            str(failure) if may_import() else "Try again in a moment; if it stays so, tell whoever runs the dashboard."
        )
        st.error(plain(why), title="The data cannot be opened")
    elif isinstance(failure, NoRole):
        st.info("Load the page again to sign in.", title="Your sign-in has ended, or your role was taken away")
    elif isinstance(failure, FilterError):
        st.error(sentence(str(failure)), title="This selection cannot be understood, so nothing is shown")
        st.button("Open without filters", on_click=st.query_params.clear)
    elif isinstance(failure, Unwritable):
        LOG.error("a page is not shown: %s", failure.args[0])
        st.error(
            "Who sees, takes or changes what has to be noted, and it cannot be now, so nothing is shown, given or "
            "changed. Tell whoever runs the dashboard: there may be no room on the disk.",
            title="Not shown, because the audit log cannot be written",
        )
    elif isinstance(failure, Withheld):
        st.info(sentence(str(failure)), title="Not shown, because small numbers are suppressed")
    elif isinstance(failure, OSError) and failure.errno in _FULL:
        LOG.error("no room: %s", told(failure))
        st.error(
            "Nothing was changed. Tell whoever runs the dashboard; once there is room, try again.",
            title="There is no room on the disk",
        )
    else:
        LOG.error("a page failed: %s", told(failure))
        st.error(
            "Nothing is lost, and the data is unchanged. Reload the page; if it happens again, reset the filters "
            "or tell whoever runs the dashboard what was selected.",
            title="This part could not be shown",
        )
