"""Words as an export writes them, found in the vocabulary (data/vocabulary.toml): headers, and values of columns."""

from __future__ import annotations

import csv
import difflib
import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from data.contract import TABLES

VOCABULARY = Path(__file__).parent.parent / "vocabulary.toml"
CATALOGUE = Path(__file__).parent.parent / "treatment_types.csv"
SHORTEST_PART = 5
"""A word of fewer letters counts only where it stands alone: "lip" is not in "clip", "filler" is in "Lippenfiller"."""
LONGEST_TEXT = 200
LONGEST_WORD = 40


@dataclass(frozen=True)
class Found:
    """What a text stands for: a code ("" where nothing was found), why, and how sure that is (0..1)."""

    code: str
    reason: str
    score: float


@cache
def vocabulary() -> dict[str, Any]:
    """The vocabulary as it stands in its file, with its lists of words as tuples."""
    content: dict[str, Any] = _with_tuples(tomllib.loads(VOCABULARY.read_text(encoding="utf-8")))
    return content


def _with_tuples(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _with_tuples(value) for key, value in content.items()}
    return tuple(content) if isinstance(content, list) else content


@cache
def codes(column: str) -> tuple[str, ...]:
    """The codes that a column of the contract may have; for a text of the practice's own, the usual ones."""
    if column == "treatment_type":
        with CATALOGUE.open(encoding="utf-8-sig", newline="") as file:
            listed = [row["code"].strip() for row in csv.DictReader(file) if row.get("code")]
        return tuple(dict.fromkeys([*listed, *vocabulary()["types"]]))
    if column == "effect":
        return tuple(vocabulary()["effects"])
    if any(column in table.column_names and table.column(column).kind == "boolean" for table in TABLES.values()):
        return ("true", "false")
    return tuple(str(code) for code in vocabulary()["values"].get(column, ()))


@lru_cache(maxsize=50_000)
def normalised(text: str) -> str:
    """A text in plain words: "BehandlungsNr." is "behandlungs nr", "Hämatom (li.)" is "hamatom li"."""
    text = re.sub(r"(?<=[a-zà-ÿ]{2})(?=[A-ZÀ-Þ])", " ", text[:LONGEST_TEXT])
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"[\W_]+", " ", plain).strip()


@lru_cache(maxsize=100_000)
def resemblance(header: str, words: tuple[str, ...]) -> float:
    """How much a header looks like one of these words, from 0 to 1, where it is that word."""
    name = normalised(header)
    if not name:
        return 0.0
    if name in words:
        return 1.0
    compact, tokens = name.replace(" ", ""), f" {name} "
    best = 0.0
    for word in words:
        joined = word.replace(" ", "")
        if joined == compact:
            return 0.98
        if f" {word} " in tokens:
            best = max(best, 0.6 + 0.3 * len(joined) / len(compact))
        elif " " in word and set(word.split()) <= set(name.split()):
            best = max(best, 0.45 + 0.3 * len(joined) / len(compact))
        elif len(joined) >= SHORTEST_PART and (compact.startswith(joined) or compact.endswith(joined)):
            best = max(best, 0.4 + 0.3 * len(joined) / len(compact))
        elif min(len(joined), len(compact)) >= SHORTEST_PART and abs(len(joined) - len(compact)) <= 2:
            ratio = difflib.SequenceMatcher(None, joined, compact).ratio()
            if ratio >= 0.86:
                best = max(best, 0.75 * ratio)
    return best


@cache
def header_words(column: str) -> tuple[str, ...]:
    """The words by which a column of the contract is known, its own name among them."""
    return (normalised(column), *vocabulary()["headers"].get(column, ()))


@cache
def lexicon(column: str) -> dict[str, str]:
    """Word: code, for a column whose values are codes; empty for every other column."""
    if column == "treatment_type":
        listed: Mapping[str, Collection[str]] = vocabulary()["types"]
    elif column == "effect":
        listed = vocabulary()["effects"]
    elif codes(column) == ("true", "false"):
        listed = vocabulary()["values"]["boolean"]
    else:
        listed = vocabulary()["values"].get(column, {})
    words = {word: str(code) for code, several in listed.items() for word in several}
    return words | {normalised(code): code for code in codes(column)}


