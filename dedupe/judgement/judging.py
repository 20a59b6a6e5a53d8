"""A person's decisions in the words of golden ids: judge, merge, unmerge, alias.

In: golden ids or record ids as a person names them. Out: a judgement whose two sides are sets of
records, so that it outlives the ids it was said in. Nothing changes here but what is appended to
the operational store; the next run applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dedupe.identity import ledger
from dedupe.identity.memberships import (
    ALIAS_RUN,
    NOW,
    follow_alias,
    holder,
    members,
    members_then,
    present_names,
)
from dedupe.judgement.judgements import Verdict, record_judgement
from dedupe.judgement.record_aliases import aliases, state_aliases
from stamm.errors import InputError, UsageError
from stamm.store import Store


@dataclass(frozen=True)
class Side:
    """What a person named, and what it stands for: `party_id` is null for single records."""

    asked: str
    party_id: str | None
    records: frozenset[str]


@dataclass(frozen=True)
class Judged:
    """A judgement as it was kept."""

    seq: int
    verdict: Verdict
    left: Side
    right: Side
    reason: str


@dataclass(frozen=True)
class Signature:
    """Who decides, when and why."""

    by: str
    at: datetime
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise UsageError(
                'expected a reason, found none: --why "…"',
                hint="Whoever reads this decision in a year will ask for it.",
            )


def side(store: Store, asked: str) -> Side:
    """A golden id stands for all its records; record ids, joined by commas, for themselves.

    An id that was merged away stands for the one that answers for it. Raises InputError for what
    neither the ledger nor an alias knows.
    """
    if ledger.is_minted(store, asked):
        party = ledger.resolve(store, asked)
        return Side(asked, party, members(store, party))
    records = frozenset(_known_record(store, one.strip()) for one in asked.split(","))
    return Side(asked, None, records)


def judge(store: Store, left: str, right: str, verdict: Verdict, signed: Signature) -> Judged:
    """Append one judgement about two sides."""
    one, other = side(store, left), side(store, right)
    _check_two_sides(one, other, verdict)
    return _append(store, one, other, verdict, signed)


def merge(store: Store, names: Sequence[str], signed: Signature) -> list[Judged]:
    """Append that all of these are one party: each one with all before it."""
    sides = [side(store, name) for name in names]
    if len(sides) < 2:
        raise UsageError(f"expected two or more to merge, found {len(sides)}")
    with store.transaction():
        done: list[Judged] = []
        whole = sides[0]
        for other in sides[1:]:
            _check_two_sides(whole, other, "same")
            done.append(_append(store, whole, other, "same", signed))
            whole = Side(f"{whole.asked},{other.asked}", None, whole.records | other.records)
    return done


def unmerge(store: Store, names: Sequence[str], signed: Signature) -> Judged:
    """Append that these records are another party than the rest of the one that holds them."""
    records = frozenset(_known_record(store, name) for name in names)
    held_by = {str(holder(store, record)) for record in records}
    if len(held_by) != 1:
        raise UsageError(
            f"expected records of one golden party, found those of {len(held_by)}: "
            + ", ".join(sorted(held_by)),
            hint="Unmerge the records of each party by a command of its own.",
        )
    party = held_by.pop()
    held = present_names(store, members_then(store, party, NOW))
    rest = {name for name, present in held.items() if present not in records}
    if not rest:
        raise UsageError(
            f"{party}: expected more records than the {len(records)} to be parted, found no other",
            hint="A record that is alone already is kept apart from another party by `stamm judge`",
        )
    parted = Side(",".join(sorted(names)), None, records)
    return _append(store, parted, Side(party, party, frozenset(rest)), "different", signed)


def alias(store: Store, pairs: Iterable[tuple[str, str]], signed: Signature) -> int:
    """State that each OLD record is now called NEW. Gives how many statements were new.

    Judgements hold for the new name at once; so does its place in the ledger, so that its party
    keeps its id. A chain A → B → C may come at once, in any order. An OLD that no party ever held
    is passed over: nothing is known of it. Raises InputError if that is so of all of them.
    """
    with store.transaction():
        stated_pairs = list(pairs)
        known = _known_in_chain_order(store, stated_pairs)
        if stated_pairs and not known:
            raise _nobody_knows(store, stated_pairs)
        stated = state_aliases(store, known, by=signed.by, at=signed.at, reason=signed.reason)
        for old, new in known:
            follow_alias(store, old, new, run_id=ALIAS_RUN, at=signed.at)
    return stated


def _nobody_knows(store: Store, pairs: Sequence[tuple[str, str]]) -> InputError:
    """A list of which nothing fits is one with the wrong columns, or one that came too late."""
    old, new = pairs[0]
    found = f"{len(pairs):,} that no run has seen, such as {old}" if len(pairs) > 1 else (
        f"{old}, which no run has seen")  # fmt: skip
    turned = holder(store, new) and f"{new} is known: the other way round? OLD comes before NEW."
    return InputError(
        f"expected old names of records, found {found}",
        hint=turned or "State new keys of records that a run has seen, before the next run.",
    )


def _known_in_chain_order(store: Store, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those whose OLD a party held, or that an earlier one leads to."""
    known: list[tuple[str, str]] = []
    reached: set[str] = set()
    waiting = list(pairs)
    while True:
        rest = []
        for old, new in waiting:
            if old in reached or holder(store, old):
                known.append((old, new))
                reached.add(new)
            else:
                rest.append((old, new))
        if len(rest) == len(waiting):
            return known
        waiting = rest


def _append(store: Store, one: Side, other: Side, verdict: Verdict, signed: Signature) -> Judged:
    seq = record_judgement(
        store, one.records, other.records, verdict,
        by=signed.by, at=signed.at, reason=signed.reason,
    )  # fmt: skip
    return Judged(seq, verdict, one, other, signed.reason)


def _known_record(store: Store, record_id: str) -> str:
    """Its present name."""
    current = aliases(store).current(record_id)
    if not record_id or not holder(store, current):
        raise InputError(
            f"{record_id or 'nothing'}: expected a golden id or a record id, no run has seen it",
            hint='Ids: stamm query "select record_id, party_id, source from xref_parties limit 5"',
        )
    return current


def _check_two_sides(one: Side, other: Side, verdict: Verdict) -> None:
    common = one.records & other.records
    if not common:
        return
    if verdict == "same":
        raise UsageError(
            f"{one.asked} and {other.asked}: expected two parties, they are one already",
            hint="`stamm why` shows what it holds, `stamm history` how that came.",
        )
    raise UsageError(
        f"{one.asked} and {other.asked}: expected two sides without a common record, "
        f"found {len(common)} on both",
        hint="Name the records that do not belong: stamm unmerge RECORD… --why",
    )
