"""Whether a free text names a hidden address, however a person wrote it.

In: words that somebody typed, and addresses in canonical spelling. Out: yes or no. It looks at what
stands around each `@` and at the digits of each number, so that many hidden addresses cost nothing.
Where it is not sure it says yes: words that are not shown harm nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST = 320  # characters of an address before its `@`
_OF_AN_ADDRESS = re.compile(r"[\w.+-]")  # next to one of these an address does not begin
_DOMAIN = re.compile(r"[\w.-]*")
_TOLD_APART = 7  # digits at the end of a number
_NUMBERS = re.compile(r"[+(0-9][0-9\s()/.:_|\u2010-\u2015\u2212-]{5,}")


def names_an_address(words: str, addresses: frozenset[str]) -> bool:
    """Whether a free text names one of these; a number is known by its end."""
    if not addresses or not words:
        return False
    text = words.lower()
    if any(mail in addresses for at in re.finditer("@", text) for mail in _mails(text, at.start())):
        return True
    return _names_a_number(words, addresses)


def _mails(text: str, at: int) -> Iterator[str]:
    """All that may be the address around this `@`: quotes, slashes and dots may be of it or not."""
    first = max(at - _LONGEST, 0)
    begins = [
        place for place in range(first, at)
        if place == 0 or not _OF_AN_ADDRESS.fullmatch(text[place - 1])
    ]  # fmt: skip
    domain = _DOMAIN.match(text, at + 1)
    assert domain, "it may be empty"
    ends = [place for place in range(at + 2, domain.end() + 1) if text[place : place + 1] == "."]
    for begin in begins:
        for end in (*ends, domain.end()):
            yield text[begin:end]


def _names_a_number(words: str, addresses: frozenset[str]) -> bool:
    told = [re.sub("[^0-9]", "", number) for number in _NUMBERS.findall(words)]
    if not told:
        return False
    ends = {one.lstrip("+")[-_TOLD_APART:] for one in addresses if "@" not in one}
    lengths = {len(end) for end in ends}
    return any(
        number[place : place + length] in ends
        for number in told
        for length in lengths
        for place in range(len(number) - length + 1)
    )
