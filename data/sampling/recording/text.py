"""Codes, numbers and ids as the text of a CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.sampling.drawing.period import LAST_DAY
from data.sampling.drawing.rows import Flags, Ints
from data.sampling.parameters.practice import FIRST_DAY
from data.sampling.parameters.recording import SYNTHETIC_PREFIX

Texts = Any  # a pyarrow string array; pyarrow ships no types
Columns = Mapping[str, Texts]

_LETTERS = {"patients": "P", "treatments": "T", "follow_ups": "F", "side_effects": "E"}


def vocabulary(words: Sequence[str]) -> Texts:
    """The words as they stand in a CSV file, and the empty word last."""
    quoted = ['"' + word.replace('"', '""') + '"' if set(word) & set(',"\n') else word for word in words]
    return pa.array([*quoted, ""], pa.string())


DATES = vocabulary([(FIRST_DAY + timedelta(days=day)).isoformat() for day in range(LAST_DAY + 1)])
TENTHS = vocabulary([f"{tenths / 10:.1f}" for tenths in range(101)])
BOOLEANS = vocabulary(["false", "true"])


def words(vocabulary: Texts, codes: Ints) -> Texts:
    """The word of each code; a negative one is empty."""
    return vocabulary.take(pa.array(np.where(codes < 0, len(vocabulary) - 1, codes)))


def dates(days: Ints, known: Flags) -> Texts:
    """The dates of the days, empty where not known."""
    return words(DATES, np.where(known, days, -1))


def numbers(values: Ints) -> Texts:
    """Whole numbers; a negative one is empty."""
    return pc.fill_null(pc.cast(pa.array(values, mask=values < 0), pa.string()), "")


@dataclass(frozen=True)
class Ids:
    """The ids of a stream's rows: a letter for the table, and numbers that go on from the streams before."""

    digits: int
    written: Mapping[str, int]  # rows of each table before this stream

    def of(self, table: str, rows: Ints) -> Texts:
        """The ids of these rows of a table; a negative one is empty."""
        number = pc.cast(pa.array(rows + self.written[table] + 1, mask=rows < 0), pa.string())
        padded = pc.utf8_lpad(number, self.digits - (table == "patients"), "0")
        prefix = pa.scalar(SYNTHETIC_PREFIX + _LETTERS[table])
        return pc.fill_null(pc.binary_join_element_wise(prefix, padded, ""), "")

    def every(self, table: str, count: int) -> Texts:
        """The ids of all rows of a table."""
        return self.of(table, np.arange(count))


def csv_lines(columns: Sequence[Texts]) -> bytes:
    """The lines of a CSV file that have these columns."""
    lines = pc.binary_join_element_wise(*columns, ",")
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")[0]
    return bytes(joined.as_buffer()) + b"\n" if len(lines) else b""
