"""Pseudonyms: what stands in place of the ids of patients and records where they may be read by others.

A pseudonym is HMAC-SHA256 of an id under the installation's key, of which 80 bits are kept: among ten million ids the
odds that any two share one are 1 to 2.4e10 (the birthday bound, n^2 / 2^81). An id has another pseudonym as that of a
patient than as that of a record.
"""

from __future__ import annotations

import hmac

BLOCK_BYTES = 64
"""Of SHA-256, to which HMAC fills up its key."""
DIGITS = 20
SQL = (
    f"left({{kind}}, 1) || '-' || left(sha256({{outer}} "
    f"|| unhex(sha256({{inner}} || encode({{kind}} || chr(31) || {{id}})))), {DIGITS})"
)
"""The same as `pseudonym` in SQL, of a column of ids; `inner` and `outer` are the pads of the key, as blobs."""


def pseudonym(key: bytes, kind: str, identifier: str) -> str:
    """The pseudonym of an id, such as p-3600f82c49fbc9d2d5de; `kind` is the column that the id is of."""
    digest = hmac.digest(key, f"{kind}\x1f{identifier}".encode(), "sha256").hex()
    return f"{kind[0]}-{digest[:DIGITS]}"


def pads(key: bytes) -> tuple[bytes, bytes]:
    """The inner and the outer pad of HMAC, which SQL writes before what it hashes."""
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(BLOCK_BYTES, b"\0")) for pad in (0x36, 0x5C))
    return inner, outer
