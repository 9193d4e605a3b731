"""The little that the theme cannot say: charts that scroll sideways on a phone, figures that line up, small words."""

import streamlit as st

_STYLE = """
<style>
[class*="st-key-wide-"] { overflow-x: auto; overflow-y: hidden; }
.stApp { font-variant-numeric: tabular-nums; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p, ol.steps li { color: %s; opacity: 1; }
ol.steps { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; list-style: none; margin: 0; padding: 0; }
ol.steps li { padding: 0.15rem 0; border-bottom: 2px solid transparent; }
ol.steps li[aria-current] { color: inherit; font-weight: 600; border-bottom-color: currentColor; }
</style>
"""
# Streamlit's own grey is too faint for small words: these have a contrast of at least 6 to 1 on their ground.
_SMALL_WORDS = {"light": "#5A5D5F", "dark": "#B9B4AB"}


def fit() -> None:
    """Adds the style once per run."""
    st.html(_STYLE % _SMALL_WORDS[st.context.theme.type or "light"])
