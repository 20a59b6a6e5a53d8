"""A block of headers → the fields of a record; what is broken in one spoils no other.

Addresses are taken apart before their names are decoded (RFC 2047), as a name may hold a comma.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.errors import MessageError
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from stamm.charset import detected

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_BETWEEN_WORDS = re.compile(r"(=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bqBQ]\?)")
_ADDRESSES = {"from": "from", "to": "to", "cc": "cc", "reply-to": "reply_to"}
_LONGEST = 100_000  # characters of one header that anybody means


def fields_of(block: bytes, wanted: frozenset[str]) -> dict[str, Any]:
    """The wanted headers (`message-id`, `date`, `from` …) under our names; absent ones are null."""
    raw = _raw(block)
    fields: dict[str, Any] = {"message_id": _one(raw, "message-id"), **_date(raw)}
    fields |= {ours: addresses(raw.get(theirs, [])) for theirs, ours in _ADDRESSES.items()}
    if "subject" in wanted:
        subject = _one(raw, "subject")
        fields["subject"] = None if subject is None else decoded(subject)
    return fields


def addresses(values: list[str]) -> list[dict[str, str | None]]:
    """Name and address of each mailbox, in order; a group's members stand by themselves."""
    found = [pair for value in values for pair in _pairs(value) if pair[1]]
    return [{"name": decoded(name) or None, "address": address} for name, address in found]


def decoded(text: str) -> str:
    """Encoded words made readable; unknown charsets are guessed, what is broken stays."""
    joined = _BETWEEN_WORDS.sub(r"\1", text)
    try:
        pieces = decode_header(joined)
    except (MessageError, ValueError):
        pieces = [(joined, None)]
    plain = "".join(piece if isinstance(piece, str) else _text(piece, cs) for piece, cs in pieces)
    return _storable(" ".join(plain.split()))


def _text(piece: bytes, charset: str | None) -> str:
    try:
        return piece.decode(charset or "ascii")
    except (LookupError, ValueError):  # no such charset, or other bytes than it has
        return piece.decode(detected([piece]), errors="replace")


def _storable(text: str) -> str:
    """Half a pair of UTF-16 is no text that JSON could hold; no reader wants a NUL."""
    return text.replace("\0", "").encode("utf-8", errors="replace").decode()


def _raw(block: bytes) -> Mapping[str, list[str]]:
    """Name → values, unfolded; lines that are no header are passed over."""
    found: dict[str, list[str]] = {}
    for line in _FOLD.sub(b"", block).splitlines():
        match = _FIELD.match(line)
        if match is None:
            continue
        value = line[match.end() :].strip()[:_LONGEST]
        name = match.group(1).decode("ascii").lower()
        found.setdefault(name, []).append(_storable(_text(value, None)))
    return found


def _one(raw: Mapping[str, list[str]], name: str) -> str | None:
    return next((value for value in raw.get(name, []) if value), None)


def _date(raw: Mapping[str, list[str]]) -> dict[str, str | None]:
    given = _one(raw, "date")
    if given is None:
        return {"date": None}
    try:
        return {"date": parsedate_to_datetime(given).isoformat()}
    except (ValueError, TypeError, IndexError, OverflowError):
        return {"date": None, "date_as_given": given}


def _pairs(value: str) -> list[tuple[str, str]]:
    pairs = [(name, address.strip()) for name, address in getaddresses([value])]
    if any("@" in address for _, address in pairs):
        return pairs
    # Not as the grammar has it: the addresses themselves can mostly be told all the same.
    return [("", address) for address in _ADDRESS.findall(value)]
