"""Members → the winning record of each party and group of attributes, for millions of parties.

`winners_sql` gives the winners that `candidates.ranked_sql` puts in first place, without ranking
anybody. All that a rule asks of a candidate is packed into one number, so that the largest one
wins and the highest digit in which it differs from the best other value tells what decided.
Parties whose records all say the same, the most by far, need no look at the values themselves.
"""

from __future__ import annotations

from collections.abc import Collection

from dedupe.survivorship.candidates import (
    GROUP_BASIS,
    LAST_POSITION,
    LISTS,
    MEASURES,
    MEMBERS,
    candidates_sql,
    present_sql,
    value_sql,
)
from dedupe.survivorship.rules import Criterion, GroupRule, PartyType, Rules

# 128 bits: the criteria in their order, then what is left to the smaller record id and position.
_BITS: dict[Criterion, int] = {
    "completeness": 3, "well_written": 2, "verification": 2, "agreement": 11, "source_priority": 8,
    "recency": 59,
}  # fmt: skip
_POSITION_BITS = LAST_POSITION.bit_length()
_RECORD_BITS = 31
_LAST_RECORD = 2**_RECORD_BITS - 1
_MOST_AGREEING = 2 ** _BITS["agreement"] - 1
_EARLIEST = -(2**56)  # microseconds; the years from -313 to 17954 have room
_LATEST = _EARLIEST + 2 ** _BITS["recency"] - 1
_BETWEEN = "chr(31)"  # the unit separator, which stands in no value
# What values that are equal can still differ in.
_OF_THE_RECORD: tuple[Criterion, ...] = ("source_priority", "recency")


def winners_sql(party_type: PartyType, rules: Rules, own_basis: Collection[str] = ()) -> str:
    """One row per party of this type: `<group>_record`, `<group>_position`, `<group>_rule`.

    All null where the party has no value. `own_basis` names the groups that some stream holds on
    a basis of its own. Needs `$left_out` bound, like `ranked_sql`.
    """
    groups = rules.of(party_type)
    own_basis = {r.group for r in groups} & set(own_basis)
    contests = ",\n".join(_contest_sql(party_type, rule, rules) for rule in groups)
    chosen = ", ".join(_chosen_sql(rule) for rule in groups)
    joins = "\n".join(f"left join {r.group}_contest using (party_no)" for r in groups)
    return f"""
        with parties as materialized ({_parties_sql(party_type, rules, own_basis)}),
        {contests}
        select party_no, {chosen} from parties {joins}
    """


def _parties_sql(party_type: PartyType, rules: Rules, own_basis: Collection[str]) -> str:
    """One row per party and for each group: do its records differ, and the best if they do not."""
    groups = rules.of(party_type)
    told = ", ".join(f"{_told_sql(r, own_basis)} as {r.group}_told" for r in groups)
    best = ", ".join(
        f"{_packed_sql(order, order, rules)} as {name}"
        for name, order in _of_the_records(groups).items()
    )
    held = "\n".join(
        f"left join {GROUP_BASIS} as {g}_basis on {g}_basis.system = member.system"
        f" and {g}_basis.stream = member.stream and {g}_basis.field_group = '{g}'"
        for g in sorted(own_basis)
    )
    return f"""
        select party_no, {", ".join(_summary_sql(rule) for rule in groups)}
        from (
            select party_no, emails, phones, {told}, {best}
            from (
                select *, 1 as position, {_left_out_sql("purpose")} as left_out from {MEMBERS}
            ) as member
            {held}
            where party_type = '{party_type}'
        )
        group by party_no
    """


def _told_sql(rule: GroupRule, own_basis: Collection[str]) -> str:
    """A digest of the values, null if the record has none that may be golden.

    Not DuckDB's `hash`: it took Keaselbauer for Kesselbauer where the name stood twice in a text.
    """
    attribute = rule.attributes[0]
    left_out = "left_out"
    if rule.group in own_basis:
        left_out = _left_out_sql(f"coalesce({rule.group}_basis.purpose, member.purpose)")
    present = f"({present_sql(rule)})"
    values = f" || {_BETWEEN} || ".join(
        f"coalesce({value_sql(a)}::varchar, '')" for a in rule.attributes
    )
    if attribute in LISTS:
        present, values = f"only_{attribute} is not null", f"only_{attribute}"
    return f"case when {present} and not {left_out} then md5_number_lower({values}) end"


def _left_out_sql(purpose: str) -> str:
    return f"coalesce(list_contains($left_out, {purpose}), false)"


