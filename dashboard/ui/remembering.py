"""What was asked of a store before, remembered for everybody who looks at the same: as much as so many bytes hold."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable
from functools import partial
from threading import Condition
from typing import Any, Generic, Protocol, TypeVar

import pandas as pd
import pyarrow as pa
from cachetools import LRUCache, cached

from dashboard.ui.waiting import waited_for

Given = TypeVar("Given")


class Named(Protocol):
    """What is asked: a store, whose name changes whenever its answers may."""

    name: str


MOST_BYTES = 128 * 2**20
"""All answers together; those that were not asked for the longest are forgotten first."""


def size_of(answer: Any) -> int:
    """About so many bytes."""
    if isinstance(answer, pd.DataFrame):
        return int(answer.memory_usage(deep=True).sum()) + 1024
    if isinstance(answer, pa.Table):
        return int(answer.nbytes) + 1024
    return len(pickle.dumps(answer)) + 128


_answers: LRUCache[Hashable, Any] = LRUCache(MOST_BYTES, getsizeof=size_of)
_changed = Condition()


class Remembered(Generic[Given]):
    """A question to a store, whose answers are remembered by the store's name and whatever else is asked."""

    def __init__(self, ask: Callable[..., Given]) -> None:
        self._ask = ask
        # Whoever asks what is being found out already waits for that.
        self._answer = cached(_answers, self._key, condition=_changed)(self._found)

    def __call__(self, store: Named, *asked: Hashable) -> Given:
        """The answer, for whoever asks to keep: changing it changes no other's."""
        answer: Given = _own(self._answer(store, *asked))
        return answer

    def known(self, store: Named, *asked: Hashable) -> Given | None:
        """The answer, where it is remembered; else None."""
        with _changed:
            answer: Given | None = _own(_answers.get(self._key(store, *asked)))
        return answer

    def _key(self, store: Named, *asked: Hashable) -> Hashable:
        return (self._ask.__qualname__, store.name, *asked)

    def _found(self, store: Named, *asked: Hashable) -> Given:
        return waited_for(partial(self._ask, store, *asked))


@cached(_answers, key=lambda store, what, make: (store.name, what), condition=_changed)
def made_of(store: Named, what: Hashable, make: Callable[[], Given]) -> Given:
    """What `make` makes of answers, remembered by the store's name and by `what` it is; nobody changes it."""
    return make()


def _own(answer: Any) -> Any:
    """A frame that shares its values until one of its owners changes them."""
    if isinstance(answer, pd.DataFrame):
        return answer.copy(deep=False)
    return list(answer) if isinstance(answer, list) else answer
