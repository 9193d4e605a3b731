"""Exported records become a snapshot.

A file walks one straight line:

    mapping.py      what a mapping (TOML) says, or the contract itself
    sources.py      the files given, and what each is read as; refuses what is not there
    lookups.py      columns that other files give
    expressions.py  the expressions of a mapping, as SQL that can do nothing else
    formats/        a file of any format becomes records of text, every line accounted for
    dates.py        how the dates of a column are written; never guessed
    values.py       how the text of a cell is read: days, numbers, units, yes and no
    reading.py      records -> text under the contract's names, the files of one table after another's
    staging.py      text -> types
    checking.py     the rules (queries/checks): rejected rows and warnings
    building.py     one row per id: the contract's tables
    history.py      what became of every row, import after import
    deriving.py     what needs a patient's history (queries/model)
    publishing.py   the old snapshot or the new one, never half of one; and back to an older one
    generations.py  the snapshots that are there, checked before one is opened
    reporting.py    what was done
    mending.py      rejected rows as a file again, to be mended and read
    importing.py    all of it, in order
    rederiving.py   a snapshot derived again from its own records, by an edited catalogue

After it, for whoever reads:

    attaching.py    the relations of a snapshot, whichever version wrote it
    scope.py        which records somebody may be told of
    extracting.py   a snapshot cut to a scope
    pseudonyms.py   what stands in place of ids; installation.py: the key they are made with
    sharing.py      a snapshot in a folder that several share, for an engine to compute on

Before it: proposing/ (from files to a mapping), saved_mappings.py (kept beside the snapshot).
Kept beside the snapshot too: practice_events.py (what changed in the practice on which day), saved_views.py (pages with
their filters, under a name), saved_queries.py (SQL under a name); beside.py writes them.
Beside it: contract.py (tables and columns), catalogue.py (treatment types: treatment_types.csv, or the practice's own),
mappings/, sample/.
"""

from typing import TYPE_CHECKING, Any

# These are called like the modules that they stand in, so what an import of such a module leaves here is replaced.
from data.practice_events import practice_events
from data.saved_mappings import saved_mappings
from data.saved_queries import saved_queries
from data.saved_views import saved_views

if TYPE_CHECKING:
    from data.attaching import attach
    from data.catalogue import (
        COLOURS,
        Catalogue,
        TreatmentType,
        catalogue_of,
        check_catalogue,
        read_catalogue,
        with_unknown,
    )
    from data.catalogue import written as written_catalogue
    from data.extracting import extract, extract_beside, is_extracted
    from data.generations import Generation, KeptSnapshot, current, snapshots
    from data.importing import check_exports, import_exports
    from data.mapping import shipped as shipped_mappings
    from data.mending import mendable, mendable_name
    from data.practice_events import PracticeEvent, PracticeEvents, add_practice_event, remove_practice_event
    from data.publishing import return_to
    from data.rederiving import rederive
    from data.refusal import ImportRefused
    from data.reporting import ImportReport
    from data.saved_mappings import remove_mapping, save_mapping
    from data.saved_queries import remove_query, save_query
    from data.saved_views import SavedView, SavedViews, remove_view, rename_view, save_view
    from data.scope import EVERYTHING, Scope
    from data.sharing import share

__all__ = [
    "COLOURS",
    "EVERYTHING",
    "Catalogue",
    "Generation",
    "ImportRefused",
    "ImportReport",
    "KeptSnapshot",
    "PracticeEvent",
    "PracticeEvents",
    "SavedView",
    "SavedViews",
    "Scope",
    "TreatmentType",
    "add_practice_event",
    "attach",
    "catalogue_of",
    "check_catalogue",
    "check_exports",
    "current",
    "extract",
    "extract_beside",
    "import_exports",
    "is_extracted",
    "mendable",
    "mendable_name",
    "practice_events",
    "read_catalogue",
    "rederive",
    "remove_mapping",
    "remove_practice_event",
    "remove_query",
    "remove_view",
    "rename_view",
    "return_to",
    "save_mapping",
    "save_query",
    "save_view",
    "saved_mappings",
    "saved_queries",
    "saved_views",
    "share",
    "shipped_mappings",
    "snapshots",
    "with_unknown",
    "written_catalogue",
]

_ROOMS = {
    "attaching": ("attach",),
    "catalogue": (
        "COLOURS",
        "Catalogue",
        "TreatmentType",
        "catalogue_of",
        "check_catalogue",
        "read_catalogue",
        "with_unknown",
    ),
    "extracting": ("extract", "extract_beside", "is_extracted"),
    "generations": ("Generation", "KeptSnapshot", "current", "snapshots"),
    "importing": ("check_exports", "import_exports"),
    "mending": ("mendable", "mendable_name"),
    "practice_events": ("PracticeEvent", "PracticeEvents", "add_practice_event", "remove_practice_event"),
    "publishing": ("return_to",),
    "rederiving": ("rederive",),
    "refusal": ("ImportRefused",),
    "reporting": ("ImportReport",),
    "saved_mappings": ("remove_mapping", "save_mapping"),
    "saved_queries": ("remove_query", "save_query"),
    "saved_views": ("SavedView", "SavedViews", "remove_view", "rename_view", "save_view"),
    "scope": ("EVERYTHING", "Scope"),
    "sharing": ("share",),
}
_OTHERWISE_CALLED = {"shipped_mappings": ("mapping", "shipped"), "written_catalogue": ("catalogue", "written")}
_PLACES = {name: (room, name) for room, names in _ROOMS.items() for name in names} | _OTHERWISE_CALLED


def __getattr__(name: str) -> Any:
    """What is imported from here, fetched when it is: a process that converts one file needs no database."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    room, called = _PLACES[name]
    found = globals()[name] = getattr(import_module(f"data.{room}"), called)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
