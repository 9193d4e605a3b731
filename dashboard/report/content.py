"""What a report is, whatever it is written as: plain text throughout, which who writes it has to escape."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import ClassVar, TypeAlias


@dataclass(frozen=True)
class Text:
    """A paragraph: what leads in, what is said of a figure, its n and estimator in small, or what to beware of."""

    LEAD: ClassVar = "lead"
    SAID: ClassVar = "said"
    FINE: ClassVar = "fine"
    NOTE: ClassVar = "note"

    text: str
    kind: str = SAID


@dataclass(frozen=True)
class Bullets:
    """Sentences of a list."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Headline:
    """A figure told first, with its limits and from how many it comes."""

    title: str
    figure: str
    limits: str
    counted: str


@dataclass(frozen=True)
class Headlines:
    """Figures side by side."""

    headlines: tuple[Headline, ...]


@dataclass(frozen=True)
class Chart:
    """A picture as SVG, and what is read out in its place."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Table:
    """Figures in rows; the first column names them. A table begins with what it holds."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Method:
    """What a measure means: a sentence, then what is to be known under labels."""

    title: str
    sentence: str
    notes: tuple[tuple[str, str], ...]


Part: TypeAlias = Text | Bullets | Headlines | Chart | Table | Method


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    """What it is of (facts by their names), and its sections.

    `banner` stands on every page, "" being none; `made` says when and by what.
    """

    title: str
    subtitle: str
    practice: str
    facts: tuple[tuple[str, str], ...]
    banner: str
    made: str
    made_at: datetime.datetime
    sections: tuple[Section, ...]
