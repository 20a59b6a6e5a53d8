"""`specification.yml`: roles of the columns and the match specifications, written and read back.

Flow: what a run discovered and built → a file that `--spec` takes, changed by hand or not. A
plain specification of one party type, as a project keeps it, is taken too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dedupe.discovery.match_input import further_name
from dedupe.specification import Condition, PartyType, Specification
from stamm.errors import InputError, UsageError
from stamm.mistakes import nearest, sentences

if TYPE_CHECKING:
    import duckdb

_HEAD = (
    "# How these files were linked: the role of each column, then per party type the comparisons\n"
    "# and blocking rules. Change what you know better and give it back with --spec.\n"
)
_HINT = "`stamm dedupe` writes such a file as specification.yml; begin with that one."


class OwnSpecification(BaseModel):
    """Column → role, and the specifications by party type; what is not stated is found out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, str] = Field(default_factory=dict)
    person: Specification | None = None
    organisation: Specification | None = None

    @model_validator(mode="after")
    def _stand_where_they_belong(self) -> OwnSpecification:
        for party_type in get_args(PartyType):
            stated = self.of(party_type)
            if stated is not None and stated.party_type != party_type:
                raise ValueError(
                    f"{party_type}.party_type: expected {party_type}, found {stated.party_type}"
                )
        return self

    def of(self, party_type: str) -> Specification | None:
        """The stated specification of a party type."""
        return self.person if party_type == "person" else self.organisation


def read_own_specification(path: Path) -> OwnSpecification:
    """Raises UsageError if there is no such file, InputError naming line or entry at fault."""
    if not path.is_file():
        raise UsageError(f"--spec: expected a file, found none at {path}", hint=_HINT)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as failure:
        place = getattr(failure, "problem_mark", None)
        where = f" in line {place.line + 1}" if place else ""
        what = getattr(failure, "problem", None) or "bytes that are no UTF-8"
        raise InputError(
            f"{path.name}: expected YAML, found{where}: {what}", hint=_HINT
        ) from failure
    if not isinstance(content, dict):
        raise InputError(
            f"{path.name}: expected columns, person or organisation, found no such entries",
            hint=_HINT,
        )
    if "party_type" in content:
        content = {str(content["party_type"]): content}
    try:
        return OwnSpecification.model_validate(content)
    except ValidationError as failure:
        mistakes = (f"{path.name}: {one}" for one in sentences("", OwnSpecification, failure))
        raise InputError("\n".join(mistakes), hint=_HINT) from failure


def own_specification_text(
    roles: Mapping[str, str], specifications: Mapping[str, Specification]
) -> str:
    """The file's content; equal findings give equal bytes."""
    content: dict[str, Any] = {"columns": dict(roles)}
    for party_type, specification in specifications.items():
        content[party_type] = specification.model_dump(mode="json", exclude_defaults=True)
    return _HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def without_columns(own: OwnSpecification, taken: Collection[str]) -> OwnSpecification:
    """Without columns that an option takes away, as --truth and --id do, and what rests on them."""
    folded = {column.casefold() for column in taken}
    gone = {column for column in own.columns if column.casefold() in folded}
    names = {further_name(column) for column in gone}
    return OwnSpecification(
        columns={column: role for column, role in own.columns.items() if column not in gone},
        person=own.person and _without(own.person, names),
        organisation=own.organisation and _without(own.organisation, names),
    )


def _without(specification: Specification, names: set[str]) -> Specification:
    """Rules and comparisons that need one of these standardised columns are left out."""
    kept = [c for c in specification.comparisons if not names & set(c.needs)]
    if len(kept) == len(specification.comparisons):
        return specification
    known = {comparison.name for comparison in kept}
    rules = [rule for rule in specification.blocking_rules
             if not names & set(rule.columns) and known >= rule.fires_at.keys()]  # fmt: skip
    if not rules:
        raise InputError(
            f"{specification.party_type}: expected blocking rules, found none that does without"
            f" {', '.join(sorted(names))}",
            hint="That column is the truth or the id now; write the specification anew.",
        )
    changed: dict[str, Any] = {"comparisons": tuple(kept), "blocking_rules": tuple(rules)}
    if specification.alternative:
        alone = tuple(n for n in specification.alternative.as_strangers if n in known)
        changed["alternative"] = specification.alternative.model_copy(
            update={"as_strangers": alone}
        )
    if specification.supervised:
        scales = {n: s for n, s in specification.supervised.scales.items() if n in known}
        changed["supervised"] = specification.supervised.model_copy(update={"scales": scales})
    return specification.model_copy(update=changed)


def check_columns(
    con: duckdb.DuckDBPyConnection, specification: Specification, own_file: str
) -> None:
    """Raise InputError if the specification names a column that the standardised records lack."""
    table = f"link.{specification.party_type}_records"
    known = [name for name in con.table(table).columns if name not in {"rid", "record_id"}]
    for place, column in _named_columns(specification):
        if column not in known:
            raise InputError(
                f"{own_file}: {specification.party_type}.{place}: expected a column of the"
                f" standardised records, found {column!r}{nearest(column, known)}",
                hint=f"Columns: {', '.join(known)}.",
            )


def check_roles(own: OwnSpecification, columns: Sequence[str], own_file: str) -> None:
    """Raise InputError if the file gives a role to a column that the records lack."""
    for column in own.columns:
        if column not in columns:
            raise InputError(
                f"{own_file}: columns: expected columns of the files, found"
                f" {column!r}{nearest(column, columns)}",
                hint=f"Columns: {', '.join(columns)}.",
            )


def _named_columns(specification: Specification) -> Iterator[tuple[str, str]]:
    for rule in specification.blocking_rules:
        yield from ((f"blocking_rules.{rule.name}", column) for column in rule.columns)
    for comparison in specification.comparisons:
        place = f"comparisons.{comparison.name}"
        yield from ((place, column) for column in comparison.needs)
        for condition in comparison.silent_when:
            yield from ((place, column) for column in _of_condition(condition))
        for level in comparison.levels:
            named = [level.term_frequency, level.exact_chance]
            named += [column for condition in level.when for column in _of_condition(condition)]
            yield from ((f"{place}.{level.name}", column) for column in named if column)


def _of_condition(condition: Condition) -> Iterator[str]:
    yield from (column for column in (condition.column, condition.other) if column)
    for part in condition.of:
        yield from _of_condition(part)
