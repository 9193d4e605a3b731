"""From a practice's raw files to a proposed mapping: what each file is taken for, and how its columns are read.

words.py        words of exports, found in data/vocabulary.toml
proposal.py     what is proposed, as plain values; to and from JSON
columns.py      what the columns of a file hold
sections.py     which of them is which column of a table
files.py        which tables a file holds; what files say about each other
sampling.py     the only part that opens a file
editing.py      changes by whoever knows better
writing.py      the mapping, as TOML
previewing.py   rows before and after
"""

from data.proposing.editing import (
    with_constant,
    with_date_formats,
    with_decimal,
    with_source,
    with_tables,
    with_timezone,
    with_value,
    with_where,
)
from data.proposing.previewing import Preview, PreviewTable, preview
from data.proposing.proposal import (
    Cell,
    Column,
    DateReading,
    File,
    Proposal,
    Question,
    Section,
    ValueMatch,
)
from data.proposing.sampling import propose
from data.proposing.words import LEFT_OUT, codes

__all__ = [
    "LEFT_OUT",
    "Cell",
    "Column",
    "DateReading",
    "File",
    "Preview",
    "PreviewTable",
    "Proposal",
    "Question",
    "Section",
    "ValueMatch",
    "codes",
    "preview",
    "propose",
    "with_constant",
    "with_date_formats",
    "with_decimal",
    "with_source",
    "with_tables",
    "with_timezone",
    "with_value",
    "with_where",
]
