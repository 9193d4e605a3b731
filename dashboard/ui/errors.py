"""The one calm message: what went wrong is for the log, never for the screen."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

import data
from dashboard.audit import Unwritable
from dashboard.filters import FilterError
from dashboard.privacy import Withheld
from dashboard.ui.wording import plain, sentence

LOG = logging.getLogger("outcomes")


@contextmanager
def calmly() -> Iterator[None]:
    """Whatever fails inside becomes a message without details of the program or of a patient."""
    try:
        yield
    except data.ImportRefused as refused:
        st.error(plain(str(refused)), title="The data cannot be opened")
    except FilterError as misunderstood:
        st.error(sentence(str(misunderstood)), title="This selection cannot be understood, so nothing is shown")
        st.button("Open without filters", on_click=st.query_params.clear)
    except Unwritable as unnoted:
        LOG.error("a page is not shown: %s", unnoted)
        st.error(
            "Who sees what has to be noted, and it cannot be now, so nothing is shown. Tell whoever runs the "
            "dashboard: there may be no room on the disk.",
            title="Not shown, because the audit log cannot be written",
        )
    except Withheld as withheld:
        st.info(sentence(str(withheld)), title="Not shown, because small numbers are suppressed")
    except Exception as failure:
        # The message of a failure may quote a patient's record; where it happened does not.
        where = "".join(traceback.format_tb(failure.__traceback__))
        LOG.error("a page failed: %s\n%s", type(failure).__name__, where)
        st.error(
            "Nothing is lost, and the data is unchanged. Reload the page; if it happens again, reset the filters "
            "or tell whoever runs the dashboard what was selected.",
            title="This part could not be shown",
        )
