"""Rejected rows become a file again that can be mended and read: their own column names, and why each was rejected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from data.formats.export_file import ExportFile

LINE, WHY = "Rejected: line", "Rejected: why"
LONGEST_REASON = 500


def shape_of(file: ExportFile) -> str:
    """How the raw rows of a file are written, as JSON: names of columns, delimiter, quote; `{}` where they are JSON."""
    if file.raw_dialect is None:
        return "{}"
    delimiter, quote = file.raw_dialect
    return json.dumps({"headers": list(file.headers), "delimiter": delimiter, "quote": quote}, ensure_ascii=False)


def mendable_name(file: str, import_no: int, shape: str) -> str:
    """What the file of rejected rows is called: after its source, and never as that of another import.

    Rows without a number of their own are numbered by file and line, so two months' files may not share a name.
    """
    stem = PurePosixPath(file).name.rsplit(".", 1)[0]
    return f"{stem}, rejected in import {import_no}.{'csv' if json.loads(shape) else 'ndjson'}"


def mendable(shape: str, rejected: Iterable[tuple[int | None, str, str]]) -> bytes:
    """The rejected rows (line, reason, raw) as a file of their source's own shape.

    Two columns before the others tell line and reason; an import leaves them alone. A cell that a spreadsheet would
    run is led by a `'`; everything else stands as it stood.
    """
    written = json.loads(shape)
    if not written:
        return "".join(f"{raw}\n" for _, _, raw in rejected).encode()
    delimiter, quote = written["delimiter"], written["quote"]
    live = re.compile(
        rf"((?:^|\n|{re.escape(delimiter)})\s*{re.escape(quote)}?\s*)([=+\-@＝＋－＠])"
        rf"(?=[^{re.escape(delimiter[0])}\n]*[(|!])"
    )
    rows = [delimiter.join(_cell(name, delimiter, quote) for name in (LINE, WHY, *written["headers"]))]
    for line, reason, raw in rejected:
        told = (str(line or ""), " ".join(reason[:LONGEST_REASON].split()))
        rows.append(delimiter.join((*(_cell(cell, delimiter, quote) for cell in told), live.sub(r"\1'\2", raw))))
    return "".join(f"{row}\r\n" for row in rows).encode("utf-8-sig")


def _cell(text: str, delimiter: str, quote: str) -> str:
    if not quote:
        return text.replace(delimiter, " ")
    if delimiter in text or quote in text or "\n" in text:
        return f"{quote}{text.replace(quote, 2 * quote)}{quote}"
    return text
