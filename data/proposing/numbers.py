"""Numbers as exports write them, only for a look at them: how large they are, and which decimal mark they prove."""

from __future__ import annotations

import re
from collections.abc import Sequence

NUMBER = re.compile(
    r"[+-]?(?P<digits>\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)\s*(?P<unit>[^\W\d_]{1,10}\.?|%)?",
    re.ASCII,
)


def number_in(text: str) -> float | None:
    """The number that a text holds, perhaps with a unit behind it, whichever mark it is written with."""
    match = NUMBER.fullmatch(text)
    if match is None:
        return None
    digits = match["digits"]
    last = max(digits.rfind("."), digits.rfind(","))
    whole, part = (digits[:last], digits[last + 1 :]) if last >= 0 else (digits, "")
    if len(part) == 3 and whole not in ("", "0") and digits.count(".") + digits.count(",") == 1:
        whole, part = whole + part, ""
    sign = -1 if text.startswith("-") else 1
    return sign * float(f"{re.sub('[^0-9]', '', whole) or '0'}.{part or '0'}")


def decimal_mark(texts: Sequence[str]) -> str:
    """The decimal mark that numbers prove: "." or ","; "?" where they leave it open or disagree, "" without any."""
    proven: set[str] = set()
    is_open = False
    for text in texts:
        match = NUMBER.fullmatch(text)
        digits = match["digits"] if match else ""
        marks = [character for character in digits if character in ".,"]
        if not marks:
            continue
        last = digits.rfind(marks[-1])
        if len(set(marks)) == 2 or len(digits) - last - 1 != 3 or digits[:last] in ("", "0"):
            proven.add(marks[-1])
        elif len(marks) > 1:
            proven.add("." if marks[-1] == "," else ",")
        else:
            is_open = True
    return proven.pop() if len(proven) == 1 else "?" if proven or is_open else ""
