"""Views that were saved under a name, kept beside a snapshot: a page, its filters and options, and nobody's id."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import beside
from data.generations import folder_of
from data.refusal import ImportRefused

LONGEST = 60
MOST = 100
_LARGEST = 1_000_000
_LARGEST_VIEW = 8_000
_PAGE = re.compile(r"[a-z-]{0,40}")
_PARAMETER = re.compile(r"[a-z_]{1,80}")


@dataclass(frozen=True)
class SavedView:
    """A page, by its path, and the parameters of its address: filters and options."""

    name: str
    page: str
    query: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class SavedViews:
    """The views that are kept, by name in alphabetical order, and what is wrong with the file."""

    views: tuple[SavedView, ...] = ()
    problem: str = ""


def saved_views(snapshot: str | Path) -> SavedViews:
    """The views kept beside a snapshot; of a file that cannot be read, none, and why."""
    file = _file(snapshot)
    try:
        with file.open("rb") as written:
            content = written.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            return SavedViews(problem=f"{file.name} is too large to be a list of saved views.")
        views = [_checked(one["name"], one["page"], one["query"]) for one in json.loads(content)]
    except FileNotFoundError:
        return SavedViews()
    except OSError as error:
        return SavedViews(problem=f"{file.name} cannot be read: {error.strerror}.")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ImportRefused):
        return SavedViews(problem=f"{file.name} is no list of saved views.")
    by_name = {view.name: view for view in views[:MOST]}
    return SavedViews(tuple(sorted(by_name.values(), key=lambda view: (view.name.casefold(), view.name))))


def save_view(snapshot: str | Path, name: str, page: str, query: Mapping[str, Sequence[str]]) -> None:
    """Keep a view under a name.

    Raises ImportRefused for a name that is taken, empty or too long, for a view of a single patient or one that is too
    large, where there are too many, and where nothing can be written.
    """
    view = _checked(name, page, query)
    with _changing(snapshot) as views:
        if len(views) >= MOST:
            raise ImportRefused(f"There are {MOST} saved views already: remove one first.")
        _add(views, view)


def rename_view(snapshot: str | Path, name: str, new: str) -> None:
    """Call a view otherwise; raises ImportRefused as `save_view` does, and where there is none of that name."""
    with _changing(snapshot) as views:
        if name not in views:
            raise ImportRefused(f"There is no saved view {name} any more.")
        view = views.pop(name)
        _add(views, _checked(new, view.page, view.query))


def remove_view(snapshot: str | Path, name: str) -> None:
    """Keep a view no longer; nothing where it is not there."""
    with _changing(snapshot) as views:
        views.pop(name, None)


def _add(views: dict[str, SavedView], view: SavedView) -> None:
    if view.name in views:
        raise ImportRefused(f"There is a saved view {view.name} already: choose another name, or remove it first.")
    views[view.name] = view


def _checked(name: str, page: str, query: Mapping[str, Any]) -> SavedView:
    words = " ".join(name.split())
    if not words or len(words) > LONGEST or not words.isprintable():
        raise ImportRefused(f"Name the view in 1 to {LONGEST} characters.")
    if page == "patients" or any(parameter.startswith("patient") for parameter in query):
        raise ImportRefused("A view of a single patient is not saved: whoever opens the list would read who it is.")
    lists = {parameter: tuple(values) for parameter, values in query.items()}
    texts = [text for values in query.values() for text in values]
    if not _PAGE.fullmatch(page) or not all(_PARAMETER.fullmatch(parameter) for parameter in lists):
        raise ImportRefused("That is no page of the dashboard with its filters and options.")
    if any(isinstance(values, str) for values in query.values()) or not all(isinstance(text, str) for text in texts):
        raise ImportRefused("Filters and options are lists of texts.")
    if len(json.dumps(lists)) > _LARGEST_VIEW:
        raise ImportRefused("This view has too many filter values to be saved: choose fewer.")
    return SavedView(words, page, lists)


@contextmanager
def _changing(snapshot: str | Path) -> Iterator[dict[str, SavedView]]:
    """The views by name, to be changed while nobody else changes them; written in one step at the end."""
    file = _file(snapshot)
    try:
        with beside.locked(file):
            kept = saved_views(snapshot)
            if kept.problem:
                raise ImportRefused(f"{kept.problem} Mend or remove it first; it is beside the snapshot.")
            views = {view.name: view for view in kept.views}
            yield views
            listed = [{"name": view.name, "page": view.page, "query": view.query} for view in views.values()]
            beside.replace(file, json.dumps(listed, ensure_ascii=False, indent=1))
    except OSError as error:
        raise ImportRefused(f"The saved views cannot be kept at {file}: {error.strerror}.") from error


def _file(snapshot: str | Path) -> Path:
    return folder_of(Path(snapshot)) / "saved_views.json"
