"""Street lines, towns and postcodes → words that agree whoever wrote them."""

from __future__ import annotations

import re
from typing import NamedTuple

from dedupe.standardise.folding import folded, plain, without_umlauts

_STREET = re.compile(r"(strasse|straße|str)$")
_NUMBER = re.compile(
    r"^(?P<street>.*?[^\d\s].*?)(?:[\s,.]+n[ro])?[\s,.]+"
    r"(?P<number>\d+\s*[a-z]?(?:\s*[-/+]\s*(?:\d+\s*[a-z]?|[a-z]))*)[-/+]?$"
)
_NUMBER_FIRST = re.compile(r"^(?P<number>\d+\s*[a-z]?)[\s,]+(?P<street>\D.+)$")
_NUMBER_WORD = re.compile(r"^(hausnummer|hausnr|hnr|nr|no)(?![a-z])")
_TAIL_OF_A_NUMBER = re.compile(r"\.0+$")  # a spreadsheet's 12.0
_NUMBER_PARTS = re.compile(r"(?P<digits>\d+)[\s-]*(?P<letters>[a-z]*)|(?P<lone>[a-z]+)")
_TOWN_TAIL = re.compile(r"\s+(am|an der|bei|im|in|ob der|a d|a)\s+.*$")


class Street(NamedTuple):
    """`street` without its kind and blanks (hauptstr), `number` as 12a."""

    street: str | None
    number: str | None


def street(text: str) -> Street:
    """`Haupt-Strasse 12 A` → (hauptstr, 12a). A number in the line is taken out of it."""
    line = plain(text).strip(" ,")
    found = _NUMBER.match(line) or _NUMBER_FIRST.match(line)
    name, number = (found["street"], found["number"]) if found else (line, None)
    words = [_STREET.sub("str", without_umlauts(word)) for word in folded(name).split()]
    return Street("".join(words) or None, house_number(number) if number else None)


def house_number(text: str) -> str | None:
    """`12 A` → 12a; `007` → 7; `1/23` and `1 - 23` → 1-23, which is another door than 123."""
    line = _NUMBER_WORD.sub("", _TAIL_OF_A_NUMBER.sub("", plain(text).strip()))
    parts = [
        found["lone"] or (found["digits"].lstrip("0") + found["letters"])
        for found in _NUMBER_PARTS.finditer(line)
    ]
    return "-".join(part for part in parts if part) or None


def city(text: str) -> str | None:
    """`Frankfurt am Main` → frankfurt; `St. Pölten` → sankt polten."""
    words = folded(text).split()
    words = [
        "sankt" if word == "st" else without_umlauts(word) for word in words if not word.isdigit()
    ]
    joined = " ".join(words)
    return _TOWN_TAIL.sub("", joined) or joined or None


def postcode(text: str) -> str | None:
    """`D-01067` → 01067; letters of foreign codes stay."""
    code = re.sub(r"^(d|de|a|at|ch|cz)[\s-]+", "", plain(text).strip())
    return re.sub(r"[^a-z0-9]", "", code) or None
