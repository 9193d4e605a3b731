"""The few pages that are shown without the app: to sign in, and to whoever has no role. They hold no script."""

from __future__ import annotations

import base64
import html
from pathlib import Path

from starlette.responses import HTMLResponse

from dashboard.access import Viewer

_MARK = base64.b64encode((Path(__file__).parent.parent / "ui" / "mark.svg").read_bytes()).decode()
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%(title)s · Outcomes</title>
<link rel="icon" href="data:image/svg+xml;base64,%(mark)s">
<style>
:root { --ground: #FAF9F6; --text: #23272B; --small: #5A5D5F; --line: #E1DCD2; --button: #0F665F; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #171614; --text: #ECE8E1; --small: #B9B4AB; --line: #3A3732; --button: #258078; }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground);
  color: var(--text); font: 1rem/1.5 Inter, -apple-system, 'Segoe UI', sans-serif; }
main { max-width: 25rem; margin: 1rem; padding: 2rem; border: 1px solid var(--line); border-radius: 0.75rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1rem 0 0.5rem; }
p { margin: 0 0 1.25rem; color: var(--small); overflow-wrap: anywhere; }
a { display: inline-block; padding: 0.5rem 1.1rem; border-radius: 0.5rem; background: var(--button); color: #fff;
  text-decoration: none; font-weight: 600; }
a:focus-visible { outline: 3px solid var(--text); outline-offset: 2px; }
</style>
</head>
<body>
<main>
<img src="data:image/svg+xml;base64,%(mark)s" width="40" height="40" alt="">
<h1>%(title)s</h1>
<p>%(words)s</p>
<a href="%(link)s">%(label)s</a>
</main>
</body>
</html>
"""


def sign_in(has_been: bool) -> HTMLResponse:
    """To whoever is not signed in, or no longer."""
    words = "Your sign-in has ended. " if has_been else ""
    words += "This dashboard shows the outcomes of a practice to those who work there. Sign in with your usual account."
    return _page("Sign in to Outcomes", words, "/sign-in", "Sign in", 401)


def without_role(viewer: Viewer, contact: str) -> HTMLResponse:
    """To whoever is signed in and may see nothing."""
    words = f"You are signed in as {viewer.name}, and have been given no role here yet. To be given one, ask {contact}."
    return _page("Nothing to see here for you yet", words, "/auth/logout", "Sign out", 403)


def without_provider(contact: str) -> HTMLResponse:
    """To whoever would sign in, while the provider does not answer."""
    words = (
        "Where your account is looked up does not answer. Whoever is signed in stays so. Try again in a moment; if it "
        f"stays so, ask {contact}."
    )
    return _page("You cannot sign in just now", words, "/sign-in", "Try again", 503)


def _page(title: str, words: str, link: str, label: str, status: int) -> HTMLResponse:
    said = {"title": title, "words": words, "link": link, "label": label}
    return HTMLResponse(_PAGE % {"mark": _MARK, **{name: html.escape(text) for name, text in said.items()}}, status)
