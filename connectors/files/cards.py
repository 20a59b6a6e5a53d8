"""vCard 3.0 and 4.0 (RFC 2426, RFC 6350) → rows under our own names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.source import Unreadable

KEY = "uid"
_CARD = re.compile(r"^BEGIN:VCARD.*?^END:VCARD[^\n]*", re.DOTALL | re.MULTILINE | re.IGNORECASE)
_PLAIN = {"uid": KEY, "fn": "full_name", "email": "email", "tel": "phone", "bday": "birth_date"}
_PLAIN |= {"rev": "updated_at"}


def read_cards(text: str) -> Iterator[dict[str, Any] | Unreadable]:
    """One row per card; a card that cannot be read does not spoil its neighbours."""
    import vobject

    for number, found in enumerate(_CARD.finditer(text.replace("\r\n", "\n")), start=1):
        try:
            card = vobject.readOne(found.group())
        except (vobject.base.VObjectError, ValueError, IndexError):
            yield Unreadable("not_a_card", f"card {number} cannot be read", found.group())
        else:
            yield _row(card)


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
