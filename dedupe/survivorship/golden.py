"""Crosswalk + match input → `golden.golden_parties` and `golden.golden_lineage`.

Runs in the warehouse, after `golden.xref_parties` is written. `losers` answers on demand which
values lost, with the record, time, purpose and legal basis of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dedupe.standardise import companies
from dedupe.survivorship.candidates import MEMBERS, ranked_sql
from dedupe.survivorship.prepare import groups_with_own_basis, prepare, write_texts
from dedupe.survivorship.rules import GroupRule, PartyType, Rules, load_rules
from dedupe.survivorship.summaries import write_summaries
from dedupe.survivorship.tables import (
    LEGAL_FORMS,
    SOURCES,
    TYPES,
    golden_sql,
    lineage_sql,
    winners_table,
)
from dedupe.survivorship.winners import winners_sql
from stamm.errors import UsageError

if TYPE_CHECKING:
    import duckdb

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
    prepare(con, chosen, only=only)
    own_basis = groups_with_own_basis(con)
    for party_type in TYPES:
        write_summaries(con, party_type, chosen, own_basis)
        con.execute(
            f"create or replace temp table {winners_table(party_type)} as"
            f" {winners_sql(party_type, chosen)}",
            {"left_out": list(chosen.not_from_purposes)},
        )
    _write_legal_forms(con, chosen)
    golden = golden_sql(chosen, _write_sources(con))
    for table, rows in (("parties", golden), ("lineage", lineage_sql(chosen, own_basis))):
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
    prepare(con, chosen, party_id)
    found: dict[tuple[str, str], list[Candidate]] = {}
    for party_type in TYPES:
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


def _write_legal_forms(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """The legal form of each name that a firm bears now."""
    named = [rule.group for rule in rules.organisation if "company_name" in rule.attributes]
    won = (
        f"select {named[0]}_record from {winners_table('organisation')}" if named else "select null"
    )
    texts = con.execute(
        f"select distinct company_name from {MEMBERS}"
        f" where record_no in ({won}) and company_name is not null order by 1"
    ).fetchall()
    forms = [(text, form) for (text,) in texts if (form := _legal_form(text))]
    write_texts(con, LEGAL_FORMS, ("firm", "legal_form"), forms)


def _write_sources(con: duckdb.DuckDBPyConnection) -> int:
    """Number the sources by name; gives how many there are."""
    con.execute(
        f"create or replace temp table {SOURCES} as select source,"
        " (row_number() over (order by source) - 1)::integer as source_no"
        f" from (select distinct source from {MEMBERS})"
    )
    return int(con.execute(f"select count(*) from {SOURCES}").fetchall()[0][0])


def _legal_form(company_name: str) -> str | None:
    """As it is written in commerce; a form the standardiser knows and we do not, as it gives it."""
    form = companies.company(company_name).legal_form
    return _WRITTEN.get(form, form) if form else None
