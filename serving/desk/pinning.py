"""Pinning at the Desk: the value of a group of fields that a person fixes, and the way back.

In: the bench, a party, a form. Out: what may be pinned and what is; a pin or its end, kept with its
entry in the audit trail in one transaction. It takes effect with the next run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from dedupe.identity.memberships import members
from dedupe.judgement import pins
from dedupe.judgement.pins import Wish
from dedupe.judgement.record_aliases import aliases
from dedupe.survivorship.golden import Candidate, Candidates, all_candidates
from dedupe.survivorship.hanging import asleep
from dedupe.survivorship.pin_values import pinnable
from dedupe.survivorship.pinned import Held, pins_of
from dedupe.survivorship.rules import GroupRule, PartyType, load_rules
from privacy.suppressions import canonical_address
from serving.desk import audit
from serving.desk.asking import Asked
from serving.desk.copies import Bench
from serving.desk.deciding import Signed
from serving.desk.refusals import Refused
from serving.mentions import names_an_address
from stamm.errors import UsageError
from stamm.store import Store


@dataclass(frozen=True)
class Said:
    """What one record says of a group."""

    record_id: str
    source: str
    values: Mapping[str, str]

    @property
    def text(self) -> str:
        return " ".join(self.values.values())

    @property
    def mark(self) -> str:
        """Names it on the page: its values, as a digest, and the record."""
        told = json.dumps(sorted(self.values.items()))
        return f"{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()} {self.record_id}"


@dataclass(frozen=True)
class Offer:
    """A group that can be pinned: what records say, best first, and its fields to type."""

    group: str
    fields: tuple[str, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Pinning:
    """`seen` is the last pin that the page knows; `standing` are the party's, newest first.

    `asleep` are groups that no record of the party may say, so that pins of them are not golden.
    """

    offers: tuple[Offer, ...]
    standing: tuple[Held, ...]
    asleep: frozenset[str]
    run: str
    seen: int


def pinning(asked: Asked, bench: Bench, party: str, candidates: Candidates) -> Pinning | None:
    """`candidates` are its own. None for a party that the last run does not have."""
    kind = _type_of(bench, party)
    if kind is None:
        return None
    every = pins.pins(asked.store)
    hidden = asked.view.hidden.addresses
    offers = tuple(
        Offer(rule.group, rule.attributes, _said(candidates, party, rule, hidden))
        for rule in load_rules().of(kind)
    )
    shown = (
        one._replace(pin=_without_hidden_words(one.pin, hidden))
        for one in pins_of(bench.con, every, party)
        if not _hides(one.pin.values, hidden)
    )
    sleeping = asleep(bench.con, party, kind, load_rules())
    return Pinning(offers, tuple(shown), sleeping, str(bench.run), _last(every))


def pin(asked: Asked, bench: Bench, party: str, signed: Signed, *, reason: str, seen: int) -> int:
    """What the form says. Refused if it cannot be golden, or something changed meanwhile."""
    form, kind = asked.form, _type_of(bench, party)
    rules = load_rules().of(kind) if kind else ()
    rule = next((one for one in rules if one.group == form.one("group")), None)
    if rule is None or kind is None:
        raise Refused(422, "refused.no_form")
    if form.one("run") != str(bench.run):
        raise Refused(409, "case.changed")
    typed, anchor = _chosen(asked, bench, party, rule)
    try:
        values = pinnable(rule, typed, today=signed.at.date(), country=_country(bench, party))
    except UsageError as wrong:
        raise Refused(422, "pin.invalid", why=str(wrong).splitlines()[0]) from None
    if _hides(values, asked.view.hidden.addresses):
        raise Refused(422, "pin.hidden")
    with asked.store.transaction():
        mine = pins_of(bench.con, pins.pins(asked.store), party)
        same = [one.pin for one in mine if one.pin.group == rule.group]
        if any(one.seq > seen for one in same):
            raise Refused(409, "pin.meanwhile")
        wish = Wish(kind, rule.group, values, _records(bench, party), anchor)
        ended = [one.seq for one in same if _was_made_for(asked.store, party, one)]
        number = pins.pin(
            asked.store, wish, by=signed.name, at=signed.at, reason=reason, instead_of=ended
        )
        audit.note(
            asked.store, signed.name, "pinned a value", at=signed.now, subject=party,
            detail=f"pin {number}, {rule.group}",
        )  # fmt: skip
    return number


def unpin(
    asked: Asked, bench: Bench, party: str, signed: Signed, *, number: int, reason: str
) -> None:
    """End a pin of this party. Refused if it is none, or holds no more."""
    with asked.store.transaction():
        mine = pins_of(bench.con, pins.pins(asked.store), party)
        if number not in {one.pin.seq for one in mine}:
            raise Refused(404, "refused.not_found")
        pins.unpin(asked.store, number, by=signed.name, at=signed.at, reason=reason)
        audit.note(
            asked.store, signed.name, "took a pin back", at=signed.now, subject=party,
            detail=f"pin {number}",
        )  # fmt: skip


def _chosen(
    asked: Asked, bench: Bench, party: str, rule: GroupRule
) -> tuple[Mapping[str, str], str | None]:
    """Values and the record that says them; None for what was typed."""
    mark = asked.form.one("said")
    if not mark:
        return {name: asked.form.one(name) for name in rule.attributes}, None
    if not re.fullmatch("[0-9a-f]{32} .+", mark):
        raise Refused(422, "refused.no_form")
    said = _said(all_candidates(bench.con, party), party, rule, asked.view.hidden.addresses)
    for one in said:
        if one.mark == mark:
            return one.values, one.record_id
    raise Refused(409, "pin.gone")


def _said(
    found: Candidates,
    party: str,
    rule: GroupRule,
    hidden: frozenset[str],
) -> tuple[Said, ...]:
    """By place; the values of one place are of one record. Each value once, no hidden address."""
    by_place: dict[int, dict[str, str]] = {}
    of: dict[int, Candidate] = {}
    for attribute in rule.attributes:
        for one in found.get((party, attribute), ()):
            of[one.place] = one
            if one.value is not None:
                by_place.setdefault(one.place, {})[attribute] = str(one.value)
    told: dict[tuple[tuple[str, str], ...], Said] = {}
    for place, values in sorted(by_place.items()):
        if not _hides(values, hidden):
            said = Said(of[place].record_id, of[place].source, values)
            told.setdefault(tuple(values.items()), said)
    return tuple(told.values())


def _hides(values: Mapping[str, str], hidden: frozenset[str]) -> bool:
    return any(canonical_address(value) in hidden for value in values.values())


def _without_hidden_words(pin: pins.Pin, hidden: frozenset[str]) -> pins.Pin:
    return replace(pin, reason="") if names_an_address(pin.reason, hidden) else pin


def _records(bench: Bench, party: str) -> frozenset[str]:
    """Those that the page is about: a run in between may have given the id to others."""
    found = bench.con.execute(
        "select record_id from golden.xref_parties where party_id = ?", [party]
    ).fetchall()
    return frozenset(record for (record,) in found)


def _was_made_for(store: Store, party: str, pin: pins.Pin) -> bool:
    """Whether all records of a pin were this very party's when it was made, and still are.

    A pin of somebody who was merged in is not ended: after a split it is that person's again.
    """
    known = aliases(store)
    bound = {known.current(record) for record in pin.records}
    then, now = (
        {known.current(record) for record in members(store, party, moment)}
        for moment in (pin.pinned_at, None)
    )
    return bound <= then and bound <= now


def _country(bench: Bench, party: str) -> str | None:
    """The golden one, if it is a code."""
    row = bench.con.execute(
        "select country from golden.golden_parties where party_id = ?", [party]
    ).fetchone()
    return row[0] if row and row[0] and re.fullmatch("[A-Z]{2}", row[0]) else None


def _type_of(bench: Bench, party: str) -> PartyType | None:
    rows = bench.con.execute(
        "select party_type from golden.golden_parties where party_id = ?", [party]
    ).fetchall()
    return next((one for one in get_args(PartyType) if rows and rows[0][0] == one), None)


def _last(every: Sequence[pins.Pin]) -> int:
    return max((one.seq for one in every), default=0)
