"""Bytes → text: the declared encoding, or a detected one; never a guess that garbles names."""

from __future__ import annotations

from pathlib import Path

from stamm.charset import detected
from stamm.errors import InputError


def read_text(path: Path, declared: str | None) -> str:
    """The file's text; raises `InputError` if it is not in the declared or any known encoding."""
    content = path.read_bytes()
    encoding = declared or detected([content])
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        raise InputError(
            f"{path.name}: expected text in {encoding}, found other bytes in line {line}",
            hint=f"Its encoding looks like {detected([content])}: set `encoding` of this source, "
            "or save the file as UTF-8.",
            line=line,
        ) from failure
    if encoding == "cp1252" and not content.isascii() and detected([content]).startswith("utf-8"):
        # Valid UTF-8 beyond ASCII is never cp1252 by chance; Müller would land as MÃ¼ller.
        raise InputError(
            f"{path.name}: expected text in cp1252, found UTF-8",
            hint="Set `encoding: utf-8` of this source.",
        )
    return text.removeprefix("\ufeff")
