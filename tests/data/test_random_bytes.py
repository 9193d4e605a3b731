"""Bytes at random: refused with a message, or every row accounted for; never anything else."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import data
from data import ImportRefused, ImportReport
from tests.data.pollution.clean import Clean, clean, rich
from tests.data.pollution.formats import as_arrow, as_parquet, zipped_members
from tests.data.pollution.judging import bounded
from tests.data.pollution.workbooks import Sheet, book
from tests.data.pollution.writing import Dialect, written

HEADER = b"treatment_id,patient_id,treated_on,treatment_type,product,dose\n"
ALPHABETS = {
    "any bytes": bytes(range(256)),
    "separators": b",;\t|\"'\\\n\r 01a-",
    "printable": bytes(range(32, 127)) + b"\n",
    "quotes and line ends": b'"\n\r,',
    "nearly JSON": b'{}[]:,"0a\\ \n',
    "letters of UTF-8": 'é€🙂\u202e\ufeff,;"\n'.encode(),
}


def random_bytes(alphabet: bytes, length: int, seed: int) -> bytes:
    draw = random.Random(seed)
    return bytes(draw.choices(alphabet, k=length))


def accounted_for_or_refused(path: Path) -> ImportReport | None:
    """The report of a check, its account closed, or None where the file is refused in words."""
    try:
        with bounded():
            report = data.check_exports([path])
    except ImportRefused as refusal:
        assert len(str(refusal)) > 30  # noqa: PT017
        return None
    for account in report.files:
        assert account.rows_read == (
            account.rows_loaded + account.rows_duplicate + account.rows_skipped + account.rows_rejected
        )
        rejects = [reject for reject in report.rejects if reject.file == account.file]
        assert len(rejects) == account.rows_rejected
        assert all(reject.reason and reject.line and reject.raw is not None for reject in rejects)
    return report


@pytest.mark.parametrize(
    "name", ["treatments.csv", "treatments.json", "treatments.xlsx", "treatments.csv.gz", "treatments"]
)
@pytest.mark.parametrize("length", [1, 300, 20_000])
def test_nothing_but_random_bytes(tmp_path: Path, name: str, length: int) -> None:
    path = tmp_path / name
    path.write_bytes(random_bytes(ALPHABETS["any bytes"], length, length))
    assert accounted_for_or_refused(path) is None


@pytest.mark.parametrize(
    "start",
    [b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b\x08", b"[{", b"\xff\xfe", b"\xef\xbb\xbf"],
)
def test_random_bytes_behind_the_first_bytes_of_a_format(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "treatments.csv"
    path.write_bytes(start + random_bytes(ALPHABETS["any bytes"], 5_000, 1))
    assert accounted_for_or_refused(path) is None


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("seed", range(4))
def test_random_bytes_behind_a_header_cost_no_good_row(tmp_path: Path, alphabet: str, seed: int) -> None:
    """Rows before and behind are there, unless a quote among the bytes is closed by one further on."""
    good = b"".join(b"G%d,P%d,2024-01-%02d,skincare,good %d,5\n" % (n, n, n, n) for n in range(1, 10))
    noise = random_bytes(ALPHABETS[alphabet], 3_000, seed) + b"\n"
    path = tmp_path / "treatments.csv"
    path.write_bytes(HEADER + good + noise + good.replace(b"G", b"H"))
    report = accounted_for_or_refused(path)
    if report is None:
        return
    account = report.files[0]
    lines = {reject.line for reject in report.rejects}
    assert not lines & set(range(2, 11))
    assert account.rows_loaded >= 18


def files(clean: Clean) -> Iterator[tuple[str, bytes]]:
    sheet = Sheet(clean, clean.table)
    sheet.header()
    sheet.all_rows()
    text = written(clean, Dialect(";")).text.encode()
    yield "treatments.csv", text
    yield "treatments.csv.gz", gzip.compress(text, mtime=0)
    yield "treatments.zip", zipped_members({"treatments.csv": text})
    yield "treatments.xlsx", book([sheet])
    yield "treatments.parquet", as_parquet(as_arrow(clean, "typed"), write_page_checksum=True)


@pytest.mark.parametrize(
    ("name", "content"),
    list(files(clean("treatments", "z", text=rich))),
    ids=lambda one: one if isinstance(one, str) else "",
)
@pytest.mark.parametrize("seed", range(4))
def test_bytes_changed_at_random(tmp_path: Path, name: str, content: bytes, seed: int) -> None:
    """In formats with checksums no changed value is loaded; in text it stays where it stood."""
    draw = random.Random(seed)
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 5, 50))):
        at = draw.randrange(len(changed))
        changed[at : at + draw.choice((0, 1, 1, 3))] = bytes(draw.choices(range(256), k=draw.choice((1, 1, 0, 4))))
    path = tmp_path / name
    path.write_bytes(bytes(changed))
    accounted_for_or_refused(path)
