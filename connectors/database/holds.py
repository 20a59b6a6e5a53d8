"""What a declared table may hold, and by which of our names staging knows its columns.

In: `holds` and `map` of a table in `stamm.yaml`. Out: an error with the names there are, if any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic_core import PydanticCustomError

from stamm.mistakes import nearest

Thing = Literal["parties", "orders", "order_lines"]

NAMES: dict[str, tuple[str, ...]] = {
    "parties": (
        "title", "given_name", "family_name", "full_name", "company_name", "birth_date", "email",
        "phone", "street", "house_number", "postcode", "city", "country", "vat_id", "created_at",
        "updated_at",
    ),
    "orders": ("order_number", "party_key", "ordered_at", "status", "currency", "amount_net"),
    "order_lines": (
        "order_key", "line_no", "product_key", "product_name", "category", "quantity", "amount_net",
    ),
}  # fmt: skip
_NEEDED = {
    "parties": (),
    "orders": ("party_key", "ordered_at", "amount_net"),
    "order_lines": ("order_key", "amount_net"),
}
_REFERS = {"orders": "parties", "order_lines": "orders"}


def check_names(thing: str, names: Iterable[str]) -> None:
    """Raises PydanticCustomError unless these names say what staging has to know, and no more."""
    given = list(names)
    for name in given:
        if name not in NAMES[thing]:
            raise _wrong(
                f"expected names for {thing} out of {', '.join(NAMES[thing])}, found {name!r}"
                + nearest(name, NAMES[thing])
            )
    missing = [name for name in _NEEDED[thing] if name not in given]
    if missing or not given:
        raise _wrong(f"expected {', '.join(missing) or 'some name'} in map, to read {thing}")


def check_references(things: Mapping[str, str | None]) -> None:
    """Orders name their party by its key, lines their order: there has to be one table of those.

    `things`: stream → what it holds. Raises PydanticCustomError.
    """
    held = list(things.values())
    for stream, thing in things.items():
        wanted = _REFERS.get(thing or "")
        if wanted and held.count(wanted) != 1:
            raise _wrong(
                f"expected one table that holds {wanted} for the keys in {stream} to name, "
                f"found {held.count(wanted)}"
            )


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("holds", "{text}", {"text": text})
