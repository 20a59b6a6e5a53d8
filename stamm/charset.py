"""Which encoding bytes are in: UTF-8 or UTF-16 by mark or by being it, else Windows-1252.

Works chunk by chunk, so that a file of any size needs no memory.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stamm.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Letters of Windows-1252. Its seven of 0x80 to 0x9f are others' ä, ö, é and the like.
_LOWER = rb"a-z\x9a\x9c\x9e\xdf-\xf6\xf8-\xff"
_UPPER = rb"A-Z\x8a\x8c\x8e\x9f\xc0-\xd6\xd8-\xde"
_RARE = rb"[\x8a\x8c\x8e\x9f]"
# Signs that part no word, as ’ – — … ‘ and ´ do; §, ¡ and the like; and bytes that mean nothing.
_SIGN = rb"[\x80\x81\x83\x86-\x89\x8b\x8d\x8f\x90\x93-\x95\x98\x99\x9b\x9d\xa1-\xa4\xa7]"
# What is hardly meant: a sign inside a word, a quotation mark that opens behind one, a capital
# beside small letters, and ä, ö, ü, ß, é as UTF-8 has them. Umlauts are no candidates: it is fast.
_GARBLED = re.compile(
    rb"[\x80-\xbf](?:(?<=[%(any)b]%(sign)b)(?=[%(any)b])|(?<=[%(any)b][\x82\x84])"
    rb"|(?<=[%(any)b]%(rare)b)(?=[%(lower)b])|(?<=[%(lower)b]%(rare)b)|(?<=\xc3[\x80-\xbf]))"
    % {b"any": _LOWER + _UPPER, b"lower": _LOWER, b"sign": _SIGN, b"rare": _RARE}
)
# Without what a Mac writes as … ’ or a fixed blank, and DOS as ß or a fixed blank.
_RIGHT = re.compile(
    rb"[\xc0-\xc8\xcb-\xcf\xd1\xd6\xd8-\xe0\xe2-\xf6\xf8-\xfe]"
    rb"(?:(?<!\xc3)|(?![\x80-\xbf]))(?:(?<=[A-Za-z][\xc0-\xfe])|(?=[A-Za-z]))"
)
_CHUNK = 1 << 20
_LOOKED_AT = 1 << 10  # bytes at the beginning, which tell UTF-16 without a mark


def detected(chunks: Iterable[bytes]) -> str:
    """`utf-8`, `utf-8-sig`, `utf-16` (or `-le`, `-be` without a mark) or `cp1252`, by all bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    try:
        for chunk in chunks:
            if first and (marked := _marked(chunk) or _unmarked_utf_16(chunk)):
                return marked
            first = False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def refuse_garbled(path: Path, hint: str) -> None:
    """Any bytes can be read as Windows-1252; as a guess it has to make sense, else InputError."""
    line = garbled_line(path)
    if line is not None:
        raise InputError(
            f"{path.name}: expected text in UTF-8, UTF-16 or Windows-1252, found other letters in "
            f"line {line}",
            hint=hint,
            line=line,
        )


def garbled_line(path: Path) -> int | None:
    """The first line that reads as Windows-1252 with signs inside its words, if most do so.

    Text of a Mac or of DOS has its ä, ö and ü where Windows has Š, š and Ÿ, or „, ” and nothing;
    UTF-8 with a stray byte in it has Ã¤. A word that a chunk's end parts counts for neither.
    """
    garbled, line, found = 0, 1, 0
    for chunk in chunks_of(path):
        places = [place.start() for place in _GARBLED.finditer(chunk)]
        if places and not found:
            found = line + chunk.count(b"\n", 0, places[0])
        garbled += len(places)
        line += chunk.count(b"\n")
    if not garbled:
        return None
    right = sum(len(_RIGHT.findall(chunk)) for chunk in chunks_of(path))
    return found if garbled > right else None


def _marked(chunk: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if chunk.startswith(mark)), None)


def _unmarked_utf_16(chunk: bytes) -> str | None:
    """Latin letters have a zero in every second byte there, and always in the same one."""
    even, odd = chunk[:_LOOKED_AT:2], chunk[1:_LOOKED_AT:2]
    if odd.count(0) * 2 > len(odd) and not even.count(0):
        return "utf-16-le"
    if even.count(0) * 2 > len(even) and not odd.count(0):
        return "utf-16-be"
    return None


def chunks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a megabyte at a time."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
