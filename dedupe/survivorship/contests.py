"""Members → the winning record of each party for a group of attributes, for millions of parties.

It finds what `candidates.ranked_sql` puts in first place, without ranking anybody. All that a rule
asks of a candidate is packed into one number, so that the largest one wins and the highest digit in
which it differs from the best other value tells what decided. The records of most parties all say
the same: only what a rule asks of values that differ takes a look at their texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe.survivorship.candidates import LISTS, spelling_of
from dedupe.survivorship.members import (
    NONE,
    Codes,
    Column,
    Flags,
    Members,
    Numbers,
    distinct,
    first_of_runs,
    runs,
    texts_of,
)
from dedupe.survivorship.rules import Attribute, Criterion, GroupRule, Rules
from dedupe.survivorship.spellings import same_value, verified, well_written

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# 57 bits in all, in the order of a rule; what is then equal is left to the smaller record. `rules`
# refuses more attributes and systems; of more sources that agree, none counts.
_BITS: dict[Criterion, int] = {
    "completeness": 3, "well_written": 2, "verification": 2, "agreement": 11, "source_priority": 8,
    "recency": 31,
}  # fmt: skip
_NAME: tuple[Attribute, ...] = ("given_name", "family_name", "full_name")
_MOST_AGREEING = 2 ** _BITS["agreement"] - 1
FROM_COMPANY_NAME = "from_company_name"
PINNED = "pinned"
REASONS = ("only_value", *_BITS, "first_record", FROM_COMPANY_NAME, PINNED)
_REASON: dict[str, int] = {name: code for code, name in enumerate(REASONS)}


class Choice(NamedTuple):
    """What a group came to, per party: the record, why it won, and its values as codes.

    All are `NONE` for a party that has no value.
    """

    records: Codes
    reasons: Codes
    values: dict[Attribute, Codes]


class _Candidates(NamedTuple):
    """Records that have a value, a row for each of several, in the order that decides at last."""

    records: Codes
    values: dict[Attribute, Codes]

    def rows(self, chosen: Numbers) -> _Candidates:
        return _Candidates(
            self.records[chosen], {a: codes[chosen] for a, codes in self.values.items()}
        )


def choose(
    con: duckdb.DuckDBPyConnection,
    members: Members,
    rule: GroupRule,
    rules: Rules,
    among: Flags | None = None,
) -> Choice:
    """The winner of each party, the best candidate by the criteria of the rule.

    `among` are the records that take part, if not all do.
    """
    candidates = _candidates(members, rule, rules)
    if among is not None:
        candidates = candidates.rows(np.flatnonzero(among[candidates.records]))
    party = members.party[candidates.records]
    starts = first_of_runs(party)
    contest = runs(starts, len(party))
    packed = of_records(members, rule, candidates.records)
    same = np.full(len(party), NONE, np.int64)
    contested = np.flatnonzero(_differ(candidates, starts)[contest])
    if len(contested):
        at_odds = candidates.rows(contested)
        same[contested] = _same_values(con, members, at_odds, contest[contested])
        packed[contested] += _of_values(con, members, rule, at_odds, same[contested])
    first, rival = _first_and_rival(packed, same, starts, contest)
    reasons = _reasons(rule, packed[first], rival)
    return _spread(len(members.starts), party[starts], candidates.rows(first), reasons)


def _candidates(members: Members, rule: GroupRule, rules: Rules) -> _Candidates:
    values = {a: members.columns[a].codes for a in rule.attributes}
    # A country alone is no address.
    said = np.logical_or.reduce([codes != NONE for a, codes in values.items() if a != "country"])
    said &= ~members.left_out(rule.group, rules.not_from_purposes)
    records = np.flatnonzero(said).astype(np.int32)
    found = _Candidates(records, {a: codes[records] for a, codes in values.items()})
    attribute = rule.attributes[0]
    return found if attribute not in LISTS else _with_elements(members, rule, rules, found)


def _with_elements(
    members: Members, rule: GroupRule, rules: Rules, found: _Candidates
) -> _Candidates:
    """A record with several values is a candidate with each of them."""
    (attribute,) = rule.attributes
    several = members.elements[attribute]
    kept = (several.codes != NONE) & ~members.left_out(rule.group, rules.not_from_purposes)[
        several.records
    ]
    records = np.concatenate([found.records, several.records[kept]])
    codes = np.concatenate([found.values[attribute], several.codes[kept]])
    in_order = np.argsort(records, kind="stable")
    return _Candidates(records[in_order], {attribute: codes[in_order]})


def _differ(candidates: _Candidates, starts: Numbers) -> Flags:
    """Per contest: do its candidates say different things?"""
    differ = np.zeros(len(starts), np.bool_)
    for codes in candidates.values.values():
        differ |= np.minimum.reduceat(codes, starts) < np.maximum.reduceat(codes, starts)
    return differ


def _same_values(
    con: duckdb.DuckDBPyConnection, members: Members, candidates: _Candidates, contest: Codes
) -> Numbers:
    """Equal numbers for candidates of one contest whose values are one value."""
    values = dict(candidates.values)
    if values.keys() >= set(_NAME):
        made_of_parts = _made_of_its_parts(members, candidates)
        values["full_name"] = np.where(made_of_parts, NONE, values["full_name"])
    same = contest.astype(np.int64)
    for attribute, codes in values.items():
        folded = same_value(con, attribute, Column(codes, members.columns[attribute].texts))
        wide = same * (int(folded.max(initial=NONE)) + 2) + folded + 1
        same = np.unique(wide, return_inverse=True)[1]
    return same


def _made_of_its_parts(members: Members, candidates: _Candidates) -> Flags:
    """A full name that is made of its parts says no more than they do."""
    import pyarrow.compute as pc

    given, family, full = (_texts(members, candidates, attribute) for attribute in _NAME)
    both = pc.binary_join_element_wise(given, family, " ")
    parts = pc.coalesce(both, given, family)
    return np.asarray(pc.equal(full, parts).fill_null(False).to_numpy(zero_copy_only=False))


def _texts(members: Members, candidates: _Candidates, attribute: Attribute) -> pa.Array:
    return texts_of(members.columns[attribute].texts, candidates.values[attribute])


def _shifts(rule: GroupRule) -> dict[Criterion, int]:
    """Criterion → its lowest bit, the first one's the highest."""
    shifts: dict[Criterion, int] = {}
    lowest = 0
    for criterion in reversed(tuple(dict.fromkeys(rule.order))):
        shifts[criterion] = lowest
        lowest += _BITS[criterion]
    return dict(reversed(shifts.items()))


