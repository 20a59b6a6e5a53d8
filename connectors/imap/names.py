"""Names of folders: as people write them, and as IMAP does (RFC 3501, 5.1.3: modified UTF-7)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

_SHIFTED = re.compile(r"&([^-]*)-")
_PLAIN = re.compile(r"[^ -~]+")
_LISTED = re.compile(rb'\((?P<marks>[^)]*)\) (?:NIL|"(?:\\.|[^"\\])*") (?P<name>.*)', re.DOTALL)


def to_wire(name: str) -> str:
    """The name for a command, quoted."""

    def shifted(found: re.Match[str]) -> str:
        encoded = base64.b64encode(found.group().encode("utf-16-be")).decode().rstrip("=")
        return f"&{encoded.replace('/', ',')}-"

    wire = _PLAIN.sub(shifted, name.replace("&", "&-"))
    escaped = wire.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def from_wire(wire: bytes) -> str:
    """The name as people write it; one that is not as it should be is left as it came."""

    def plain(found: re.Match[str]) -> str:
        encoded = found.group(1)
        if not encoded:
            return "&"
        padded = encoded.replace(",", "/") + "=" * (-len(encoded) % 4)
        return base64.b64decode(padded).decode("utf-16-be")

    text = wire.decode("utf-8", errors="replace")
    try:
        return _SHIFTED.sub(plain, text)
    except ValueError:
        return text


def listed(answer: list[Any]) -> Iterator[tuple[str, frozenset[str]]]:
    r"""Name and marks, such as `\sent`, of each folder in the answer to LIST."""
    for line in answer:
        # A name with odd signs comes as a literal, of which the line then holds the length only.
        head, literal = line if isinstance(line, tuple) else (line, None)
        found = _LISTED.match(head or b"")
        if found is None:
            continue
        marks = frozenset(found["marks"].decode("ascii", errors="replace").lower().split())
        yield from_wire(_unquoted(found["name"]) if literal is None else literal), marks


def _unquoted(name: bytes) -> bytes:
    name = name.strip()
    if name.startswith(b'"') and name.endswith(b'"'):
        return re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return name
