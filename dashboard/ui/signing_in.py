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
    """The name of whoever signed in, and behind it the roles and the way out, at the top of the panel on the left."""
    who = viewer()
    if not who.subject:
        return
    limits = [*(f"clinic {name}" for name in who.clinics), *(f"patients of {name}" for name in who.practitioners)]
    with st.sidebar, st.popover(plain(who.name), width="stretch", key="account"):
        st.caption(plain(f"Signed in as {_roles(who)}." + (f" Limited to {joined(limits)}." if limits else "")))
        st.button("Sign out", on_click=st.logout, width="stretch", key="sign_out")


def _roles(who: Viewer) -> str:
    return joined([role for role in ROLES if role in who.roles])


def not_for_you(title: str) -> None:
    """What stands in the place of a page that whoever looks may not open."""
    who, sign_in = viewer(), configured()
    if not who.roles:
        nobody()
        return
    reason = f"to your role, {_roles(who)}" if who.subject else "while small numbers are suppressed"
    contact = sign_in.contact if sign_in else "whoever runs this dashboard"
    st.title("Not open to you", anchor=False)
    st.info(plain(f'The page "{title}" is not open {reason}. If you need it, ask {contact}.'))


def nobody() -> None:
    """What is shown to whoever has no role, or whose sign-in has ended."""
    st.title("Outcomes", anchor=False)
    st.info("Load the page again to sign in. If you are signed in, ask whoever runs it for a role.", title="Not open")
