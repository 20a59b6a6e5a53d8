"""Which encoding bytes are in: UTF-8 or UTF-16 by mark or by being it, else Windows-1252.

Works chunk by chunk, so that a file of any size needs no memory.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
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
