"""A name as it is written → the words that are names, and its titles.

Titles, salutations and generations are none. Many of them are somebody's name as well (Jack Ma,
Phil Berger, Hans C. Meier, Amartya Sen): where a word stands and how it is written tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dedupe.standardise.folding import folded

_TITLES = frozenset(
    ["dr", "ddr", "prof", "professor", "dipl", "mag", "mmag", "ing", "rer", "habil", "techn", "oec",
     "bsc", "msc", "bed", "med", "beng", "meng", "mba", "phd", "llm", "hc", "univ", "doz", "priv",
     "pd", "dkfm", "kfm", "bakk"]
)  # fmt: skip
# Behind another title only, and in capitals behind or before a name.
_FIELDS = frozenset(["phil", "nat", "jur", "pol", "vet", "dent"])
_BEHIND, _BEFORE = frozenset(["MA", "BA", "FH"]), frozenset(["DI"])
_SALUTATIONS = frozenset(
    ["herr", "hr", "herrn", "frau", "fr", "fraeulein", "firma", "fa", "mr", "mrs", "ms"]
)
_GENERATIONS = frozenset(["jr", "junior", "sr", "senior", "jun", "sen"])
_NO_NAMES_ALONE = (
    _TITLES | _FIELDS | _SALUTATIONS | {"h", "c"} | {word.lower() for word in _BEHIND | _BEFORE}
)
_TELLING = _NO_NAMES_ALONE | _GENERATIONS
# B.Sc. is one word and Dr.Huber are two; the Austrian Mag.a and Dr.in are Mag. and Dr.
_DEGREE = re.compile(r"(?<=[\s,])(M\.\s?B\.\s?A|[MB]\.\s?(?:A|Sc|Eng|Ed)|LL\.\s?M)\b\.?")
_FEMALE = re.compile(r"\b(M?Mag|D?Dr|Ing|Prof)\.\s?(?:a|in)\b\.?")
_DOT_INSIDE = re.compile(r"\.(?=[^\W\d_])")


def names_in(text: str) -> list[str]:
    """The words that are names, as they are written; `Frau Dr. h. c. Anna Berg` → Anna, Berg."""
    if not may_say_more(text, folded(text).split()):
        return text.split()
    return [word for word, name in _told(text) if name]


def may_say_more(text: str, words: Sequence[str]) -> bool:
    """May a text say more than names? Its folded words tell quickly that most do not."""
    return "." in text or not _TELLING.isdisjoint(words)


def titles_in(text: str) -> list[str]:
    """The titles, folded: `Herr Prof. Dr. Kurz` → prof, dr."""
    words = folded(text).split()
    if not _NO_NAMES_ALONE.issuperset(words):
        words = " ".join(folded(word) for word, name in _told(text) if not name).split()
    return [word for word in words if word not in _SALUTATIONS | _GENERATIONS]


def says_no_name(text: str, beside: str) -> bool:
    """What stands behind the comma after a name: `Hans Berg, MBA`."""
    return not any(name for _, name in [*_told(f"{beside} {text}")][len(_words(beside)) :])


def _told(text: str) -> Iterator[tuple[str, bool]]:
    """Each word, and whether it is a name."""
    words = _words(text)
    spelt = any(map(str.islower, "".join(words)))  # not all in capitals
    titled = ""
    for place, word in enumerate(words):
        parts = folded(word).split()
        is_title = _is_title(parts, titled, words[place + 1 : place + 2])
        titled = parts[-1] if is_title else ""
        in_capitals = spelt and word.strip("(),.") in (_BEHIND if place else _BEFORE)
        is_generation = place and _is_generation(word, parts, len(words))
        is_salutation = len(parts) == 1 and parts[0] in _SALUTATIONS
        yield word, not (is_title or in_capitals or is_generation or is_salutation)


def _words(text: str) -> list[str]:
    if "." in text:
        text = _DEGREE.sub(lambda found: re.sub(r"[.\s]", "", found[1]), text)
        text = _DOT_INSIDE.sub(". ", _FEMALE.sub(r"\1.", text))
    return [word for word in text.split() if folded(word)]


def _is_title(parts: Sequence[str], titled: str, behind: Sequence[str]) -> bool:
    """`titled` is the title just before, if there is one; `h. c.` are one title."""
    if titled and (parts == ["h"] and folded("".join(behind)) == "c"):
        return True
    if titled == "h":
        return parts == ["c"]
    return all(
        part in _TITLES or (part in _FIELDS and bool(before))
        for part, before in zip(parts, [titled, *parts], strict=False)
    )


def _is_generation(word: str, parts: Sequence[str], words: int) -> bool:
    """`Berg jun.`, `Hans Berg Junior`; but Amartya Sen."""
    if len(parts) != 1 or parts[0] not in _GENERATIONS:
        return False
    return word.endswith(".") or word.islower() or (words > 2 and parts[0] not in {"jun", "sen"})