def _summary_sql(rule: GroupRule) -> str:
    group, attribute = rule.group, rule.attributes[0]
    differ = f"min({group}_told) < max({group}_told)"
    if attribute in LISTS:
        differ = f"({differ}) or max(len({LISTS[attribute]})) > 1"
    return f"""
        coalesce({differ}, false) as {group}_differ,
        max({_name(rule)}) filter ({group}_told is not null) as {group}_best
    """


def _of_the_records(groups: Collection[GroupRule]) -> dict[str, tuple[Criterion, ...]]:
    return {_name(r): tuple(c for c in r.order if c in _OF_THE_RECORD) for r in groups}


def _name(rule: GroupRule) -> str:
    """Groups with one order of the record's criteria share a column."""
    return "_then_".join(("best", *(c for c in rule.order if c in _OF_THE_RECORD)))


def _contest_sql(party_type: PartyType, rule: GroupRule, rules: Rules) -> str:
    """The winner among different records: best candidate of each value, then the best two values.

    Agreement is a matter of the value, so it is added when its candidates are together.
    """
    group = rule.group
    differing = f"(from {MEMBERS} semi join (from parties where {group}_differ) using (party_no))"
    own = tuple(c for c in rule.order if c != "agreement")
    agreeing = "0::uhugeint"
    if "agreement" in rule.order:
        shift = _shifts(rule.order)["agreement"]
        agreeing = f"least(count(*), {_MOST_AGREEING})::uhugeint << {shift}"
    return f"""
        {group}_of_sources as (
            select party_no, key as value, source,
                   max({_packed_sql(rule.order, own, rules)}) as best
            from ({candidates_sql(party_type, rule, differing)})
            group by party_no, value, source
        ),
        {group}_of_values as (
            select party_no, max(best) + ({agreeing}) as best
            from {group}_of_sources group by party_no, value
        ),
        {group}_contest as (
            select party_no, two[1] as {group}_won, {_decided_sql(rule)} as {group}_decided
            from (select party_no, max(best, 2) as two from {group}_of_values group by party_no)
        )"""


def _packed_sql(order: tuple[Criterion, ...], asked: tuple[Criterion, ...], rules: Rules) -> str:
    """What is `asked` of a candidate as one number, in the digits that `order` gives."""
    shifts = _shifts(order)
    measures = [f"({_digits_sql(c, rules)})::uhugeint << {shifts[c]}" for c in dict.fromkeys(asked)]
    last = [
        f"({_LAST_RECORD} - record_no)::uhugeint << {_POSITION_BITS}",
        f"({LAST_POSITION} - position)::uhugeint",
    ]
    return " + ".join(f"({part})" for part in (*measures, *last))


def _shifts(order: tuple[Criterion, ...]) -> dict[Criterion, int]:
    """Criterion → its lowest bit."""
    shifts: dict[Criterion, int] = {}
    lowest = _RECORD_BITS + _POSITION_BITS
    for criterion in reversed(tuple(dict.fromkeys(order))):
        shifts[criterion] = lowest
        lowest += _BITS[criterion]
    return shifts


def _digits_sql(criterion: Criterion, rules: Rules) -> str:
    """A measure as a number from zero up; what has none comes last."""
    measure = MEASURES[criterion]
    if criterion == "source_priority":
        return f"{measure} + {len(rules.source_priority)}"
    if criterion == "recency":
        return f"least(greatest({measure}, {_EARLIEST}), {_LATEST}) - ({_EARLIEST})"
    if criterion in ("well_written", "verification"):
        return f"coalesce({measure} + 1, 0)"
    return measure


def _decided_sql(rule: GroupRule) -> str:
    """The first criterion in which the winner differs from the best candidate of another value."""
    shifts = _shifts(rule.order)
    decided = " ".join(
        f"when two[1] >> {shifts[c]} <> two[2] >> {shifts[c]} then '{c}'"
        for c in dict.fromkeys(rule.order)
    )
    return f"case when len(two) = 1 then 'only_value' {decided} else 'first_record' end"


def _chosen_sql(rule: GroupRule) -> str:
    g = rule.group
    won = f"case when {g}_differ then {g}_won else {g}_best end"
    return f"""
        ({_LAST_RECORD} - (({won} >> {_POSITION_BITS}) & {_LAST_RECORD}))::integer as {g}_record,
        ({LAST_POSITION} - ({won} & {LAST_POSITION}))::smallint as {g}_position,
        case when {g}_differ then {g}_decided when {g}_best is not null then 'only_value' end
            as {g}_rule
    """
