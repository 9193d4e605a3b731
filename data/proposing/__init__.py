"""From a practice's raw files to a proposed mapping: what each file is taken for, and how its columns are read.

words.py        words of exports, found in data/vocabulary.toml
numbers.py      numbers of exports, whichever way they are written
proposal.py     what is proposed, as plain values; to and from JSON
columns.py      what the columns of a file hold
cells.py        a source column read into a column of the contract, its values matched
expressions.py  cells that are made from several columns, or from a part of one
sections.py     which source column is which column of a table
files.py        which tables a file holds
together.py     what files say about each other
sampling.py     a file, looked at for this
editing.py      changes by whoever knows better
writing.py      the mapping, as TOML
previewing.py   rows before and after
"""

from data.proposing.again import as_saved, files_of_the_contract, unnamed_types
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
    "as_saved",
    "codes",
    "files_of_the_contract",
    "preview",
    "propose",
    "unnamed_types",
    "with_constant",
    "with_date_formats",
    "with_decimal",
    "with_source",
    "with_tables",
    "with_timezone",
    "with_value",
    "with_where",
]
