"""A text file of any usual encoding → a file in UTF-8 without a mark, the same one if it is."""

from __future__ import annotations

import codecs
from pathlib import Path

from stamm.charset import chunks_of, detected, refuse_garbled
from stamm.errors import InputError


def as_utf8(path: Path, work_dir: Path) -> tuple[Path, tuple[str, ...]]:
    """(a path that can be read as UTF-8, remarks). Raises InputError if it is empty or no text."""
    if not path.stat().st_size:
        raise InputError(
            f"{path.name}: expected records, found an empty file",
            hint="Was the file copied whole?",
        )
    encoding = detected(chunks_of(path))
    if not encoding.startswith("utf-16") and any(b"\0" in chunk for chunk in chunks_of(path)):
        raise InputError(
            f"{path.name}: expected text, found binary data",
            hint="Give CSV, JSON Lines, Parquet (.parquet) or Excel (.xlsx).",
        )
    if encoding == "utf-8":
        return path, ()
    if encoding == "cp1252":
        refuse_garbled(
            path, "It looks like text of a Mac, of DOS or in several encodings: save it as UTF-8."
        )
    rewritten = work_dir / f"{path.name}.utf8"
    _rewrite(path, rewritten, encoding)
    if encoding == "utf-8-sig":
        return rewritten, ()
    return rewritten, (f"{path.name}: read as {_NAMES[encoding]}; it is not UTF-8.",)


def with_one_line_end(path: Path, work_dir: Path) -> Path:
    """The same text, if its lines end alike; engines stumble where two files became one."""
    ends = set()
    with path.open("rb") as lines:
        for line in lines:
            ends.add(line[-2:] == b"\r\n")
            if len(ends) > 1 and line.endswith(b"\n"):
                break
        else:
            return path
    rewritten = work_dir / f"{path.name}.lines"
    with path.open("rb") as lines, rewritten.open("wb") as file:
        for line in lines:
            file.write(line[:-2] + b"\n" if line.endswith(b"\r\n") else line)
    return rewritten


_NAMES = {"cp1252": "Windows-1252 (or ISO-8859-1)", "utf-16": "UTF-16"}
_NAMES |= dict.fromkeys(("utf-16-le", "utf-16-be"), "UTF-16 without a mark")


def _stray(error: UnicodeError) -> tuple[str, int]:
    """Five bytes mean nothing in Windows-1252; ISO-8859-1 has control characters there."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("stamm_latin_1", _stray)


def _rewrite(path: Path, rewritten: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)(
        "stamm_latin_1" if encoding == "cp1252" else "strict"
    )
    try:
        with rewritten.open("wb") as file:
            for chunk in chunks_of(path):
                file.write(decoder.decode(chunk).encode())
            file.write(decoder.decode(b"", final=True).encode())
    except UnicodeError as failure:
        raise InputError(
            f"{path.name}: expected text in {encoding}, found other bytes", hint="Save it as UTF-8."
        ) from failure
