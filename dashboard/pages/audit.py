"""For managers: who saw which page, took which table away, brought in and edited what."""

import json

import pandas as pd
import streamlit as st

from dashboard.access import may_read_audit, viewer
from dashboard.charts.style import count
from dashboard.filters import Filters
from dashboard.ui.auditing import last_events, verified
from dashboard.ui.wording import plain

TITLE = "Audit"
URL_PATH = "audit"
MAY_OPEN = may_read_audit
LAST = 1_000


def render(_: Filters) -> None:
    st.title(TITLE, anchor=False)
    st.markdown("Who saw which page, took which table away, brought in and edited what.")
    if not viewer().subject:
        st.info(
            "Where nobody signs in there is nobody to tell from another, and pages and downloads are not noted. The "
            "README says how people sign in.",
            title="Nobody signs in here",
        )
    events = last_events(LAST)
    if not events:
        st.caption("No event is noted yet.")
        return
    people = sorted({event.name for event in events})
    kinds = sorted({event.what for event in events})
    with st.container(horizontal=True):
        who = st.multiselect("Who", people, key="audit_who", placeholder="Everybody", select_all=False, width=300)
        what = st.multiselect("What", kinds, key="audit_what", placeholder="Everything", select_all=False, width=300)
    shown = [event for event in reversed(events) if (not who or event.name in who) and (not what or event.what in what)]
    st.markdown(f"**{count(len(shown))}** of the last {count(len(events))} events, the latest first")
    table = pd.DataFrame(
        {
            "No": [event.no for event in shown],
            "When (UTC)": [event.at[:19].replace("T", " ") for event in shown],
            "Who": [event.name for event in shown],
            "What": [event.what for event in shown],
            "About": [_about(event.about) for event in shown],
        }
    )
    st.dataframe(table, hide_index=True, alt="The events, as a table")
    st.header("Is it as it was written?", anchor=False)
    st.caption(
        "Each event holds the sum of the one before it, so that none can be changed, removed or moved unseen. Write "
        "down the last sum elsewhere: by it the end of the log cannot be cut off either (outcomes audit verify --end)."
    )
    if st.button("Verify", key="audit_verify"):
        found = verified()
        if found.problem:
            st.error(plain(found.problem), title="The log is not as it was written")
        else:
            st.success(f"{count(found.events)} events, each as it was written. The last: {found.sha256}")


def _about(about: dict[str, object]) -> str:
    """What an event is about, on one line."""
    told = {name: value for name, value in about.items() if value not in (None, "", [], {})}
    return ", ".join(
        f"{name} {value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)}"
        for name, value in told.items()
    )
