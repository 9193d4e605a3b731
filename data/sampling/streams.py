"""A sample, stream after stream of patients."""

from __future__ import annotations

from collections.abc import Iterator

from data.contract import TABLES
from data.sampling.drawing.histories import draw_histories
from data.sampling.drawing.practice import practice_for
from data.sampling.drawing.random import Draw
from data.sampling.recording.follow_ups import follow_up_columns
from data.sampling.recording.patients import patient_columns
from data.sampling.recording.side_effects import side_effect_columns
from data.sampling.recording.text import Columns, Ids
from data.sampling.recording.treatments import treatment_columns


def streams(treatments: int, seed: int) -> Iterator[dict[str, Columns]]:
    """The tables of each stream, until there are so many treatment records: their columns of text, by table."""
    practice = practice_for(treatments)
    written = dict.fromkeys(TABLES, 0)
    stream = 0
    while written["treatments"] < treatments:
        draw = Draw(seed, stream)
        histories = draw_histories(draw, practice, treatments - written["treatments"])
        ids = Ids(max(7, len(str(treatments))), written)
        columns = {
            "patients": patient_columns(draw, ids, histories.patients),
            "treatments": treatment_columns(draw, ids, practice, histories.sessions, histories.records),
            "side_effects": side_effect_columns(draw, ids, histories),
            "follow_ups": follow_up_columns(draw, ids, histories),
        }
        yield columns
        written = {name: written[name] + len(columns[name][table.id_column]) for name, table in TABLES.items()}
        stream += 1
