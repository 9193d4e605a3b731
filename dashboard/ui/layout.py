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

# An address may name a heading: until whoever reads takes over, the page keeps it in view while charts above it grow.
# What scrolls sideways is reached by Tab, and scrolled by the arrow keys, in every browser. And the menu of a phone is
# a list that holds other things than its items: each section becomes a list by itself, with its name.
_MARKUP = """
<script>
(() => {
  if (window.outcomesMarkup) return;
  const say = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    }
  };
  const mend = () => {
    if (sought) document.getElementById(sought)?.scrollIntoView();
    for (const wide of document.querySelectorAll('[class*="st-key-wide-"]')) {
      if (wide.scrollWidth > wide.clientWidth) {
        say(wide, {tabindex: "0", role: "group", "aria-label": "Scrolls sideways"});
      } else if (wide.hasAttribute("tabindex")) {
        for (const name of ["tabindex", "role", "aria-label"]) wide.removeAttribute(name);
      }
    }
    for (const items of document.querySelectorAll('[data-testid="stSidebarNavItems"]')) {
      const sections = items.querySelectorAll(":scope > div");
      if (!sections.length) continue;
      say(items, {role: "none"});
      for (const section of sections) {
        const header = section.querySelector('[data-testid="stNavSectionHeader"]');
        say(section, {role: "list", "aria-label": header?.innerText.split("\\n")[0] ?? ""});
      }
    }
  };
  let sought = decodeURIComponent(location.hash.slice(1));
  for (const act of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    window.addEventListener(act, () => { sought = ""; }, {once: true, passive: true});
  }
  setTimeout(() => { sought = ""; }, 20000);
  let isAsked = false;
  const later = () => {
    if (isAsked) return;
    isAsked = true;
    setTimeout(() => { isAsked = false; mend(); }, 100);
  };
  window.outcomesMarkup = new MutationObserver(later);
  window.outcomesMarkup.observe(document.body, {childList: true, subtree: true});
  window.addEventListener("resize", later);
  later();
})();
</script>
"""


def fit() -> None:
    """Adds the style, and what mends the markup, once per run."""
    st.html(_STYLE % _COLOURS[st.context.theme.type or "light"])
    st.html(_MARKUP, unsafe_allow_javascript=True)