def of_records(members: Members, rule: GroupRule, records: NDArray[Any]) -> Numbers:
    """The digits that do not depend on the value, per candidate."""
    digits = {"source_priority": members.source_ranks, "recency": members.recency}
    packed = np.zeros(len(records), np.int64)
    for criterion, lowest in _shifts(rule).items():
        if criterion in digits:
            packed += digits[criterion][records] << lowest
    return packed


def _of_values(
    con: duckdb.DuckDBPyConnection,
    members: Members,
    rule: GroupRule,
    candidates: _Candidates,
    same: Numbers,
) -> Numbers:
    """The digits that depend on the value, per candidate."""

    def column(attribute: Attribute) -> Column:
        return Column(candidates.values[attribute], members.columns[attribute].texts)

    spelled, first = spelling_of(rule), rule.attributes[0]
    digits: dict[Criterion, Callable[[], Numbers]] = {
        "completeness": lambda: _filled(candidates),
        "agreement": lambda: _agreeing(members, candidates, same),
        "well_written": lambda: well_written(con, spelled, column(spelled)),
        "verification": lambda: verified(con, first, column(first)),
    }
    packed = np.zeros(len(same), np.int64)
    for criterion, lowest in _shifts(rule).items():
        if criterion in digits:
            packed += digits[criterion]() << lowest
    return packed


def _filled(candidates: _Candidates) -> Numbers:
    """How many attributes of the group have a value."""
    filled = [codes != NONE for codes in candidates.values.values()]
    return np.asarray(np.sum(filled, axis=0, dtype=np.int64))


def _agreeing(members: Members, candidates: _Candidates, same: Numbers) -> Numbers:
    """How many sources say the same."""
    sources = members.source.codes[candidates.records]
    every = len(members.source.texts)
    by_source = distinct(same * every + sources)
    counted = np.bincount(by_source // max(every, 1), minlength=1)
    return np.asarray(np.minimum(counted, _MOST_AGREEING)[same])


def _first_and_rival(
    packed: Numbers, same: Numbers, starts: Numbers, contest: Codes
) -> tuple[Numbers, Numbers]:
    """Per contest: the first of the best candidates, and the best number of another value."""
    best = np.maximum.reduceat(packed, starts)
    at_best = np.flatnonzero(packed == best[contest])
    first = at_best[first_of_runs(contest[at_best])]
    others = np.where(same == same[first][contest], NONE, packed)
    return first, np.asarray(np.maximum.reduceat(others, starts))


def _reasons(rule: GroupRule, won: Numbers, rival: Numbers) -> Codes:
    """The first criterion in which the winner differs from the best candidate of another value."""
    reasons = np.full(len(won), _REASON["first_record"], np.int32)
    for criterion, lowest in reversed(_shifts(rule).items()):
        reasons[won >> lowest != rival >> lowest] = _REASON[criterion]
    reasons[rival == NONE] = _REASON["only_value"]
    return reasons


def _spread(parties: int, chosen: Codes, won: _Candidates, reasons: Codes) -> Choice:
    """From parties with a value to all parties."""

    def spread(codes: Codes) -> Codes:
        every = np.full(parties, NONE, np.int32)
        every[chosen] = codes
        return every

    values = {attribute: spread(codes) for attribute, codes in won.values.items()}
    return Choice(spread(won.records), spread(reasons), values)
