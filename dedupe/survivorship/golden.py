"""Crosswalk + match input → `golden.golden_parties` and `golden.golden_lineage`.

Runs in the warehouse, after `golden.xref_parties` is written. `losers` answers on demand which
values lost, with the record, time, purpose and legal basis of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dedupe.standardise import companies, names
from dedupe.survivorship.candidates import (
    GROUP_BASIS,
    MEMBERS,
    NAME_PARTS,
    PARTIES,
    VALID_VAT_IDS,
    members_sql,
    ranked_sql,
)
from dedupe.survivorship.rules import GroupRule, PartyType, Rules, load_rules
from stamm.errors import UsageError

if TYPE_CHECKING:
    import duckdb

_TYPES: tuple[PartyType, ...] = ("person", "organisation")
_COLUMNS = (
    "title", "given_name", "family_name", "full_name", "company_name", "legal_form",
    "birth_date", "email", "phone", "street", "house_number", "postcode", "city", "country",
    "vat_id", "website_domain",
)  # fmt: skip
_LEGAL_FORMS = "survivorship_legal_forms"
# How a legal form is written in German commerce; the standardiser gives its folded key.
_WRITTEN = {
    "gmbh & co kg": "GmbH & Co. KG", "ag & co kg": "AG & Co. KG", "ug": "UG", "gmbh": "GmbH",
    "kgaa": "KGaA", "ag": "AG", "se": "SE", "ohg": "OHG", "kg": "KG", "gbr": "GbR", "ek": "e.K.",
    "eg": "eG", "ev": "e.V.", "ltd": "Ltd.", "einzelfirma": "Einzelfirma",
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A value that could be golden. `place` 1 is the winner; `value` is the attribute's own."""

    place: int
    value: Any
    record_id: str
    source: str
    rule: str
    observed_at: datetime
    purpose: str | None
    legal_basis: str | None


def write_golden_parties(
    con: duckdb.DuckDBPyConnection, rules: Rules | None = None, *, only: str = ""
) -> None:
    """Choose every value and write both tables; cohesion comes from `party_cohesion`.

    `only` names a table of the party ids to choose for; rows of the others stay.
    """
    chosen = rules or load_rules()
    _prepare(con, chosen, only=only)
    for party_type in _TYPES:
        for rule in chosen.of(party_type):
            con.execute(
                f"create or replace temp table {_won(party_type, rule)} as "
                f"select * from ({ranked_sql(party_type, rule)}) where place = 1",
                {"left_out": list(chosen.not_from_purposes)},
            )
    _write_legal_forms(con)
    for table, rows in (("parties", _golden_sql(chosen)), ("lineage", _lineage_sql(chosen))):
        if only:
            con.execute(f"delete from golden.golden_{table} where party_id in (from {only})")
            con.execute(f"insert into golden.golden_{table} {rows}")
        else:
            con.execute(f"create or replace table golden.golden_{table} as {rows}")


def losers(
    con: duckdb.DuckDBPyConnection, party_id: str, attribute: str, rules: Rules | None = None
) -> list[Candidate]:
    """The values of `attribute` that did not win for this party, best first."""
    return [c for c in candidates(con, party_id, attribute, rules) if c.place > 1]


def candidates(
    con: duckdb.DuckDBPyConnection, party_id: str, attribute: str, rules: Rules | None = None
) -> list[Candidate]:
    """All values of `attribute` for this party, the winner first."""
    _check_attribute(con, party_id, attribute, rules or load_rules())
    return all_candidates(con, party_id, rules).get((party_id, attribute), [])


def all_candidates(
    con: duckdb.DuckDBPyConnection, party_id: str | None = None, rules: Rules | None = None
) -> dict[tuple[str, str], list[Candidate]]:
    """(party, attribute) → all values, the winner first; of one party, or of all."""
    chosen = rules or load_rules()
    _prepare(con, chosen, party_id)
    found: dict[tuple[str, str], list[Candidate]] = {}
    for party_type in _TYPES:
        for rule in chosen.of(party_type):
            for party, attribute, candidate in _ranked(con, party_type, rule, chosen, party_id):
                found.setdefault((party, attribute), []).append(candidate)
    return found


