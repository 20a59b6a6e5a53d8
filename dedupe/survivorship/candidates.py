"""Match input + crosswalk → candidate values of a group of attributes, ranked by its rules.

Pure functions that return SQL. `members_sql` is one row per party record with its party;
`ranked_sql` is one row per candidate with its place among the candidates of its party and the
criterion that decided for the winner. It says plainly what a rule means; `contests` finds the same
winners of millions of parties.
"""

from __future__ import annotations

from typing import NamedTuple

from dedupe.survivorship.rules import Attribute, Criterion, GroupRule, PartyType

MEMBERS = "survivorship_members"
NAME_PARTS = "survivorship_name_parts"
VALID_VAT_IDS = "survivorship_valid_vat_ids"
GROUP_BASIS = "survivorship_group_basis"
LISTS: dict[Attribute, str] = {"email": "emails", "phone": "phones"}
# Cells that only say what we sent there ourselves are taken out of the few records that have some.
_ECHOING: tuple[Attribute, ...] = (
    "title", "given_name", "family_name", "full_name", "company_name", "street", "house_number",
    "postcode", "city", "country", "vat_id", "website_domain",
)  # fmt: skip
_NOT_ECHOES = ", ".join(
    [
        *(f"case when not list_contains(echoes, '{a}') then {a} end as {a}" for a in _ECHOING),
        *(
            f"list_filter({column}, lambda x: not list_contains(echoes, '{a}=' || x)) as {column}"
            for a, column in LISTS.items()
        ),
    ]
)
LAST_POSITION = 4095  # elements of a list beyond are no candidates
_CALLING_CODES = {"DE": "49", "AT": "43", "CH": "41"}


class Concerned(NamedTuple):
    """Relations of the records to choose among: what the match input says, and their parties."""

    rows: str
    parties: str


EVERYBODY = Concerned("intermediate.int_parties__match_input", "golden.xref_parties")


def members_sql(source_priority: tuple[str, ...], concerned: Concerned) -> str:
    """Party records with their party and cleaned values.

    `only_email` and `only_phone` are the values of records that have one. Cells that `echoes` names
    are empty: they have no vote. `echoing` are records that have such cells: we wrote them.
    """
    ranks = " ".join(f"when '{s}' then {-i}" for i, s in enumerate(source_priority))
    return f"""
        select
            x.party_id, x.party_type,
            i.record_id, i.source, i.system, i.stream,
            i.echoes is not null as echoing,
            {_trimmed("title")}, i.restricted, i.purpose, i.legal_basis, i.retention,
            coalesce(i.updated_at, i.created_at) as observed_at,
            coalesce(i.created_at, i.updated_at) as first_seen,
            case i.system {ranks} else {-len(source_priority)} end as source_rank,
            coalesce(nullif(trim(i.given_name), ''), n.given_name) as given_name,
            coalesce(nullif(trim(i.family_name), ''), n.family_name) as family_name,
            coalesce(
                nullif(concat_ws(' ', nullif(trim(i.given_name), ''),
                                 nullif(trim(i.family_name), '')), ''),
                nullif(concat_ws(' ', n.given_name, n.family_name), ''),
                nullif(trim(i.full_name), '')
            ) as full_name,
            {_trimmed("company_name")}, i.birth_date, i.emails, i.phones,
            {_trimmed("street")}, {_trimmed("house_number")}, {_trimmed("postcode")},
            {_trimmed("city")}, {_trimmed("country")},
            nullif(upper(regexp_replace(i.vat_id, '[^A-Za-z0-9]', '', 'g')), '') as vat_id,
            nullif(lower(trim(i.website_domain)), '') as website_domain,
            {element_sql("email", "i.lone_email")} as only_email,
            {element_sql("phone", "i.lone_phone", "trim(i.country)")} as only_phone
        from (
            -- Taken first: to clean texts inside of a case about lists costs thrice as much.
            select *, case when len(emails) = 1 then emails[1] end as lone_email,
                   case when len(phones) = 1 then phones[1] end as lone_phone
            from ({_voting_sql(concerned.rows)})
        ) as i
        join {concerned.parties} as x using (record_id)
        -- An equality alone: with a condition beside it DuckDB compares all rows with all.
        left join {NAME_PARTS} as n
            on n.full_name = case when i.family_name is null then i.full_name end
    """


