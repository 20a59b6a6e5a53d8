"""Shopware's search criteria → selection and order on the shelf.

Source: Shopware Admin API reference, "Search Criteria" and "Filters Reference". Moments are UTC.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.server.filters import milliseconds
from sandbox.server.shelf import LIVE, Order, Selection, any_of

_OPERATORS = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
_COLUMNS = {"updatedAt": "changed_at", "createdAt": "created_at"}
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_INVALID = "FRAMEWORK__INVALID_FILTER_QUERY"


class BadCriteria(ValueError):
    """The search body asks for what this service does not know."""

    def __init__(self, code: str, title: str) -> None:
        super().__init__(title)
        self.code = code


def selection(criteria: dict[str, Any]) -> Selection:
    """The live records that `filter` and `ids` select."""
    chosen = LIVE
    for one in criteria.get("filter", []):
        chosen = chosen.with_all_of(_condition(one))
    if criteria.get("ids"):
        chosen = chosen.with_all_of(_one_of("key", criteria["ids"]))
    return chosen


def order(criteria: dict[str, Any]) -> Order:
    """By id or by a moment; only the first of several sortings counts."""
    sorts = criteria.get("sort") or [{"field": "id"}]
    name, direction = sorts[0]["field"], str(sorts[0].get("order", "ASC")).upper()
    descending = direction == "DESC"
    if name == "updatedAt":
        return Order("changed_at", descending)
    if name == "createdAt":
        return Order("created_at", descending)
    if name == "id":
        return Order("sort_key", descending)
    raise BadCriteria("FRAMEWORK__INVALID_SORT_QUERY", f"Sorting by {name!r} is not served here")


def _condition(one: dict[str, Any]) -> Selection:
    kind = one.get("type")
    if kind in {"multi", "not"}:
        return _several(one, negated=kind == "not")
    field = str(one.get("field"))
    if kind == "range":
        return _range(field, one["parameters"])
    if kind == "equals":
        return _equals(_column(field), one["value"])
    if kind == "equalsAny":
        return _one_of(_column(field), one["value"])
    raise BadCriteria(_INVALID, f"Filter {kind!r} on {field!r} is not served here")


def _several(one: dict[str, Any], *, negated: bool) -> Selection:
    parts = [_condition(query) for query in one["queries"]]
    if not parts:
        raise BadCriteria(_INVALID, "Parameter queries must not be empty")
    found = parts[0]
    if str(one.get("operator", "and")).lower() == "or":
        found = any_of(parts)
    else:
        for part in parts[1:]:
            found = found.with_all_of(part)
    return Selection(f"not coalesce({found.sql}, 0)", found.values) if negated else found


def _range(field: str, parameters: dict[str, Any]) -> Selection:
    column = _COLUMNS.get(field)
    if column is None:
        raise BadCriteria(_INVALID, f"Field {field!r} cannot be filtered by range here")
    bounds = [(_OPERATORS[name], milliseconds(str(value))) for name, value in parameters.items()]
    sql = " and ".join(f"+{column} {sign} ?" for sign, _ in bounds)
    if field == "updatedAt":  # null until the first change, and null compares to nothing
        sql = f"{sql} and json_extract(body, '$.updatedAt') is not null"
    lowest = [bound for sign, bound in bounds if sign in {">", ">="}]
    since = max(lowest) if lowest else None
    return Selection(sql, tuple(bound for _, bound in bounds), since)


def _equals(column: str, value: object) -> Selection:
    return Selection(f"{column} is ?", (int(value) if isinstance(value, bool) else value,))


def _one_of(column: str, value: object) -> Selection:
    values = tuple(value) if isinstance(value, list) else tuple(str(value).split("|"))
    return Selection(f"{column} in ({','.join('?' * len(values))})", values)


def _column(field: str) -> str:
    if field == "id":
        return "key"
    if not _PATH.fullmatch(field):
        raise BadCriteria(_INVALID, f"Field {field!r} is not a name")
    return f"json_extract(body, '$.{field}')"
