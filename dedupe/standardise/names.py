"""Names of people → title, given name, its root, family name, its parts and its sound.

Flow: one raw value → `GivenName`, `FamilyName` or a split full name. Titles and salutations go
first; Hans-Peter and Hans Peter are one; nicknames lead to one root (nicknames.csv).
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from dedupe.standardise.folding import folded, without_umlauts
from dedupe.standardise.phonetics import koelner_phonetik
from dedupe.standardise.titles import may_say_more, names_in, says_no_name, titles_in

PARTICLES = frozenset(
    [
        "von",
        "vom",
        "van",
        "de",
        "der",
        "den",
        "di",
        "da",
        "del",
        "della",
        "zu",
        "zum",
        "zur",
        "ten",
        "ter",
        "le",
        "la",
        "al",
        "el",
    ]
)
_NICKNAMES = Path(__file__).with_name("nicknames.csv")


class GivenName(NamedTuple):
    """All folded; `root` is the nickname's full form of the first name."""

    given: str | None
    given_root: str | None
    given_initial: str | None


class FamilyName(NamedTuple):
    """All folded; `parts` holds the names of a double name, without particles."""

    family: str | None
    family_parts: list[str] | None
    family_sound: str | None


class FullName(NamedTuple):
    """One field cut in two, as raw text; `single` where there is only one word."""

    given_part: str | None
    family_part: str | None
    single: str | None


@lru_cache(maxsize=1)
def nickname_roots() -> dict[str, str]:
    """Variant → root; a variant of two roots goes to the first one listed."""
    roots: dict[str, str] = {}
    with _NICKNAMES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            root = without_umlauts(folded(row["root"]))
            for variant in [row["root"], *row["variants"].split()]:
                roots.setdefault(without_umlauts(folded(variant)), root)
    return roots


def words_of(text: str) -> list[str]:
    """Folded words without titles and salutations, unless nothing else is there."""
    words = folded(text).split()
    if may_say_more(text, words):
        words = folded(" ".join(names_in(text))).split() or words
    return [without_umlauts(word) for word in words]


def given_name(text: str) -> GivenName:
    """`Dr. Hans-Peter` → (hans peter, hans, h)."""
    words = words_of(text)
    if not words:
        return GivenName(None, None, None)
    root = nickname_roots().get(words[0], words[0])
    return GivenName(" ".join(words), root if len(root) > 1 else None, words[0][0])


def family_name(text: str) -> FamilyName:
    """`von Müller-Schmidt` → (vonmullerschmidt, [muller, schmidt], 657862)."""
    words = words_of(text)
    if not words:
        return FamilyName(None, None, None)
    parts = [word for word in words if word not in PARTICLES] or words
    return FamilyName("".join(words), sorted(set(parts)), koelner_phonetik("".join(parts)) or None)


def full_name(text: str) -> FullName:
    """`Anna von Berg` and `von Berg, Anna` → (Anna, von Berg); `Berg` → single."""
    first, *others = (part.strip() for part in text.split(","))
    behind = [part for part in others if not says_no_name(part, first)]
    if first and len(behind) == 1:
        return FullName(behind[0], first, None)
    words = [word for word in names_in(" ".join([first, *behind])) if folded(word)]
    if len(words) < 2:
        return FullName(None, None, words[0] if words else None)
    start = next(
        (i for i, w in enumerate(words) if i and w.casefold() in PARTICLES), len(words) - 1
    )
    return FullName(" ".join(words[:start]), " ".join(words[start:]), None)


def title(text: str) -> str | None:
    """The academic titles in a text, folded: `Herr Prof. Dr. Kurz` → `prof dr`."""
    return " ".join(titles_in(text)) or None
