"""`$filter` of OData V2 → a condition on the shelf. Values are bound; unknown syntax is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sandbox.server.shelf import Selection, live

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<logic>and|or)\b|(?P<op>ge|gt|le|lt|eq|ne)\b"
    r"|(?:datetimeoffset|datetime)'(?P<moment>[^']+)'|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<field>[A-Za-z_]\w*))"
)
_OPERATORS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "=", "ne": "<>"}
_CHANGED = {"LastChangeDate", "LastChangeDateTime"}
_CREATED = {"CreationDate"}


class BadFilter(ValueError):
    """The expression is not one this service understands."""


def selection(expression: str) -> Selection:
    """The condition for an expression; an empty one selects every live record."""
    if not expression:
        return live()
    pieces: list[str] = []
    values: list[object] = []
    position = 0
    while position < len(expression.rstrip()):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise BadFilter(f"Invalid token at position {position}")
        pieces.append(_piece(match, values))
        position = match.end()
    return live().also(" ".join(pieces), *values)


def _piece(match: re.Match[str], values: list[object]) -> str:
    kind = str(match.lastgroup)
    token = match.group(kind)
    if kind in {"open", "close", "logic"}:
        return token
    if kind == "op":
        return _OPERATORS[token]
    if kind == "field":
        return _column(token)
    values.append(_milliseconds(token) if kind == "moment" else token.replace("''", "'"))
    return "?"


def _column(name: str) -> str:
    if name in _CHANGED:
        return "changed_at"
    if name in _CREATED:
        return "created_at"
    return f"json_extract(body, '$.{name}')"


def _milliseconds(text: str) -> int:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)
