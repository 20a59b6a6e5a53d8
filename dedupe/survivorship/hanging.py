"""A pin → the record whose purpose, legal basis and retention its value is held on.

The one that said it. Where it was typed, or that record may not say it any more, the one that the
rule of the group ranks first among those that may: not held for a purpose that is left out, and
none that we wrote ourselves into a target. A party without such a record lets its pins sleep.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dedupe.survivorship.contests import choose, of_records
from dedupe.survivorship.members import NONE, Flags, Members, read_members
from dedupe.survivorship.prepare import prepare
from dedupe.survivorship.rules import GroupRule, PartyType, Rules

if TYPE_CHECKING:
    import duckdb


def hanging(
    con: duckdb.DuckDBPyConnection,
    members: Members,
    rule: GroupRule,
    rules: Rules,
    anchors: Mapping[int, int | None],
) -> dict[int, int]:
    """Place of a party → place of the record; without the parties that have none.

    `anchors`: place of a party → place of the record that said the value.
    """
    left_out = members.left_out(rule.group, rules.not_from_purposes)
    found = {p: r for p, r in anchors.items() if r is not None and not left_out[r]}
    others = sorted(anchors.keys() - found.keys())
    if not others:
        return found
    among = may_say(members, rule, rules) & np.isin(members.party, others)
    first = choose(con, members, rule, rules, among).records
    for party in others:
        record = int(first[party])
        if record == NONE:
            record = _best(members, rule, party, among)
        if record != NONE:
            found[party] = record
    return found


def may_say(members: Members, rule: GroupRule, rules: Rules) -> Flags:
    """Records on which a typed value of this group may be held."""
    left_out = members.left_out(rule.group, rules.not_from_purposes)
    return np.asarray(~left_out & (members.numbers("echoing") == 0))


def asleep(
    con: duckdb.DuckDBPyConnection, party_id: str, party_type: PartyType, rules: Rules
) -> frozenset[str]:
    """The groups of which no record of this party may say anything: a pin of them sleeps."""
    members = read_members(con, party_type, rules, prepare(con, party_id))
    every = rules.of(party_type)
    return frozenset(r.group for r in every if not may_say(members, r, rules).any())


def _best(members: Members, rule: GroupRule, party: int, among: Flags) -> int:
    """Where none of them says anything: by what the rule asks of a record alone."""
    start, *rest = members.starts[party : party + 2]
    end = rest[0] if rest else len(members.party)
    records = start + np.flatnonzero(among[start:end])
    if not len(records):
        return NONE
    return int(records[np.argmax(of_records(members, rule, records))])
