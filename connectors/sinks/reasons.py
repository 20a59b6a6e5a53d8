"""What a target said of a customer → what a log may hold: without any value that it was sent.

A receiver repeats values as it keeps them: in another case, spaced otherwise, a name's parts apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 200  # characters of a reason
_CUT = "…"
_SPACING = r"[\s()/.\-]*"  # how numbers are set
_SHORTEST_PART = 3  # letters; a shorter word of a value says nothing by itself
_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def without_values(said: str, values: Iterable[object]) -> str:
    """The reason on one line, with values and their parts cut out, shortened."""
    text = _NOT_PRINTED.sub(" ", said)
    pieces = {piece for value in values for piece in _pieces(value)}
    for piece in sorted(pieces, key=len, reverse=True):
        text = re.sub(_as_written(piece), _CUT, text, flags=re.IGNORECASE)
    text = re.sub(f"{_CUT}([@._-]+{_CUT})+", _CUT, text)
    return " ".join(text.split())[:_LONGEST]


def _pieces(value: object) -> Iterable[str]:
    """A value and its words; truth and nothing are no values of a person."""
    if value is None or isinstance(value, bool):
        return
    text = str(value).strip()
    if text:
        yield text
    for part in re.split(r"[\s@._\-]+", text):
        if len(part) >= _SHORTEST_PART:
            yield part


def _as_written(piece: str) -> str:
    """A pattern for it; digits may be set apart, a short word stands alone."""
    if sum(map(str.isdigit, piece)) >= _SHORTEST_PART and not any(map(str.isalpha, piece)):
        return _SPACING.join(map(re.escape, re.sub(r"[\s()/.\-]", "", piece)))
    return rf"(?<!\w){re.escape(piece)}(?!\w)"
