"""Bytes → text: the declared encoding, or a detected one; never a guess that garbles names.

A file of any size is proven whole before its first line is given, a megabyte at a time.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from stamm.charset import chunks_of, detected, refuse_garbled
from stamm.errors import InputError

_DECLARE = (
    "Set `encoding` of this source: mac_roman if it comes from a Mac, cp850 if from DOS, cp1252 if "
    "it is that all the same; or save the file as UTF-8."
)
_OF_ONE_BYTE = frozenset({"cp1252", "mac_roman", "cp850"})


@contextmanager
def open_text(path: Path, declared: str | None, newline: str = "") -> Iterator[TextIO]:
    """The file as text, without a mark in front; raises `InputError` if it is in no known one."""
    found = detected(chunks_of(path))
    encoding = declared or found
    if declared is None and found == "cp1252":
        refuse_garbled(path, _DECLARE)
    if encoding.startswith("utf-16") and found.startswith("utf-16"):
        encoding = found  # which of its two orders, if no mark tells
    _prove(path, encoding, found)
    # A mark is taken off, also where none was declared; `utf-16` does so by itself.
    reading = "utf-8-sig" if encoding == "utf-8" else encoding
    with path.open(encoding=reading, newline=newline) as text:
        yield text


def _prove(path: Path, encoding: str, found: str) -> None:
    """Every byte means something in that encoding, and none of it says that it is another one."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, ascii_only = 1, True
    try:
        for chunk in chunks_of(path):
            text = decoder.decode(chunk)
            ascii_only = ascii_only and chunk.isascii()
            if "\0" in text:
                raise _no_text(path, line + text[: text.index("\0")].count("\n"))
            line += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as failure:
        line += failure.object[: failure.start].count(b"\n")
        raise _other_bytes(path, encoding, found, line) from failure
    if encoding in _OF_ONE_BYTE and not ascii_only and found.startswith("utf-8"):
        # Valid UTF-8 beyond ASCII is never another by chance; Müller would land as MÃ¼ller.
        raise InputError(
            f"{path.name}: expected text in {encoding}, found UTF-8",
            hint="Set `encoding: utf-8` of this source.",
        )


def _other_bytes(path: Path, encoding: str, found: str, line: int) -> InputError:
    looks = f"Its encoding looks like {found}: set `encoding` of this source, or s"
    return InputError(
        f"{path.name}: expected text in {encoding}, found other bytes in line {line}",
        hint=f"{'S' if found == encoding else looks}ave the file as UTF-8.",
        line=line,
    )


def _no_text(path: Path, line: int) -> InputError:
    return InputError(
        f"{path.name}: expected text, found binary data in line {line}",
        hint="Check `format` and `encoding` of this source (UTF-16 has `encoding: utf-16`).",
        line=line,
    )
