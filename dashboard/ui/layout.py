"""The little that the theme cannot say: charts that scroll sideways on a phone, figures that line up."""

import streamlit as st

_STYLE = """
<style>
[class*="st-key-wide-"] { overflow-x: auto; overflow-y: hidden; }
.stApp { font-variant-numeric: tabular-nums; }
</style>
"""


def fit() -> None:
    """Adds the style once per run."""
    st.html(_STYLE)
