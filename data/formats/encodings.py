"""In what encoding a text file is written: declared, marked, UTF-8 throughout, or the likeliest, which is then told."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from pathlib import Path

from charset_normalizer import from_bytes

from data.refusal import ImportRefused

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLED_LINES = 2_000
# Text of another encoding hardly ever happens to be UTF-8: where a quarter of the lines is, the others are damaged.
TELLING_SHARE = 0.25
WESTERN = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüœ€‘’“”–—•…°®™«»½¼²³µ·£§©´¿¡\u00a0"


@dataclass
class Utf8Check:
    """Whether the bytes seen so far, block by block, are UTF-8."""

    is_utf8: bool = True
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def see(self, block: bytes, is_last: bool = False) -> None:
        """Look at the next block."""
        if self.is_utf8 and (is_last or not block.isascii() or self.decoder.getstate()[0]):
            self.is_utf8 = _decodes(self.decoder, block, is_last)


def found_encoding(path: Path, name: str, head: bytes, is_utf8: bool) -> tuple[str | None, tuple[str, ...]]:
    """The encoding of a file, None where its bytes are UTF-8 already, and what to tell about it."""
    marked = next((codec for mark, codec in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if marked:
        return (None if marked == "utf-8" else marked), ()
    if wide := _unmarked_wide(head):
        return wide, ()
    if is_utf8:
        return None, ()
    codec, note = _detected(path)
    return codec, (note,)


def known_encoding(encoding: str, name: str) -> str | None:
    """The codec of an encoding that a mapping declares, None for UTF-8; ImportRefused where there is none."""
    try:
        b"a".decode(encoding, "replace")  # refuses what is no encoding of a file's text, such as base64 or idna
        codec = codecs.lookup(encoding).name
    except (LookupError, UnicodeError) as error:
        raise ImportRefused(
            f'"{encoding}" is no encoding that is known here, but the mapping names it for {name}. '
            'Common ones: "utf-8", "windows-1252", "utf-16".'
        ) from error
    return None if codec in ("utf-8", "utf-8-sig", "ascii") else codec


def _unmarked_wide(head: bytes) -> str | None:
    """UTF-16 without a mark: text of which every other byte is zero."""
    head = head[:200]
    pairs = len(head) // 2
    if pairs < 4:
        return None
    if head[1 : 2 * pairs : 2].count(0) > 0.6 * pairs and head[0 : 2 * pairs : 2].count(0) < 0.1 * pairs:
        return "utf-16-le"
    if head[0 : 2 * pairs : 2].count(0) > 0.6 * pairs and head[1 : 2 * pairs : 2].count(0) < 0.1 * pairs:
        return "utf-16-be"
    return None


def _detected(path: Path) -> tuple[str | None, str]:
    """The encoding of a file that is not UTF-8 throughout, and what to tell about it."""
    sample: list[bytes] = []
    with path.open("rb") as file:
        while len(sample) < SAMPLED_LINES and (block := file.read(1_000_000) + file.readline(100_000)):
            sample += [line for line in re.split(rb"[\r\n]+", block) if not line.isascii()]
    sample = sample[:SAMPLED_LINES]
    is_utf8 = [_decodes(codecs.getincrementaldecoder("utf-8")(), line, True) for line in sample]
    if sum(is_utf8) > TELLING_SHARE * len(sample):
        return None, "read as UTF-8; lines with other bytes are rejected"
    best = None if _is_western(b"".join(sample)) else from_bytes(b"".join(sample)).best()
    guess = "cp1252" if best is None else best.encoding
    told = "windows-1252" if guess == "cp1252" else guess.replace("_", "-")
    return guess, f'not UTF-8, read as {told}; if that is wrong, name it in a mapping: encoding = "..."'


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, is_last: bool) -> bool:
    try:
        decoder.decode(block, is_last)
    except UnicodeDecodeError:
        decoder.reset()
        return False
    return True


def _is_western(sample: bytes) -> bool:
    """Whether these bytes, read as windows-1252, are text of a western European language."""
    text = sample.decode("cp1252", "replace")
    foreign = [character for character in text if not character.isascii()]
    letters = sum(character.isalpha() for character in text)
    usual = sum(character in WESTERN for character in foreign)
    return usual >= 0.95 * len(foreign) and len(foreign) <= 0.4 * max(letters, 1)
