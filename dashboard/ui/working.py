"""How a figure can be had elsewhere: as SQL, by a command, in a script, and by a link to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

import queries
from dashboard.request import Request
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.address import shown
from dashboard.ui.wording import plain
from data.generations import number_of

PANELS = ("SQL", "Command", "Link")

_CURVES = {"healing_clock": "time_to_resolution"}
"""The measure whose select counts what the curves of another are made of."""
_COUNTS = "The counts from which the figure's estimates are made. It runs as it stands, on the page SQL too."
_ROWS = "The rows as they are. It runs as it stands, on the page SQL too."
_CHANGES = (
    "What is compared of one table in both snapshots; the names in braces are those of the table and its columns."
)
_WHERE = "To be run in the folder in which the dashboard was started; elsewhere, name the snapshot by --snapshot."


@dataclass(frozen=True)
class Working:
    """The SQL and what it gives, the command, and the lines of Python, of a figure beneath a heading.

    Where a measure is asked for by one group of everything, the command's table names it, in a column `total`.
    """

    name: str
    heading: str
    sqls: tuple[str, ...]
    about_sql: str
    command: str
    script: str = ""

    @classmethod
    def of(cls, request: Request, heading: str) -> Working:
        """The working of what is asked of the current snapshot."""
        k = cache.current_store().suppress_below
        hidden = f" --suppress-below {k}" if k else ""
        about = _COUNTS if request.is_measure else _ROWS
        made_of = (_CURVES[request.name], request.name) if request.name in _CURVES else (request.name,)
        sqls = tuple(replace(request, name=name).statement for name in made_of)
        return cls(request.name, heading, sqls, about, request.command + hidden, request.script_of(k))

    @classmethod
    def of_changes(cls, name: str, earlier: Store, heading: str) -> Working:
        """The working of what changed since an earlier snapshot."""
        command = f"outcomes export {name} --since {number_of(earlier.generation.path)}"
        return cls(name, heading, (queries.read(f"changes/{name}"),), _CHANGES, command)

    def show(self, panel: str) -> None:
        """One of PANELS."""
        if panel == "SQL":
            st.caption(self.about_sql)
            for sql in self.sqls:
                st.code(sql, language=None, wrap_lines=True)
        elif panel == "Command":
            st.caption(_WHERE)
            st.code(self.command, language=None, wrap_lines=True)
            if self.script:
                st.caption("The same in a script or notebook.")
                st.code(self.script, language=None, wrap_lines=True)
        elif panel == "Link":
            now = shown()
            st.caption(plain(f"{self.heading} · {now.in_words}"))
            st.code(now.link(self.heading), language=None, wrap_lines=True)
