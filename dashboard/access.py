"""Who asks, and who may do what: the one place where that is decided.

Where no sign-in is configured, whoever sits at the machine may do all; where small numbers are suppressed there, they
are a reader who may see no record. Where people sign in, `dashboard.ui.signing_in` says who asks, each time anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal, get_args

from dashboard.refusal import Refusal

Role = Literal["owner", "clinician", "analyst", "manager"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks.

    subject: who it is to the provider (`sub`); "" where nobody signs in
    name: what is shown on the screen
    roles: what they may do; with several, whatever one of them may
    clinics: the clinics whose records they are told of; () is all
    practitioners: those whose records they are told of; of a clinician, whose patients are their own; () is all
    """

    subject: str
    name: str
    roles: frozenset[Role]
    clinics: tuple[str, ...] = ()
    practitioners: tuple[str, ...] = ()


EVERYBODY = Viewer("", "Whoever sits at this machine", frozenset(ROLES))
NOBODY = Viewer("", "Nobody", frozenset())

_in_place_of: ContextVar[Viewer | None] = ContextVar("in_place_of", default=None)


def _whoever_sits_here() -> Viewer:
    return EVERYBODY


_asks: Callable[[], Viewer] = _whoever_sits_here


def viewer() -> Viewer:
    """Who asks now."""
    who = _in_place_of.get() or _asks()
    if who == EVERYBODY and _small_numbers_are_suppressed():
        return replace(who, roles=frozenset[Role]({"owner"}))
    return who


class NoRole(Refusal):
    """Whoever asks may see nothing: they were given no role, or no longer, or their sign-in has ended meanwhile."""


def somebody() -> Viewer:
    """Who asks now, for whatever depends on what they are limited to: raises NoRole for nobody, who has no limits."""
    who = viewer()
    if not who.roles:
        raise NoRole("who asks has no role, or their sign-in has ended")
    return who


def ask(who: Callable[[], Viewer]) -> None:
    """From here on that says who asks."""
    global _asks
    _asks = who


@contextmanager
def in_place_of(who: Viewer) -> Iterator[None]:
    """Inside, they ask: what is done for somebody later, elsewhere, is done with their rights."""
    token = _in_place_of.set(who)
    try:
        yield
    finally:
        _in_place_of.reset(token)


SUPPRESS_BELOW = 5
"""The smallest count that those are told who may see no single patient, where OUTCOMES_SUPPRESS_BELOW says none."""


def smallest_told() -> int:
    """The smallest count that whoever asks is told, but for 0; 0 where they are told all."""
    from dashboard.privacy import suppress_below  # takes what figures take; the gate starts without

    told = suppress_below()
    sees_patients = _is_one_of("clinician", "analyst") or not somebody().subject
    return told if sees_patients else told or SUPPRESS_BELOW


def may_see_figures() -> bool:
    """Whether whoever asks may see any figure."""
    return bool(viewer().roles)


def may_see_records() -> bool:
    """Whether whoever asks may see records of single patients, as tables: their own, or under pseudonyms."""
    return _is_one_of("clinician", "analyst") and not _small_numbers_are_suppressed()


def may_see_patients() -> bool:
    """Whether whoever asks may see what is recorded of one person."""
    return _is_one_of("clinician") and not _small_numbers_are_suppressed()


def may_use_sql() -> bool:
    """Whether whoever asks may ask by SQL."""
    return _is_one_of("analyst") and not _small_numbers_are_suppressed()


def may_import() -> bool:
    """Whether whoever asks may bring in records, see what became of them, and return to an older snapshot."""
    return _is_one_of("manager")


def may_save_views() -> bool:
    """Whether whoever asks may save what is shown under a name for everybody, and rename and remove what was saved."""
    return _is_one_of("clinician", "analyst", "manager")


def may_read_audit() -> bool:
    """Whether whoever asks may read who saw and took what."""
    return _is_one_of("manager")


def _is_one_of(*roles: Role) -> bool:
    return not viewer().roles.isdisjoint(roles)


def _small_numbers_are_suppressed() -> bool:
    from dashboard.privacy import suppress_below  # takes what figures take; the gate starts without

    return suppress_below() > 1
