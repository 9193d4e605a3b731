"""Who is looking, their name and the way out; and the banner where nobody has to sign in, though others can come in."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.access import EVERYBODY, NOBODY, ROLES, Viewer, viewer
from dashboard.server.listening import is_insecure
from dashboard.server.sign_in import configured
from dashboard.ui.wording import joined, plain


def who_looks() -> Viewer:
    """Whoever signed in, with what they may now; nobody where that cannot be told, or has ended."""
    sign_in = configured()
    if sign_in is None:
        return EVERYBODY
    if get_script_run_ctx() is None:
        return NOBODY
    return sign_in.viewer(st.user.to_dict()) or NOBODY


def banner() -> None:
    """On every page, where others are let in without signing in."""
    if configured() is None and is_insecure():
        st.warning(
            "Whoever reaches this address sees all records, and may import: the server was started with --insecure.",
            title="Nobody has to sign in here",
        )


def account() -> None:
    """The name and the roles of whoever signed in, and the way out, in the panel on the left."""
    who = viewer()
    if not who.subject:
        return
    limits = [f"clinic {name}" for name in who.clinics] + [f"patients of {name}" for name in who.practitioners]
    with st.sidebar, st.container(key="account"):
        st.caption(plain(f"{who.name} · {joined([role for role in ROLES if role in who.roles])}"))
        if limits:
            st.caption(plain(f"Only {joined(limits)}"))
        st.button("Sign out", on_click=st.logout, width="stretch", key="sign_out")


def not_for_you(title: str) -> None:
    """What stands in the place of a page that whoever looks may not open."""
    who = viewer()
    roles = joined([role for role in ROLES if role in who.roles])
    reason = f"your role is {roles}" if who.subject else "small numbers are suppressed here"
    st.title("Not open to you", anchor=False)
    st.info(
        plain(f'The page "{title}" shows what you may not see, for {reason}. If you need it, ask whoever runs this.')
    )


def nobody() -> None:
    """What is shown to whoever has no role, or whose sign-in has ended."""
    st.title("Outcomes", anchor=False)
    st.info("Load the page again to sign in. If you are signed in, ask whoever runs it for a role.", title="Not open")
