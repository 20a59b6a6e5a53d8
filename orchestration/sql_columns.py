"""One query → for each of its columns, the columns of tables that it is made of.

In: the SQL of a model in DuckDB's dialect, with the parts that dbt pulled into it, and the columns
of the tables it reads. Out: per column the tables' columns, or None where they cannot be told.
sqlglot follows the columns; what it does not know of DuckDB is written in plainer SQL before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlglot import MappingSchema, exp
    from sqlglot.lineage import Node

_DIALECT = "duckdb"


class Column(NamedTuple):
    """A column of a table in the warehouse."""

    schema: str
    table: str
    column: str


Tables = Mapping[tuple[str, str], Collection[str]]
Origins = dict[str, frozenset[Column] | None]


def columns_of(tables: Tables) -> MappingSchema:
    """What sqlglot reads a star by: (schema, table) → names of its columns."""
    from sqlglot import MappingSchema

    known = MappingSchema(dialect=_DIALECT)
    for (schema, table), columns in tables.items():
        types = dict.fromkeys(columns, "unknown")
        known.add_table(f'"{schema}"."{table}"', types, dialect=_DIALECT, match_depth=False)
    return known


def origins(sql: str, tables: MappingSchema) -> Origins:
    """Column of the query → what it is made of; nothing for constants and counts of rows.

    None for a column that rests on something unknown. Raises sqlglot.errors.SqlglotError for a
    query that cannot be followed at all.
    """
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.scope import build_scope

    query = _plain(sql, tables)
    nodes = lineage(
        None, query, tables, dialect=_DIALECT, scope=build_scope(query), trim_selects=False
    )
    return {column: _leaves(node) for column, node in nodes.items()}


def _plain(sql: str, tables: MappingSchema) -> exp.Expr:
    """The query with a table before each column, no stars, and its unions by place."""
    from sqlglot import exp, parse_one
    from sqlglot.optimizer.qualify import qualify

    parsed = parse_one(sql, dialect=_DIALECT)
    for table in parsed.find_all(exp.Table):
        table.set("catalog", None)  # one warehouse; its name is that of a file
    query = qualify(parsed, schema=tables, dialect=_DIALECT, validate_qualify_columns=False)
    for union in query.find_all(exp.SetOperation):
        if union.args.get("by_name"):
            _align(union, _names(union))
    return query


def _names(query: exp.Expr) -> list[str]:
    """Columns of a query; those of a union by name are the columns of both sides."""
    from sqlglot import exp

    bare = query.unnest()
    if isinstance(bare, exp.SetOperation) and bare.args.get("by_name"):
        return list(dict.fromkeys(_names(bare.left) + _names(bare.right)))
    assert isinstance(bare, exp.Query)
    return bare.named_selects


def _align(query: exp.Expr, names: list[str]) -> None:
    """A union by name becomes one by place: sqlglot follows columns through unions by place."""
    from sqlglot import exp

    bare = query.unnest()
    if isinstance(bare, exp.SetOperation):
        bare.set("by_name", False)
        _align(bare.left, names)
        _align(bare.right, names)
        return
    assert isinstance(bare, exp.Query)
    held = {one.alias_or_name: one for one in bare.selects}
    bare.set("expressions", [held.get(name) or exp.alias_(exp.null(), name) for name in names])


def _leaves(node: Node) -> frozenset[Column] | None:
    found = list(_leaves_under(node))
    known = frozenset(leaf for leaf in found if leaf is not None)
    return known if len(known) == len(set(found)) else None


def _leaves_under(node: Node) -> Iterator[Column | None]:
    """The columns of tables at the ends; None for an end that is no column of a table."""
    from sqlglot import exp

    for step in node.walk():
        end = step.expression
        if isinstance(end, exp.Placeholder | exp.Star):
            yield None
        elif isinstance(end, exp.Table) and not step.downstream:
            told = end.db and not step.name.endswith("*")
            yield Column(end.db, end.name, exp.to_column(step.name).name) if told else None
