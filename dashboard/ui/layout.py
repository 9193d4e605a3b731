"""The little that the theme and Streamlit's markup cannot say: to the eye, to the keyboard, and to a screen reader."""

import streamlit as st

_STYLE = """
<style>
[data-testid="stElementContainer"]:has(> [data-testid="stHtml"] > script:only-child) { display: none; }
[class*="st-key-wide-"] { overflow-x: auto; overflow-y: hidden; }
[class*="st-key-wide-"]:focus-visible { outline: 2px solid %(chosen)s; }
[data-testid="stHeaderActionElements"] { display: none; }
.stApp { font-variant-numeric: tabular-nums; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p, ol.steps li { color: %(small)s; opacity: 1; }
.stApp .stButtonGroup button:is([data-selected], [aria-checked="true"], [aria-pressed="true"]) * { color: %(chosen)s; }
.stApp [data-testid="stPopoverButton"][kind="tertiary"][aria-expanded="true"] { color: %(chosen)s; }
ol.steps { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; list-style: none; margin: 0; padding: 0; }
ul.views { list-style: none; margin: 0; padding: 0; }
ul.views a { color: %(chosen)s; }
ul.views li { margin: 0 0 0.4rem; overflow-wrap: anywhere; }
ol.steps li { padding: 0.15rem 0; border-bottom: 2px solid transparent; }
ol.steps li[aria-current] { color: inherit; font-weight: 600; border-bottom-color: currentColor; }
</style>
"""
# Streamlit's own grey is too faint for small words: these have a contrast of at least 6 to 1 on their ground. In dark,
# so is the primary colour for the name of what is chosen, which carries white words elsewhere and cannot be lighter.
_COLOURS = {"light": {"small": "#5A5D5F", "chosen": "#0F665F"}, "dark": {"small": "#B9B4AB", "chosen": "#7CCBC1"}}

_MARKUP = '<script src="/markup.js"></script>'
"""What mends the markup is a file that the server gives out, for the pages run no script that stands in them."""


def fit() -> None:
    """Adds the style, and what mends the markup, once per run."""
    st.html(_STYLE % _COLOURS[st.context.theme.type or "light"])
    st.html(_MARKUP, unsafe_allow_javascript=True)
