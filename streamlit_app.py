"""The front door: the server with its gate, and behind it, for each run of a page: config, style, pages and panel."""

from pathlib import Path

if __name__ == "__main__":
    import streamlit as st

    from dashboard import ui
    from dashboard.pages import SECTIONS
    from dashboard.ui.layout import fit
    from dashboard.ui.navigation import front_door

    SIDEBAR = 320
    ROOM = Path(ui.__file__).parent

    st.set_page_config(
        page_title="Outcomes", page_icon=str(ROOM / "mark.svg"), layout="wide", initial_sidebar_state=SIDEBAR
    )
    st.logo(str(ROOM / "wordmark.svg"), size="large", icon_image=str(ROOM / "mark.svg"))
    fit()
    front_door(SECTIONS)
else:
    from starlette.middleware import Middleware
    from streamlit import App

    from dashboard.server import Gate, checked, is_ready, keep_values_out, names

    def is_said(failure: Exception) -> bool:
        """Whatever fails outside of a page, such as what a button does, is said as calmly as what fails within."""
        from dashboard.ui.errors import say  # takes what pages take; the gate starts without

        say(failure)
        return True

    keep_values_out()
    sign_in = checked()
    gate = Middleware(Gate, names=names(), sign_in=sign_in, is_ready=is_ready)
    app = App(__file__, middleware=[gate], on_script_error=is_said)
