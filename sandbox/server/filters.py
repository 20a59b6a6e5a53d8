"""`$filter` and `$orderby` of OData V2 → selection and order on the shelf.

Values are bound; a field or syntax this service does not know is refused.
Source: OData 2.0 protocol, "URI Conventions", 4.5 (filter) and 4.2 (orderby).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.server.shelf import LIVE, Order, Selection, any_of

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<logic>and|or)\b|(?P<op>ge|gt|le|lt|eq|ne)\b"
    r"|datetimeoffset'(?P<moment>[^']+)'|datetime'(?P<wall>[^']+)'"
    r"|'(?P<text>(?:[^']|'')*)'|(?P<flag>true|false|null)\b|(?P<number>-?\d+(?:\.\d+)?)[mMdDlL]?"
    r"|(?P<field>[A-Za-z_]\w*))\s*"
)
_OPERATORS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "=", "ne": "<>"}
_COLUMNS = {
    "LastChangeDate": "changed_at",
    "LastChangeDateTime": "changed_at",
    "CreationDate": "created_at",
}
_FLAGS = {"true": 1, "false": 0, "null": None}
DAY = 86_400_000

Known = Callable[[str], bool]
Token = tuple[str, str]


class BadFilter(ValueError):
    """The expression is not one this service understands."""


def selection(expression: str, known: Known) -> Selection:
    """The live records an expression selects; `known` tells the entity's properties."""
    if not expression.strip():
        return LIVE
    tokens = _tokens(expression)
    found = _disjunction(tokens, known)
    if tokens:
        raise BadFilter(f"Invalid token '{tokens[0][1]}' after the end of the expression")
    return LIVE.with_all_of(found)


def order(expression: str, key: tuple[str, ...]) -> Order:
    """By the leading key or by a moment; SQLite's columns stand for the entity's properties."""
    terms = [term.split() for term in expression.split(",") if term.strip()]
    if not terms:
        return Order()
    name, descending = terms[0][0], terms[0][1:] == ["desc"]
    if any(term[1:] not in ([], ["asc"], ["desc"]) for term in terms):
        raise BadFilter(f"Invalid direction in $orderby '{expression}'")
    if any((term[1:] == ["desc"]) != descending for term in terms):
        raise BadFilter("Mixed directions in $orderby are not served here")
    if name == key[0]:
        return Order("sort_key", descending)
    if _COLUMNS.get(name) == "changed_at":
        return Order("changed_at", descending)
    if name in _COLUMNS:
        return Order("created_at", descending)
    raise BadFilter(f"Ordering by '{name}' is not served here")


def _tokens(expression: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise BadFilter(f"Invalid token detected at position {position}")
        kind = str(match.lastgroup)
        tokens.append((kind, match.group(kind)))
        position = match.end()
    return tokens


def _take(tokens: list[Token], *kinds: str) -> Token:
    if not tokens or tokens[0][0] not in kinds:
        found = tokens[0][1] if tokens else "end of expression"
        raise BadFilter(f"Expected {' or '.join(kinds)}, found '{found}'")
    return tokens.pop(0)


def _disjunction(tokens: list[Token], known: Known) -> Selection:
    parts = [_conjunction(tokens, known)]
    while tokens and tokens[0] == ("logic", "or"):
        tokens.pop(0)
        parts.append(_conjunction(tokens, known))
    return parts[0] if len(parts) == 1 else any_of(parts)


def _conjunction(tokens: list[Token], known: Known) -> Selection:
    found = _term(tokens, known)
    while tokens and tokens[0] == ("logic", "and"):
        tokens.pop(0)
        found = found.with_all_of(_term(tokens, known))
    return found


def _term(tokens: list[Token], known: Known) -> Selection:
    if tokens and tokens[0][0] == "open":
        tokens.pop(0)
        found = _disjunction(tokens, known)
        _take(tokens, "close")
        return found
    name = _take(tokens, "field")[1]
    if not known(name):
        raise BadFilter(f"Property '{name}' not found")
    sign = _OPERATORS[_take(tokens, "op")[1]]
    kind, text = _take(tokens, "moment", "wall", "text", "flag", "number")
    if name in _COLUMNS and kind in {"moment", "wall"}:
        return _moment(name, sign, milliseconds(text))
    return _value(name, sign, kind, text)


def _moment(name: str, sign: str, bound: int) -> Selection:
    """A `…Date` is a day: a record's moment is compared as the midnight before it."""
    column = _COLUMNS[name]
    if not name.endswith("DateTime"):
        return _day(name, column, sign, bound)
    since = bound if sign in {">=", ">", "="} else None
    return Selection(f"+{column} {sign} ?", (bound,), since)


def _day(name: str, column: str, sign: str, bound: int) -> Selection:
    floor = f"{column} - {column} % {DAY}"
    since = bound if sign in {">=", ">", "="} else None
    sql = f"{floor} {sign} ?"
    if column == "changed_at":  # null until the first change, and null compares to nothing
        sql = f"{sql} and json_extract(body, '$.{name}') is not null"
    return Selection(sql, (bound,), since)


def _value(name: str, sign: str, kind: str, text: str) -> Selection:
    column = f"json_extract(body, '$.{name}')"
    if kind == "flag":
        return Selection(f"{column} is {'not ' if sign == '<>' else ''}?", (_FLAGS[text],))
    if kind == "number":
        return Selection(f"cast({column} as real) {sign} ?", (float(text),))
    if kind in {"moment", "wall"}:
        raise BadFilter(f"Property '{name}' cannot be compared to a moment here")
    return Selection(f"{column} {sign} ?", (text.replace("''", "'"),))


def milliseconds(text: str) -> int:
    """ISO 8601 → epoch milliseconds; without an offset it is UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