def _ranked(
    con: duckdb.DuckDBPyConnection,
    party_type: PartyType,
    rule: GroupRule,
    rules: Rules,
    party_id: str | None,
) -> Iterator[tuple[str, str, Candidate]]:
    """The candidates of a group, best first; a name of a firm also stands for its legal form."""
    columns = ", ".join(f'"{attribute}"' for attribute in rule.attributes)
    one_party = {"party_id": party_id} if party_id else {}
    rows = con.execute(
        f"select party_id, place, record_id, source, rule, observed_at, purpose, legal_basis,"
        f" {columns} from ({ranked_sql(party_type, rule, one_party=bool(party_id))})"
        " order by party_id, place",
        {**one_party, "left_out": list(rules.not_from_purposes)},
    ).fetchall()
    for party, place, *told in rows:
        for attribute, value in zip(rule.attributes, told[6:], strict=True):
            yield party, attribute, Candidate(place, value, *told[:6])
            if (party_type, attribute) == ("organisation", "company_name"):
                yield party, "legal_form", Candidate(place, _legal_form(value), *told[:6])


def _check_attribute(
    con: duckdb.DuckDBPyConnection, party_id: str, attribute: str, rules: Rules
) -> None:
    found = con.execute(
        "select party_type from golden.xref_parties where party_id = ?", [party_id]
    ).fetchone()
    if found and attribute in _attributes(found[0], rules):
        return
    raise UsageError(
        f"expected a golden party and one of its attributes, found {party_id} {attribute}",
        hint="Attributes are the columns of golden_parties; ids are in xref_parties.",
    )


def _attributes(party_type: PartyType, rules: Rules) -> set[str]:
    named = {attribute for rule in rules.of(party_type) for attribute in rule.attributes}
    return named | ({"legal_form"} if party_type == "organisation" else set())


def _prepare(
    con: duckdb.DuckDBPyConnection, rules: Rules, party_id: str | None = None, *, only: str = ""
) -> None:
    """Temp tables: records by party (all, of one, or of those in `only`), name parts, legal basis
    by group, members, VAT ids."""
    chosen = f" where party_id in (from {only})" if only else ""
    con.execute(
        f"create or replace temp table {PARTIES} as from golden.xref_parties"
        + (" where party_id = $party_id" if party_id else chosen),
        {"party_id": party_id} if party_id else {},
    )
    _write_name_parts(con)
    _write_group_basis(con)
    con.execute(f"create or replace temp table {MEMBERS} as {members_sql(rules.source_priority)}")
    vat_ids = con.execute(
        f"select distinct vat_id from {MEMBERS} where vat_id is not null order by 1"
    ).fetchall()
    valid = [(v,) for (v,) in vat_ids if companies.has_valid_check_digit(v)]
    _write(con, VALID_VAT_IDS, ("vat_id",), valid)


def _write_group_basis(con: duckdb.DuckDBPyConnection) -> None:
    """Where a stream holds a group of fields on a basis of its own, that one is told."""
    columns = ("system", "stream", "field_group", "purpose", "legal_basis", "retention")
    declared = con.execute(
        "select 1 from information_schema.tables "
        "where table_schema = 'landing' and table_name = 'stream_basis'"
    ).fetchone()
    rows = (
        con.execute(
            f"select {', '.join(columns)} from landing.stream_basis "
            "where field_group <> '*' order by all"
        ).fetchall()
        if declared
        else []
    )
    _write(con, GROUP_BASIS, columns, rows)


def _write_name_parts(con: duckdb.DuckDBPyConnection) -> None:
    texts = con.execute(
        "select distinct i.full_name from intermediate.int_parties__match_input as i "
        f"join {PARTIES} as x using (record_id) "
        "where i.party_type = 'person' and i.full_name is not null and i.family_name is null "
        "order by 1"
    ).fetchall()
    parts = [(text, *names.full_name(text)[:2]) for (text,) in texts]
    _write(con, NAME_PARTS, ("full_name", "given_name", "family_name"), parts)


