"""What a patient is told of how long a side effect lasts: one sentence, and one page to print."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.statistics.natural_frequencies import TEN, in_ten, in_ten_in_words, limits_in_ten, limits_in_words

FEWEST = 5
"""Of fewer patients nothing is told to another."""
FEW = 20
CLOCKS = {"onset": "after it began", "treatment": "after the treatment"}


@dataclass(frozen=True)
class Question:
    """What a patient asks about, in words: the side effect, the treatment, perhaps the area, and since when."""

    effect: str
    treatment: str
    area: str | None = None
    clock: str = "onset"

    @property
    def where(self) -> str:
        """The treatment, and the area it was of."""
        return f"{_small(self.treatment)} ({_small(self.area)})" if self.area else _small(self.treatment)


def sentence(clock: pd.DataFrame, question: Question, day: int) -> str:
    """How many in ten were rid of it by that day, from the frame of healing_clock for one group."""
    about = [row for row in _rows(clock) if row.day == day]
    if not about or about[0].patients < FEWEST:
        return (
            f"Fewer than {FEWEST} of our patients had {_small(question.effect)} after {question.where}: too few to say "
            "how long it lasts."
        )
    row = about[0]
    if math.isnan(row.resolved):
        return f"None of our patients with {_small(question.effect)} was watched until day {day}."
    share = in_ten_in_words(row.resolved)
    limits = limits_in_words(row.resolved_low, row.resolved_high)
    limits = f" ({limits})" if limits else ""
    by_then = f"by day {day} {CLOCKS[question.clock]}"
    if row.patients == row.side_effects:
        return (
            f"Of {row.patients:,} of our patients with {_small(question.effect)} after {question.where}, "
            f"{share}{limits} were free of it {by_then}."
        )
    return (
        f"{row.patients:,} of our patients had {_small(question.effect)} after {question.where}, {row.side_effects:,} "
        f"times in all: {share}{limits} were gone {by_then}."
    )


def handout(clock: pd.DataFrame, question: Question, day: int, facts: str, is_synthetic: bool) -> str:
    """One page of HTML that needs nothing else, for A4 and Letter; `facts` says of which records it tells."""
    rows = "".join(_row(row, day) for row in _rows(clock) if row.patients >= FEWEST)
    pale = "Pale dots: it may have been as many as that." if rows else ""
    warned = clock["patients"].max() < FEW if len(clock) else False
    few = f"<p>Fewer than {FEW} patients: the next ones may fare quite differently.</p>" if rows and warned else ""
    synthetic = '<p class="synthetic">Synthetic sample data, no real patients</p>' if is_synthetic else ""
    title = f"How long does {html.escape(_small(question.effect))} last?"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{synthetic}
<h1>{title}</h1>
<p class="after">After {html.escape(question.where)}</p>
<p class="answer">{html.escape(sentence(clock, question, day))}</p>
<table aria-label="How many in ten were free of it, day by day">
{rows}
</table>
<p class="key">Each row stands for ten patients. Filled dots: free of it by then. {pale}</p>
{few}
<p>This is what we saw in our own patients. Yours may take less time, or more. If it gets worse, or you are worried,
call us.</p>
<p class="notes">Your notes: <span></span><span></span></p>
<footer>{html.escape(facts)}</footer>
</main>
</body>
</html>
"""


STYLE = """
@page { margin: 18mm }
:root { color-scheme: light }
body { font: 12pt/1.5 system-ui, sans-serif; color: #23272B; background: #fff; margin: 0 }
main { max-width: 165mm; margin: 0 auto; padding: 8mm 4mm }
h1 { font-size: 24pt; line-height: 1.2; margin: 0 }
.after { color: #5A5C5B; margin: 1mm 0 6mm; font-size: 14pt }
.answer { font-size: 17pt; line-height: 1.4; margin: 0 0 8mm }
table { border-collapse: collapse; margin: 0 0 4mm }
td, th { padding: 1.6mm 4mm 1.6mm 0; text-align: left; font-weight: normal; white-space: nowrap }
tr.asked th, tr.asked td { font-weight: bold }
.dots { line-height: 0 }
.dot { display: inline-block; box-sizing: border-box; width: 5mm; height: 5mm; margin-right: 1.6mm; border-radius: 50%;
  border: 0.4mm solid #0F665F; -webkit-print-color-adjust: exact; print-color-adjust: exact }
.gone { background: #0F665F }
.open { background: #C9DCDA }
.key, footer { color: #5A5C5B; font-size: 10pt }
.notes span { display: block; border-bottom: 0.2mm solid #999; height: 9mm }
footer { margin-top: 10mm; border-top: 0.2mm solid #ccc; padding-top: 2mm }
.synthetic { border: 0.4mm solid #A4511F; color: #A4511F; padding: 1mm 3mm; display: inline-block }
@media (max-width: 480px) { .dot { width: 4vw; height: 4vw; margin-right: 1vw } td, th { padding-right: 2vw }
  .answer { font-size: 15pt } }
"""


def _rows(clock: pd.DataFrame) -> list[Any]:
    return list(clock.itertuples())


def _row(row: Any, day: int) -> str:
    if math.isnan(row.resolved):
        return f"<tr><th>Day {row.day}</th><td colspan='2'>nobody was watched so long</td></tr>"
    gone = in_ten(row.resolved)
    most = gone if math.isnan(row.resolved_high) else limits_in_ten(row.resolved_low, row.resolved_high)[1]
    kinds = ["gone" if at <= gone else "open" if at <= most else "" for at in range(1, TEN + 1)]
    dots = "".join(f'<span class="dot {kind}"></span>' for kind in kinds)
    said = in_ten_in_words(row.resolved)
    asked = ' class="asked"' if row.day == day else ""
    return f'<tr{asked}><th>Day {row.day}</th><td class="dots" aria-hidden="true">{dots}</td><td>{said}</td></tr>'


def _small(name: str) -> str:
    """A name within a sentence: an abbreviation keeps its capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
