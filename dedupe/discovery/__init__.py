"""Discovery: a table with unknown columns → roles, match input and a specification of its own."""

from dedupe.discovery.build import BuiltSpecification, build_specification
from dedupe.discovery.discovery import Discovery, discover
from dedupe.discovery.infer import ColumnRole
from dedupe.discovery.match_input import write_match_input

__all__ = [
    "BuiltSpecification",
    "ColumnRole",
    "Discovery",
    "build_specification",
    "discover",
    "write_match_input",
]
