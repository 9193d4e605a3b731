"""Who may do what. There are no roles yet: the server listens to this machine alone, and whoever sits there may do all.

Where small numbers are suppressed, whoever sits there is a reader who may see no record. This is the one place where
that is decided.
"""

from __future__ import annotations

from dashboard.privacy import suppress_below


def may_import() -> bool:
    """Whether whoever asks may bring in records, see what became of them, and return to an older snapshot."""
    return suppress_below() < 2


def may_save_views() -> bool:
    """Whether whoever asks may save what is shown under a name for everybody, and rename and remove what was saved."""
    return may_import() or may_see_patients()


def may_see_patients() -> bool:
    """Whether whoever asks may see what is recorded of one person."""
    return suppress_below() < 2