@cache
def _nothing(column: str) -> dict[str, str]:
    """Word: what a row is that is none of this table, for the columns that may say so."""
    if column == "treatment_type":
        return {word: kind for kind in (CHECK_UP, "other") for word in vocabulary()["no_treatment"][kind]}
    return {}


CHECK_UP = "check_up"
LEFT_OUT = "(left out)"
LOOSE = ("treatment_type", "effect", "area")
"""Columns in which a word may stand within a longer text."""


@lru_cache(maxsize=100_000)
def found(value: str, column: str) -> Found:
    """What a value of an export stands for in a column of the contract."""
    text, words = normalised(value), lexicon(column)
    if not text:
        return Found("", "nothing that could be matched", 0.0)
    if value in codes(column):
        return Found(value, "is the code", 1.0)
    if text in words:
        return Found(words[text], f'"{text}"', 1.0 if column not in ("severity",) or not text.isdecimal() else 0.6)
    if column == "effect" and text in vocabulary()["no_effect"]["words"]:
        return Found(LEFT_OUT, "says that there was none", 0.9)
    if column not in LOOSE:
        return _spelt_alike(text, words)
    inside = _within(text, words)
    beside = _within(text, _nothing(column))
    kinds = set(beside.values())
    several = set(inside.values())
    if kinds and CHECK_UP in kinds and len(kinds) == 1:
        return Found(LEFT_OUT, "a check-up, no treatment: read as a follow-up", 0.9 if not several else 0.6)
    if kinds and not several:
        return Found(LEFT_OUT, "no treatment", 0.8)
    if kinds or len(several) > 1:
        named = " and ".join(sorted(several | ({"something that is no treatment"} if kinds else set())))
        return Found("", f"names {named}: which is meant?", 0.0)
    if several:
        word = max(inside, key=len)
        return Found(inside[word], f'has "{word}"', 0.9 if f" {word} " in f" {text} " else 0.75)
    if column == "treatment_type":
        for pattern, code in vocabulary()["type_codes"].items():
            if re.fullmatch(rf"(?:{pattern}) ?\d{{1,3}} ?(?:u|e|ie|iu|units?|einheiten)?", text, re.ASCII):
                return Found(code, "a letter and a number: taken for units", 0.5)
    whole = _spelt_alike(text, words)
    parts = {_spelt_alike(part, words) for part in text.split()} if not whole.code else {whole}
    told = {part.code for part in parts} - {""}
    return next(part for part in parts if part.code) if len(told) == 1 else whole


def _within(text: str, words: Mapping[str, str]) -> dict[str, str]:
    """The words that stand in a text; one within a longer one does not count."""
    alone = f" {text} "
    compact = text.replace(" ", "")
    hits = {
        word: code
        for word, code in words.items()
        if f" {word} " in alone
        or (len(word) >= SHORTEST_PART and any(word in token for token in text.split()))
        or (len(word) >= 2 * SHORTEST_PART and word.replace(" ", "") in compact)
    }
    return {
        word: code
        for word, code in hits.items()
        if not any(word != longer and word in longer and hits[longer] != code for longer in hits)
    }


def _spelt_alike(text: str, words: Mapping[str, str]) -> Found:
    if 6 <= len(text) <= LONGEST_WORD and sum(map(str.isdigit, text)) < 3:
        close = _closest(text, tuple(words))
        if close:
            return Found(words[close], f'looks like "{close}"', 0.6)
    return Found("", "not known: kept as it is", 0.0)


@lru_cache(maxsize=20_000)
def _closest(text: str, words: tuple[str, ...]) -> str | None:
    near = [word for word in words if len(word) >= 6 and abs(len(word) - len(text)) <= 2]
    close = difflib.get_close_matches(text, near, n=1, cutoff=0.86)
    return close[0] if close else None
