"""The one error of an import that its user can mend."""

from __future__ import annotations


class ImportRefused(Exception):
    """Nothing was changed; the message says what is wrong and how to mend it."""
