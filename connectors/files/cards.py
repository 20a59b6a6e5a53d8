"""vCard 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350) → rows under our own names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from connectors.files.quoted import unquoted
from connectors.source import Unreadable

KEY = "uid"
_BEGIN = re.compile(r"BEGIN:VCARD\s*", re.IGNORECASE)
_END = re.compile(r"END:VCARD\s*", re.IGNORECASE)
_PLAIN = {"uid": KEY, "fn": "full_name", "email": "email", "tel": "phone", "bday": "birth_date"}
_PLAIN |= {"rev": "updated_at"}


def read_cards(lines: Iterable[str]) -> Iterator[dict[str, Any] | Unreadable]:
    """One row per card; a card that cannot be read does not spoil its neighbours."""
    import vobject

    for number, text in enumerate(_cards(lines), start=1):
        try:
            card = vobject.readOne(unquoted(text))
        except (vobject.base.VObjectError, ValueError, IndexError, LookupError):
            yield Unreadable("not_a_card", f"card {number} cannot be read", text)
        else:
            yield _row(card)


def _cards(lines: Iterable[str]) -> Iterator[str]:
    """The text from each BEGIN to the END after it; one that is cut off counts as a card too."""
    card: list[str] = []
    for line in lines:
        if _BEGIN.fullmatch(line):
            if card:
                yield "\n".join(card)
            card = []
        if card or _BEGIN.fullmatch(line):
            card.append(line.rstrip("\r\n"))
        if card and _END.fullmatch(line):
            yield "\n".join(card)
            card = []
    if card:
        yield "\n".join(card)


def _row(card: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        ours: _text(card.contents[theirs][0].value)
        for theirs, ours in _PLAIN.items()
        if theirs in card.contents
    }
    if "n" in card.contents:
        name = card.n.value
        row |= {"given_name": _text(name.given), "family_name": _text(name.family)}
        row |= {"title": _text(name.prefix)}
    if "org" in card.contents:
        row["company_name"] = _text(card.org.value[0])
    if "adr" in card.contents:
        place = card.adr.value
        row |= {"street": _text(place.street), "postcode": _text(place.code)}
        row |= {"city": _text(place.city), "country": _text(place.country)}
    return row


def _text(value: Any) -> str:
    """Several values of one part come as a list."""
    return " ".join(value) if isinstance(value, list) else str(value)