def _write_legal_forms(con: duckdb.DuckDBPyConnection) -> None:
    texts = con.execute(
        "select distinct company_name from won_organisation_company_name order by 1"
    ).fetchall()
    forms = [(text, form) for (text,) in texts if (form := _legal_form(text))]
    _write(con, _LEGAL_FORMS, ("company_name", "legal_form"), forms)


def _legal_form(company_name: str) -> str | None:
    """As it is written in commerce; a form the standardiser knows and we do not, as it gives it."""
    form = companies.company(company_name).legal_form
    return _WRITTEN.get(form, form) if form else None


def _write(
    con: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: list[Any]
) -> None:
    """A small temp table of text columns."""
    import pyarrow as pa

    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    table = pa.table({c: pa.array(v, pa.string()) for c, v in zip(columns, values, strict=True)})
    con.register("arriving", table)
    con.execute(f"create or replace temp table {name} as select * from arriving")
    con.unregister("arriving")


def _won(party_type: PartyType, rule: GroupRule) -> str:
    return f"won_{party_type}_{rule.group}"


def _golden_sql(rules: Rules) -> str:
    both = " union all by name ".join(_golden_of_type_sql(t, rules) for t in _TYPES)
    return f"""
        select party_id, party_type, {", ".join(_COLUMNS)}, restricted, records, sources,
               first_seen, last_seen, cohesion
        from ({both}) order by party_id
    """


def _golden_of_type_sql(party_type: PartyType, rules: Rules) -> str:
    groups = rules.of(party_type)
    origin: dict[str, str] = {a: rule.group for rule in groups for a in rule.attributes}
    if party_type == "organisation":
        origin["legal_form"] = "legal_form"
    values = ", ".join(
        f"{origin[c]}.{c}" if c in origin else f"{_empty(c)} as {c}" for c in _COLUMNS
    )
    joins = "\n".join(
        f"left join {_won(party_type, r)} as {r.group} on {r.group}.party_id = parties.party_id"
        for r in groups
    )
    if "legal_form" in origin:
        joins += f"\nleft join {_LEGAL_FORMS} as legal_form using (company_name)"
    return f"""
        select parties.*, coalesce(cohesion.cohesion, 1.0) as cohesion, {values}
        from ({_parties_sql(party_type)}) as parties
        left join party_cohesion as cohesion on cohesion.party_id = parties.party_id
        {joins}
    """


def _empty(column: str) -> str:
    return "null::date" if column == "birth_date" else "null::varchar"


def _parties_sql(party_type: PartyType) -> str:
    return f"""
        select x.party_id, x.party_type,
               coalesce(bool_or(i.restricted), false) as restricted,
               count(*)::integer as records,
               list(distinct i.source order by i.source) as sources,
               min(coalesce(i.created_at, i.updated_at)) as first_seen,
               max(coalesce(i.updated_at, i.created_at)) as last_seen
        from {PARTIES} as x
        join intermediate.int_parties__match_input as i using (record_id)
        where x.party_type = '{party_type}' group by x.party_id, x.party_type
    """


def _lineage_sql(rules: Rules) -> str:
    cells = [
        _cell_sql(_won(party_type, rule), attribute, f"w.{attribute}", "w.rule")
        for party_type in _TYPES
        for rule in rules.of(party_type)
        for attribute in rule.attributes
    ]
    derived = f"won_organisation_company_name as w join {_LEGAL_FORMS} as f using (company_name)"
    cells.append(_cell_sql(derived, "legal_form", "f.legal_form", "'from_company_name'"))
    return " union all ".join(cells) + " order by party_id, attribute"


def _cell_sql(rows: str, attribute: str, value: str, rule: str) -> str:
    named = rows if " as w" in rows else f"{rows} as w"
    return f"""
        select w.party_id, '{attribute}' as attribute, w.record_id, {rule} as rule,
               w.observed_at, w.purpose, w.legal_basis, w.retention
        from {named} where {value} is not null
    """
