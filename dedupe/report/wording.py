"""How names and numbers of the engine are said on the page."""

from __future__ import annotations

PEOPLE = {"person": "people", "organisation": "firms"}


def bits(value: float) -> str:
    """A short number with a real minus sign."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def signed_bits(value: float, digits: int = 2) -> str:
    """A number of bits that are added: always with its sign."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def words(name: str) -> str:
    """`x_birth_place` → birth place; x_ marks columns that standardising does not know."""
    return name.removeprefix("x_").replace("_", " ")


FILTERS = {"bits": bits, "signed": signed_bits, "words": words, "people": PEOPLE.__getitem__}
