"""How a figure can be had elsewhere: as SQL, by a command, in a script, and by a link to it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

import streamlit as st

from dashboard.changes import GROUPS_COMPARED, WATCHED, WINDOW_DAYS
from dashboard.filters import Filters
from dashboard.request import Request
from dashboard.store import Store, changes_statement
from dashboard.ui import cache
from dashboard.ui.address import shown
from dashboard.ui.wording import plain
from data.generations import number_of

PANELS = ("SQL", "Command", "Link")

_CURVES = {"healing_clock": "time_to_resolution"}
"""The measure whose select counts what the curves of another are made of."""
_COUNTS = "The counts from which the figure's estimates are made. It runs as it stands, on the page SQL too."
_ROWS = "The rows as they are. It runs as it stands, on the page SQL too."
_CHANGES = "It runs as it stands, in a DuckDB that is opened in the folder of the snapshots: {folder}."
_COMPARED = (
    "The counts from which the estimates of one snapshot are made; those of both are compared. It runs as it stands, "
    "on the page SQL too."
)
_WHERE = "To be run in the folder in which the dashboard was started; elsewhere, name the snapshot by --snapshot."


@dataclass(frozen=True)
class Working:
    """The SQL and what it gives, the command, and the lines of Python, of a figure beneath a heading.

    `names` are the measures, or the table, that it tells of; `file` is what a download of it is called. Where a measure
    is asked for by one group of everything, the command's table names it, in a column `total`.
    """

    names: tuple[str, ...]
    file: str
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
        command = request.command + hidden
        return cls((request.name,), request.name, heading, sqls, about, command, request.script_of(k))

    @classmethod
    def of_changes(cls, name: str, earlier: Store, heading: str) -> Working:
        """The working of what changed in the records since an earlier snapshot."""
        sql = changes_statement(name, earlier.generation, cache.current_store().generation)
        about = _CHANGES.format(folder=earlier.generation.path.parent.name)
        return cls((name,), name, heading, (sql,), about, _since((name,), earlier, Filters()))

    @classmethod
    def of_figures_since(cls, name: str, earlier: Store, filters: Filters, heading: str) -> Working:
        """The working of a measure's figures, compared with those of an earlier snapshot."""
        asked = [Request(name, filters, by) for by in GROUPS_COMPARED[name]]
        sqls = tuple(request.statement for request in asked)
        return cls((name,), f"{name}_since", heading, sqls, _COMPARED, _since((name,), earlier, filters))

    @classmethod
    def of_signals_since(cls, earlier: Store, filters: Filters, heading: str) -> Working:
        """The working of the signals that are new, or closed, since an earlier snapshot."""
        asked = [Request(name, filters, by, (("window_days", WINDOW_DAYS),)) for name, by in WATCHED.items()]
        sqls = tuple(request.statement for request in asked)
        command = _since(tuple(WATCHED), earlier, filters)
        return cls(tuple(WATCHED), "signals_since", heading, sqls, _COMPARED, command)

    def show(self, panel: str) -> None:
        """One of PANELS."""
        if panel == "SQL":
            st.caption(self.about_sql)
            for sql in self.sqls:
                st.code(sql, language=None, wrap_lines=True)
        elif panel == "Command":
            st.caption(_WHERE)
            if limited := cache.current_store().limited_to:
                st.caption(plain(f"It reads the whole snapshot, and this page: {limited}."))
            st.code(self.command, language=None, wrap_lines=True)
            if self.script:
                st.caption("The same in a script or notebook.")
                st.code(self.script, language=None, wrap_lines=True)
        elif panel == "Link":
            now = shown()
            st.caption(plain(f"{self.heading} · {now.in_words}"))
            st.code(now.link(self.heading), language=None, wrap_lines=True)


def _since(names: tuple[str, ...], earlier: Store, filters: Filters) -> str:
    """The command that tells of these what changed since a snapshot, of what is selected."""
    selection = Request("side_effect_rates", filters).arguments
    return shlex.join(["outcomes", "export", *names, *selection, "--since", f"{number_of(earlier.generation.path)}"])
