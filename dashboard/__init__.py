"""A snapshot becomes tables, charts, pages and files.

For notebooks and scripts: `open_snapshot` gives a Store, cut to a `Scope` where one is given. Its `table` takes the
names and options of the command line and `Filters`. What they refuse, they refuse with FilterError (what is asked) or
ImportRefused (the snapshot).

filters.py     what is selected: one frozen value; periods.py: those that pages offer, and the ones before them
figures.py     what everybody asks for first, which is stored with the snapshot
request.py     what is asked of a snapshot: one value for pages, commands, scripts and manifests
store/         a snapshot opened read-only, or what several share and an engine reads: measures, records, definitions
sandbox/       SQL from readers: a statement that is checked, in a process that can reach nothing
measures/      from the counts of a measure's SQL to its figures
changes.py     which figures and signals differ between two snapshots
access.py      who asks, and what each role may
stopping.py    queries and processes that end where nobody waits for them any more
audit.py       who saw, took away and changed what: a log that can only be added to
refusal.py     what all refusals have in common
privacy.py     which small numbers, and what would give them away, do not leave
statistics/    estimators over counts
charts/        one function per measure: table -> figure
server/        the gate before the app: where it listens, who signed in, what is answered to whom
ui/            what all pages share
pages/         sentences and sections
report/        the report of a selection: one content, written as HTML and as PDF
export.py      tables as files; bundle.py: several of them with all that is needed to make them again;
               dictionary.py: what their columns mean; handout.py: the page that a patient takes home;
               patient_summary.py: everything about one person on one page
cli/           the command `outcomes`; ending.py: how each of its commands ends
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.filters import FilterError, Filters
    from dashboard.store import Store, open_snapshot
    from data import ImportRefused, Scope

__all__ = ["FilterError", "Filters", "ImportRefused", "Scope", "Store", "open_snapshot"]

_ROOMS = {
    "FilterError": "dashboard.filters",
    "Filters": "dashboard.filters",
    "ImportRefused": "data",
    "Scope": "data",
    "Store": "dashboard.store",
    "open_snapshot": "dashboard.store",
}


def __getattr__(name: str) -> Any:
    """What a script imports from here, fetched when it is: most of this package needs none of it."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