def _voting_sql(rows: str) -> str:
    return f"""
        from {rows} where echoes is null
        union all by name
        select * replace ({_NOT_ECHOES}) from {rows} where echoes is not null
    """


def ranked_sql(party_type: PartyType, rule: GroupRule, *, one_party: bool = False) -> str:
    """Candidates of one group, best first within their party (`place` = 1 wins).

    Needs `$left_out` bound: purposes whose values are no candidates; for one party `$party_id`.
    """
    of_one = " where party_id = $party_id" if one_party else ""
    criteria = [f"c_{name}" for name in rule.order]
    order = ", ".join([*(f"{c} desc" for c in criteria), "record_id", "position"])
    decided = " ".join(
        f"when w.c_{name} is distinct from r.c_{name} then '{name}'" for name in rule.order
    )
    return f"""
        with candidates as (
            {_candidates_sql(party_type, rule, f"(from {MEMBERS}{of_one})")}
        ),
        keyed as (
            select *, count(distinct source) over (partition by party_id, key) as agreeing
            from candidates
        ),
        measured as (
            select *, {", ".join(f"{_MEASURES[n]} as c_{n}" for n in rule.order)} from keyed
        ),
        placed as (
            select *, row_number() over (partition by party_id order by {order}) as place
            from measured
        ),
        winners as (select * from placed where place = 1),
        rivals as (
            select p.* from placed as p join winners as w using (party_id)
            where p.key <> w.key
            qualify row_number() over (partition by p.party_id order by p.place) = 1
        )
        select
            p.*,
            case when r.party_id is null then 'only_value' {decided}
                 else 'first_record' end as rule
        from placed as p
        join winners as w using (party_id)
        left join rivals as r using (party_id)
    """


_MEASURES: dict[Criterion, str] = {
    "completeness": "filled",
    "well_written": "well_written",
    "verification": "verified",
    "agreement": "agreeing",
    "source_priority": "source_rank",
    "recency": "coalesce(epoch_us(observed_at), 0)",
}


def _candidates_sql(party_type: PartyType, rule: GroupRule, members: str) -> str:
    """One row per value of the group, with all that its rule may ask for.

    `members` is a relation like `survivorship_members`.
    """
    values = ", ".join(f"{value_sql(a)} as {a}" for a in rule.attributes)
    well_written, verified = well_written_sql(spelling_of(rule)), verified_sql(rule.attributes[0])
    return f"""
        select
            party_id, record_id, source, source_rank, position,
            observed_at, {values},
            coalesce(basis.purpose, held.purpose) as purpose,
            coalesce(basis.legal_basis, held.legal_basis) as legal_basis,
            coalesce(basis.retention, held.retention) as retention,
            {" + ".join(f"({a} is not null)::integer" for a in rule.attributes)} as filled,
            {well_written if "well_written" in rule.order else 1} as well_written,
            {verified if "verification" in rule.order else 1} as verified,
            {_key(rule)} as key
        from {_rows(rule, members)} as held
        left join {GROUP_BASIS} as basis
            on basis.system = held.system and basis.stream = held.stream
            and basis.field_group = '{rule.group}'
        where party_type = '{party_type}' and ({present_sql(rule)})
            and not coalesce(
                list_contains($left_out, coalesce(basis.purpose, held.purpose)), false)
    """


def _rows(rule: GroupRule, members: str) -> str:
    """Members with the group's values; a list attribute gives one row per element."""
    attribute = rule.attributes[0]
    if attribute not in LISTS:
        return f"(select *, 1 as position from {members})"
    elements = f"{LISTS[attribute]}[:{LAST_POSITION}]"
    return f"""(
        select * exclude (element), {element_sql(attribute, "element")} as {attribute} from (
            select *, unnest({elements}) as element,
                   unnest(range(1, len({elements}) + 1)) as position
            from {members}
        )
    )"""


