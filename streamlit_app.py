"""The front door: page config, style, and the pages with their filter panel."""

from pathlib import Path

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
