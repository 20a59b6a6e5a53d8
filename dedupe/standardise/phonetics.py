"""Kölner Phonetik: German words that sound alike get one code.

Source: H. J. Postel, Die Kölner Phonetik, IBM-Nachrichten 19 (1969), 925–931.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby

_SIMPLE = {
    **dict.fromkeys("aeijouy", "0"), "b": "1", **dict.fromkeys("fvw", "3"),
    **dict.fromkeys("gkq", "4"), "l": "5", **dict.fromkeys("mn", "6"), "r": "7",
    **dict.fromkeys("sz", "8"),
}  # fmt: skip


def koelner_phonetik(word: str) -> str:
    """The code of a folded word; '' for none. Müller-Lüdenscheidt → 65752682."""
    letters = [c for c in word if c.isalpha()]
    beside = zip(["", *letters], letters, [*letters[1:], ""], strict=False)
    joined = "".join(_code(before, letter, after) for before, letter, after in beside)
    single = "".join(code for code, _ in groupby(joined))
    return single[:1] + single[1:].replace("0", "")


@cache  # a few thousand triples of letters make all words
def _code(before: str, letter: str, after: str) -> str:
    if letter in _SIMPLE:
        return _SIMPLE[letter]
    if letter == "h":
        return ""
    if letter == "p":
        return "3" if after == "h" else "1"
    if letter in "dt":
        return "8" if after and after in "csz" else "2"
    if letter == "x":
        return "8" if before and before in "ckq" else "48"
    return _code_of_c(before, after)


def _code_of_c(before: str, after: str) -> str:
    if not before:
        return "4" if after and after in "ahkloqrux" else "8"
    return "4" if before not in "sz" and after and after in "ahkoqux" else "8"