def element_sql(attribute: Attribute, element: str, country: str = "country") -> str:
    """SQL: a mail address or phone number as it can be golden."""
    cleaned = f"lower(trim({element}))" if attribute == "email" else _phone(element, country)
    return f"nullif({cleaned}, '')"


def value_sql(attribute: Attribute) -> str:
    """SQL: the value of a candidate as it can be golden."""
    return "upper(country)" if attribute == "country" else attribute


def present_sql(rule: GroupRule) -> str:
    """SQL: the record has a value for the group; a country alone is no address."""
    return " or ".join(f"{a} is not null" for a in rule.attributes if a != "country")


def _key(rule: GroupRule) -> str:
    """Values with one key are one value: case, blanks, umlauts and Str./Straße do not differ."""
    return " || '|' || ".join(f"coalesce({_folded_of(a, rule)}, '')" for a in rule.attributes)


def _folded_of(attribute: Attribute, rule: GroupRule) -> str:
    """A full name that is made of its parts says no more than they do."""
    if attribute == "full_name" and {"given_name", "family_name"} <= set(rule.attributes):
        parts = "concat_ws(' ', given_name, family_name)"
        return f"case when full_name <> {parts} then {folded('full_name')} end"
    return folded(attribute)


def folded(column: str) -> str:
    """SQL: comparable spelling of a text column."""
    text = f"{column}::varchar"
    german = f"lower({text})"
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        german = f"replace({german}, '{umlaut}', '{letters}')"
    plain = f"regexp_replace(strip_accents({german}), '[^\\p{{L}}\\p{{N}}@]', '', 'g')"
    # Most values are plain letters: to see that costs half of taking away what is not there.
    plain = (
        f"case when regexp_full_match({text}, '[A-Za-z0-9@]*') then lower({text}) else {plain} end"
    )
    return f"replace({plain}, 'strasse', 'str')"


def spelling_of(rule: GroupRule) -> Attribute:
    """The attribute whose spelling tells how well a candidate is written."""
    return "full_name" if "full_name" in rule.attributes else rule.attributes[0]


def well_written_sql(attribute: Attribute) -> str:
    """SQL: how well a value is written, from 0 up."""
    text = f"{attribute}::varchar"
    mixed = f"({text} <> upper({text}) and {text} <> lower({text}))::integer"
    if attribute != "full_name":
        return mixed
    return f"{mixed} + (not regexp_matches(full_name, '(^| )\\p{{L}}\\.?( |$)|[0-9@?]'))::integer"


def verified_sql(attribute: Attribute) -> str:
    """SQL: does a value pass its own check? Of what has none, any value does."""
    checks = {
        "email": r"regexp_matches(email, '^[^@\s]+@[^@\s]+\.[a-z]{2,}$')",
        "phone": r"regexp_matches(phone, '^\+[1-9][0-9]{7,14}$')",
        "birth_date": "(year(birth_date) >= 1900 and strftime(birth_date, '%d%m') <> '0101')",
        "vat_id": f"vat_id in (select vat_id from {VALID_VAT_IDS})",
    }
    check = checks.get(attribute)
    return f"({check})::integer" if check else "1"


def _phone(column: str, country: str) -> str:
    """E.164 by the record's country; enough to compare and dial, linkage has its own."""
    digits = f"regexp_replace(replace({column}, '(0)', ''), '[^0-9+]', '', 'g')"
    codes = " ".join(f"when '{c}' then '+{code}'" for c, code in _CALLING_CODES.items())
    return f"""case
        when {digits} like '+%' then {digits}
        when {digits} like '00%' then '+' || substr({digits}, 3)
        when {digits} like '0%'
            then (case upper({country}) {codes} else '+49' end) || substr({digits}, 2)
        else {digits} end"""


def _trimmed(column: str) -> str:
    return f"nullif(trim(i.{column}), '') as {column}"
