"""The little that the theme cannot say: charts that scroll sideways on a phone, figures that line up, small words."""

import streamlit as st

_STYLE = """
<style>
[class*="st-key-wide-"] { overflow-x: auto; overflow-y: hidden; }
.stApp { font-variant-numeric: tabular-nums; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: %s; opacity: 1; }
</style>
"""
# Streamlit's own grey is too faint for small words: these have a contrast of at least 6 to 1 on their ground.
_SMALL_WORDS = {"light": "#5A5D5F", "dark": "#B9B4AB"}


def fit() -> None:
    """Adds the style once per run."""
    st.html(_STYLE % _SMALL_WORDS[st.context.theme.type or "light"])
