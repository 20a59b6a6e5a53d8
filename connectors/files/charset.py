"""Bytes → text: the declared encoding, or a detected one; never a guess that garbles names."""

from __future__ import annotations

import codecs
from pathlib import Path

from stamm.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, declared: str | None) -> str:
    """The file's text; raises `InputError` if it is not in the declared or any known encoding."""
    content = path.read_bytes()
    encoding = declared or _detected(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        raise InputError(
            f"{path.name}: expected text in {encoding}, found other bytes in line {line}",
            hint=f"Its encoding looks like {_detected(content)}: set `encoding` of this source, "
            "or save the file as UTF-8.",
            line=line,
        ) from failure
    if encoding == "cp1252" and not content.isascii() and _is_utf8(content):
        # Valid UTF-8 beyond ASCII is never cp1252 by chance; Müller would land as MÃ¼ller.
        raise InputError(
            f"{path.name}: expected text in cp1252, found UTF-8",
            hint="Set `encoding: utf-8` of this source.",
        )
    return text.removeprefix("\ufeff")


def _detected(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    return "utf-8" if _is_utf8(content) else "cp1252"


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
