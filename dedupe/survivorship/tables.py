"""Winners → rows of `golden.golden_parties` and `golden.golden_lineage`.

Pure functions that return SQL. They read `survivorship_members`, `survivorship_sources`, the legal
forms of the firms' names, and for each party type its winners (`winners_sql` as a table).
"""

from __future__ import annotations

from collections.abc import Collection

from dedupe.survivorship.candidates import GROUP_BASIS, LISTS, MEMBERS, element_sql, value_sql
from dedupe.survivorship.rules import Attribute, GroupRule, PartyType, Rules

TYPES: tuple[PartyType, ...] = ("person", "organisation")
LEGAL_FORMS = "survivorship_legal_forms"
SOURCES = "survivorship_sources"
_COLUMNS = (
    "title", "given_name", "family_name", "full_name", "company_name", "legal_form",
    "birth_date", "email", "phone", "street", "house_number", "postcode", "city", "country",
    "vat_id", "website_domain",
)  # fmt: skip
_ATTRIBUTE = f"enum({', '.join(repr(column) for column in sorted(_COLUMNS))})"


def winners_table(party_type: PartyType) -> str:
    """Where the winners of a party type are."""
    return f"survivorship_won_{party_type}"


def _naming(rules: Rules) -> list[str]:
    """The groups that a firm's name is chosen in: one, if the rules name it at all."""
    return [rule.group for rule in rules.organisation if "company_name" in rule.attributes]


def won_company_names_sql(rules: Rules) -> str:
    """The names that firms bear now."""
    won = " or ".join(
        f"record_no in (select {group}_record from {winners_table('organisation')})"
        for group in _naming(rules)
    )
    return f"""
        select distinct company_name from {MEMBERS}
        where company_name is not null and ({won or "false"}) order by 1
    """


def golden_sql(rules: Rules, number_of_sources: int) -> str:
    """One row per party; cohesion comes from `party_cohesion`."""
    both = " union all by name ".join(
        _golden_of_type_sql(t, rules.of(t), number_of_sources) for t in TYPES
    )
    return f"""
        with golden as materialized ({both}),
        held_by as (
            select source_bits, list(source order by source) as sources
            from (select distinct source_bits from golden)
            join {SOURCES} on get_bit(source_bits, source_no) = 1
            group by source_bits
        )
        select golden.party_id, party_type, {", ".join(_COLUMNS)}, restricted, records, sources,
               first_seen, last_seen, coalesce(cohesion.cohesion, 1.0) as cohesion
        from golden
        join held_by using (source_bits)
        left join party_cohesion as cohesion on cohesion.party_id = golden.party_id
        left join {LEGAL_FORMS} as form
            on party_type = 'organisation' and form.firm = golden.company_name
        order by party_no
    """


def _golden_of_type_sql(
    party_type: PartyType, groups: Collection[GroupRule], number_of_sources: int
) -> str:
    chosen: dict[str, str] = {
        a: _won_value_sql(rule, a) for rule in groups for a in rule.attributes
    }
    values = ", ".join(f"{chosen.get(c, _empty(c))} as {c}" for c in _COLUMNS if c != "legal_form")
    return f"""
        select party_no, '{party_type}' as party_type, any_value(party_id) as party_id, {values},
               coalesce(bool_or(restricted), false) as restricted,
               count(*)::integer as records,
               bitstring_agg(source_no, 0, {max(1, number_of_sources - 1)}) as source_bits,
               min(first_seen) as first_seen, max(observed_at) as last_seen
        from {MEMBERS} as member
        join {SOURCES} using (source)
        join {winners_table(party_type)} as won using (party_no)
        where party_type = '{party_type}' group by party_no
    """


def _won_value_sql(rule: GroupRule, attribute: Attribute) -> str:
    value = value_sql(attribute)
    if attribute in LISTS:
        element = element_sql(attribute, f"{LISTS[attribute]}[{rule.group}_position]")
        value = f"case when only_{attribute} is null then {element} else only_{attribute} end"
    return f"any_value(case when record_no = {rule.group}_record then {value} end)"


def _empty(column: str) -> str:
    return "null::date" if column == "birth_date" else "null::varchar"


def lineage_sql(rules: Rules, own_basis: Collection[str]) -> str:
    """One row per cell that has a value and is not counted."""
    cells = [_cells_sql(t, rule, own_basis) for t in TYPES for rule in rules.of(t)]
    cells += [_legal_form_sql(group, own_basis) for group in _naming(rules)]
    return f"""
        select party_id, attribute::varchar as attribute, record_id, rule, observed_at, purpose,
               legal_basis, retention
        from ({" union all ".join(cells)}) order by party_no, attribute
    """


def _cells_sql(party_type: PartyType, rule: GroupRule, own_basis: Collection[str]) -> str:
    stated = ", ".join(
        f"'{a}'" if a in LISTS else f"case when {a} is not null then '{a}' end"
        for a in rule.attributes
    )
    return f"""
        select * from (
            select unnest([{stated}]::{_ATTRIBUTE}[]) as attribute, {rule.group}_rule as rule,
                   {_origin_sql(party_type, rule.group, own_basis)}
        ) where attribute is not null
    """


def _legal_form_sql(group: str, own_basis: Collection[str]) -> str:
    return f"""
        select 'legal_form'::{_ATTRIBUTE} as attribute, 'from_company_name' as rule,
               {_origin_sql("organisation", group, own_basis)}
        semi join {LEGAL_FORMS} as form on form.firm = member.company_name
    """


def _origin_sql(party_type: PartyType, group: str, own_basis: Collection[str]) -> str:
    """What a cell says of the record that won it, and where that is from."""
    told, own = ("purpose", "legal_basis", "retention"), ""
    basis = ", ".join(f"member.{c}" for c in told)
    if group in own_basis:
        basis = ", ".join(f"coalesce(own.{c}, member.{c}) as {c}" for c in told)
        own = (
            f"left join {GROUP_BASIS} as own on own.system = member.system"
            f" and own.stream = member.stream and own.field_group = '{group}'"
        )
    return f"""
        member.party_no, party_id, record_id, observed_at, {basis}
        from {MEMBERS} as member
        join {winners_table(party_type)} as won on won.{group}_record = member.record_no
        {own}
    """
