"""The roles that a column can play, and what its name says about that.

Flow: a column's name → roles with a belief each, read from `column_names.csv`.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast, get_args

from dedupe.standardise.folding import folded

Role = Literal[
    "given_name", "family_name", "full_name", "title", "gender", "company", "legal_form",
    "birth_date", "birth_day", "birth_month", "birth_year", "email", "phone", "street",
    "house_number", "postcode", "city", "state", "country", "vat_id", "website", "identifier",
    "category", "text", "ignore", "record_id", "truth",
]  # fmt: skip
ROLES: frozenset[str] = frozenset(get_args(Role))
_FOLDER = Path(__file__).parent
SAME = 0.9  # belief where the whole name is a known one
PART = 0.6  # … where a known name is part of it
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HOUSE = re.compile(r"haus|hnr|house|str")
_NOISE = frozenset(["customer", "kunden", "kunde", "contact", "person", "the", "of", "fake", "raw"])


def name_words(column: str) -> str:
    """`customerFirstName_1` → customer first name 1."""
    return folded(_CAMEL.sub(" ", column).replace("_", " "))


@lru_cache(maxsize=1)
def _known_names() -> dict[str, Role]:
    names: dict[str, Role] = {}
    with (_FOLDER / "column_names.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for name in row["names"].split("|"):
                names.setdefault(name, cast("Role", row["role"]))
    return names


@lru_cache(maxsize=1)
def known_words() -> dict[str, frozenset[str]]:
    """Kind → words that are typical of it, folded."""
    with (_FOLDER / "known_words.csv").open(encoding="utf-8", newline="") as lines:
        return {row["kind"]: frozenset(row["words"].split()) for row in csv.DictReader(lines)}


def by_name(column: str) -> tuple[Role, float] | None:
    """The role that a column's name speaks of; the longest known name in it wins."""
    known = _known_names()
    words = [word for word in name_words(column).split() if not word.isdigit()] or name_words(
        column
    ).split()
    compact = {name.replace(" ", ""): role for name, role in known.items()}
    whole = "".join(words)
    if whole in compact:
        return compact[whole], SAME
    kept = [word for word in words if word not in _NOISE] or words
    if "".join(kept) in compact:
        return compact["".join(kept)], SAME
    for length in range(len(kept), 0, -1):
        for start in range(len(kept) - length, -1, -1):  # the last words of a name say the most
            found = compact.get("".join(kept[start : start + length]))
            if found:
                return found, PART
    return None


def says_house(column: str) -> bool:
    """Whether a column's name speaks of a house or street, not of any number."""
    return bool(_HOUSE.search(name_words(column)))
