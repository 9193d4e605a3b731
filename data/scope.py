"""Which records somebody may be told of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """The records that somebody may be told of: by whatever way they ask, there are no others.

    clinics, practitioners: those whose treatment records they are, with what hangs on them; () is all, and '' is
    "not recorded". Where both are given, a record has to be of one of each.
    pseudonyms: whether pseudonyms stand in place of the ids of patients and records.
    """

    clinics: tuple[str, ...] = ()
    practitioners: tuple[str, ...] = ()
    pseudonyms: bool = False

    def __post_init__(self) -> None:
        for name in ("clinics", "practitioners"):
            given = getattr(self, name)
            if isinstance(given, str) or not all(isinstance(value, str) for value in given):
                raise TypeError(f"{name} of a scope are a tuple of texts")
            object.__setattr__(self, name, tuple(sorted(set(given))))

    @property
    def is_everything(self) -> bool:
        """Whether it is all records, as they are."""
        return self == Scope()

    @property
    def is_cut(self) -> bool:
        """Whether it leaves records out."""
        return bool(self.clinics or self.practitioners)

    @property
    def in_words(self) -> str:
        """What it leaves, such as "only clinic North or South, ids are pseudonyms"; "" for everything."""
        told = [
            f"only {called} {' or '.join(value or 'not recorded' for value in values)}"
            for called, values in (("clinic", self.clinics), ("practitioner", self.practitioners))
            if values
        ]
        return ", ".join([*told, "ids are pseudonyms"] if self.pseudonyms else told)


EVERYTHING = Scope()
