"""Queries that are kept under a name beside a snapshot, each in a file of its own: `<pointer>.d/queries/<name>.sql`."""

from __future__ import annotations

from pathlib import Path

from data import beside
from data.generations import folder_of
from data.refusal import ImportRefused
from data.saved_mappings import NAME

LONGEST = 20_000
MOST = 200


def save_query(snapshot: str | Path, name: str, sql: str) -> None:
    """Keep a query under this name beside a snapshot, in the place of an earlier one, in one step.

    Raises ImportRefused for a name that no file can have, a query that is empty or too long, where there are too many,
    and where nothing can be written.
    """
    if not NAME.fullmatch(name) or name.endswith((" ", ".")):
        raise ImportRefused(
            f"A query cannot be called {name!r}: take letters, digits, spaces and - . , ( ), at most 80, beginning "
            "with a letter or a digit."
        )
    if not sql.strip() or len(sql) > LONGEST:
        raise ImportRefused(f"A query that is saved has 1 to {LONGEST:,} characters.")
    folder = _folder(snapshot)
    try:
        with beside.locked(folder):
            kept = saved_queries(snapshot)
            if name not in kept and len(kept) >= MOST:
                raise ImportRefused(f"There are {MOST} saved queries already: remove one first.")
            folder.mkdir(exist_ok=True)
            beside.replace(folder / f"{name}.sql", sql.strip() + "\n")
    except OSError as error:
        raise ImportRefused(f"The query cannot be saved beside the snapshot: {error.strerror}.") from error


def saved_queries(snapshot: str | Path) -> dict[str, str]:
    """The queries that are kept beside a snapshot, by name; a file that is none is left out."""
    found = {}
    for file in sorted(_folder(snapshot).glob("*.sql")):
        try:
            with file.open(encoding="utf-8") as written:
                sql = written.read(LONGEST + 1).strip()
        except (OSError, UnicodeDecodeError):
            continue
        if 0 < len(sql) <= LONGEST:
            found[file.stem] = sql
    return found


def remove_query(snapshot: str | Path, name: str) -> None:
    """Keep a query no longer; ImportRefused where there is none of that name."""
    if name not in saved_queries(snapshot):
        raise ImportRefused(f"There is no saved query {name}.")
    (_folder(snapshot) / f"{name}.sql").unlink(missing_ok=True)


def _folder(snapshot: str | Path) -> Path:
    return folder_of(Path(snapshot)) / "queries"
