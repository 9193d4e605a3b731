"""Lots against the other lots of their product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.dots import Row, dots, share_axis
from dashboard.charts.style import LIGHT, NBSP, Figure, Look, between, count, figure, fraction, percent, safe

MOST = 15
"""The lots with the smallest p that are shown; the table has them all."""


def lot_signals(
    lots: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = (), effect: str = "any", most: int = MOST
) -> Figure:
    """The rates of the lots that differ most from the other lots of their product, by product; a diamond is a signal.

    A stroke marks the rate of the other lots.
    """
    tested = lots[(lots["effect"].astype(str) == effect) & lots["p"].notna()]
    tested = tested.sort_values("p", kind="stable").head(most)
    if tested.empty:
        return figure([], look, 60)
    rows: list[Row] = []
    for product in tested["product"].drop_duplicates():
        rows.append(Row(product, is_heading=True))
        rows += [_lot(row, look) for row in tested[tested["product"] == product].itertuples()]
    key = f"━ 95{NBSP}% limits   ╵ the other lots of the product   ◆ a signal"
    return dots(rows, look, share_axis, key=key)


def _lot(lot: Any, look: Look) -> Row:
    return Row(
        f"◆ {lot.lot}" if lot.is_signal else str(lot.lot),
        lot.rate,
        lot.rate_low,
        lot.rate_high,
        lot.evaluable,
        f"<b>{percent(lot.rate)}</b>  {fraction(lot.affected, lot.evaluable)}",
        f"<b>{safe(lot.lot)}</b>, {safe(lot.product)}<br>{percent(lot.rate)}, {between(lot.rate_low, lot.rate_high)}"
        f"<br>{count(lot.affected)} of {count(lot.evaluable)} followed up, of {count(lot.exposed)} exposed"
        f"<br>the other lots: {percent(lot.others_rate)}, {fraction(lot.others_affected, lot.others_evaluable)}"
        f"<br>p {probability(lot.p)}, adjusted {probability(lot.p_adjusted)}",
        look.accent,
        (lot.others_rate, lot.others_rate),
    )


def probability(p: float) -> str:
    """A p-value, with no more digits than it is worth."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"
