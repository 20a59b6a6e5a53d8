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


def detected(chunks: Iterable[bytes]) -> str:
    """`utf-8`, `utf-8-sig`, `utf-16` or `cp1252`, by all of the bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    try:
        for chunk in chunks:
            if first:
                for mark, encoding in _MARKS:
                    if chunk.startswith(mark):
                        return encoding
            first = False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def chunks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a megabyte at a time."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
