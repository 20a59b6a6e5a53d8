"""Quoted-printable values of vCard 2.1, as phones and Outlook write them → the text they mean.

In and out: the text of one card. Source: vCard 2.1, sections 2.1.3 and 2.1.5.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator

_QUOTED = re.compile(r";(ENCODING=)?QUOTED-PRINTABLE\b", re.IGNORECASE)
_CHARSET = re.compile(r";CHARSET=\"?([\w.:-]+)\"?", re.IGNORECASE)


def unquoted(card: str) -> str:
    """The card with every value as plain text; raises LookupError or ValueError if one is none."""
    if not _QUOTED.search(card) and not _CHARSET.search(card):
        return card
    return "\n".join(map(_plain, _joined(card.split("\n"))))


def _joined(lines: list[str]) -> Iterator[str]:
    """A quoted value goes on in the next line where one ends with `=`."""
    held = ""
    for line in lines:
        held += line
        if held.endswith("=") and _QUOTED.search(held.partition(":")[0]):
            held = held[:-1]
            continue
        yield held
        held = ""
    if held:
        yield held


def _plain(line: str) -> str:
    head, colon, value = line.partition(":")
    named = _CHARSET.search(head)
    if _QUOTED.search(head):
        # What is not quoted of it came in the file's own encoding and is text already.
        encoded = quopri.decodestring(value.encode("latin-1", "backslashreplace"))
        text = _decoded(encoded, named.group(1) if named else None)
        value = re.sub(r"\r?\n", r"\\n", text).replace(",", r"\,")
    return _CHARSET.sub("", _QUOTED.sub("", head)) + colon + value


def _decoded(value: bytes, charset: str | None) -> str:
    """By the charset named; without one UTF-8, else Windows-1252, as of that age."""
    if charset:
        return value.decode(charset)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252")
