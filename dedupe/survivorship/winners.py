"""Members → the winning record of each party and group of attributes, for millions of parties.

`winners_sql` gives the winners that `candidates.ranked_sql` puts in first place, without ranking
anybody. All that a rule asks of a candidate is packed into one number, so that the largest one
wins and the highest digit in which it differs from the best other value tells what decided.
Parties whose records all say the same, the most by far, have it from `survivorship_summaries`.
"""

from __future__ import annotations

from dedupe.survivorship.candidates import (
    LAST_POSITION,
    MEASURES,
    MEMBERS,
    candidates_sql,
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
# What values that are equal can still differ in.
OF_THE_RECORD: tuple[Criterion, ...] = ("source_priority", "recency")
SUMMARIES = "survivorship_summaries"


def winners_sql(party_type: PartyType, rules: Rules) -> str:
    """One row per party of this type: `<group>_record`, `<group>_position`, `<group>_rule`.

    All null where the party has no value. Needs `$left_out` bound, like `ranked_sql`.
    """
    groups = rules.of(party_type)
    contests = ",\n".join(_contest_sql(party_type, rule, rules) for rule in groups)
    chosen = ", ".join(_chosen_sql(rule) for rule in groups)
    joins = "\n".join(f"left join {r.group}_contest using (party_no)" for r in groups)
    return f"with {contests} select party_no, {chosen} from {SUMMARIES} {joins}"


def _contest_sql(party_type: PartyType, rule: GroupRule, rules: Rules) -> str:
    """The winner among different records: best candidate of each value, then the best two values.

    Agreement is a matter of the value, so it is added when its candidates are together.
    """
    group = rule.group
    differing = (
        f"(from {MEMBERS} semi join (from {SUMMARIES} where {group}_differ) using (party_no))"
    )
    values = _best_of_values_sql(party_type, rule, rules, differing)
    return f"""
        {group}_of_values as ({values}),
        {group}_contest as (
            select party_no, two[1] as {group}_won, {_decided_sql(rule)} as {group}_decided
            from (select party_no, max(best, 2) as two from {group}_of_values group by party_no)
        )"""


def _best_of_values_sql(party_type: PartyType, rule: GroupRule, rules: Rules, members: str) -> str:
    """The best candidate of each value, with the sources that agree on it if the rule asks."""
    own = tuple(c for c in rule.order if c != "agreement")
    candidates = f"""
        select party_no, key as value, source, {_packed_sql(rule.order, own, rules)} as packed
        from ({candidates_sql(party_type, rule, members)})
    """
    if "agreement" not in rule.order:
        return f"select party_no, max(packed) as best from ({candidates}) group by party_no, value"
    agreeing = f"least(count(*), {_MOST_AGREEING})::uhugeint << {_shifts(rule.order)['agreement']}"
    return f"""
        select party_no, max(best) + ({agreeing}) as best
        from (
            select party_no, value, source, max(packed) as best
            from ({candidates}) group by party_no, value, source
        )
        group by party_no, value
    """


def _packed_sql(order: tuple[Criterion, ...], asked: tuple[Criterion, ...], rules: Rules) -> str:
    """What is `asked` of a candidate as one number, in the digits that `order` gives."""
    shifts = _shifts(order)
    measures = [f"({digits_sql(c, rules)})::uhugeint << {shifts[c]}" for c in dict.fromkeys(asked)]
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


def digits_sql(criterion: Criterion, rules: Rules) -> str:
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
    record = f"({_LAST_RECORD} - (({g}_won >> {_POSITION_BITS}) & {_LAST_RECORD}))::integer"
    position = f"({LAST_POSITION} - ({g}_won & {LAST_POSITION}))::smallint"
    only = f"{g}_best is not null"
    return f"""
        case when {g}_differ then {record} else {g}_best end as {g}_record,
        case when {g}_differ then {position} when {only} then 1::smallint end as {g}_position,
        case when {g}_differ then {g}_decided when {only} then 'only_value' end as {g}_rule
    """
