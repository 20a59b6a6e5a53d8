"""A verdict at the Desk: never over somebody's head, and with a way back.

In: two records, what was known when the page was made, a verdict. Out: a judgement as
`stamm judge` keeps it, with its entry in the audit trail in one transaction; or the verdict that
somebody gave meanwhile. An undo are judgements, too: of each pair the word before, or `unsure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from dedupe.identity.memberships import holder, members
from dedupe.judgement.judgements import Judgement, Verdict, judgements, latest_verdicts
from dedupe.judgement.judging import Judged, Signature, judge, merge, side, unmerge
from serving.desk import audit
from serving.desk.refusals import Refused
from stamm.errors import InputError, UsageError
from stamm.store import Store

NO_REASON = "seen side by side at the Desk"
DDL = [
    """
    create table desk_undone (judgement integer primary key, by_judgement integer not null)
    """,
    # Pairs that had no word before may need several judgements to take one back.
    """
    alter table desk_undone rename to desk_undone_by_one;
    create table desk_undone (by_judgement integer primary key, judgement integer not null);
    insert into desk_undone select by_judgement, judgement from desk_undone_by_one;
    drop table desk_undone_by_one
    """,
]


class Meanwhile(Exception):
    """Somebody decided about the same records since the page was made."""

    def __init__(self, theirs: Judgement) -> None:
        super().__init__(theirs.seq)
        self.theirs = theirs


@dataclass(frozen=True)
class Signed:
    """Who decides: `at` is the time of the facts, `now` that of the machine."""

    name: str
    at: datetime
    now: datetime


def sides_of(store: Store, left: str, right: str) -> tuple[str, str]:
    """Two golden ids where the records are of two parties, else the records themselves."""
    parties = holder(store, left), holder(store, right)
    if None in parties or left == right:
        raise Refused(404, "refused.not_found")
    if parties[0] == parties[1]:
        return left, right
    return str(parties[0]), str(parties[1])


def last_judgement(store: Store) -> int:
    """What a page knows: judgements up to this number."""
    return max((one.seq for one in judgements(store)), default=0)


def decide(
    store: Store, left: str, right: str, verdict: Verdict, signed: Signed, *, reason: str, seen: int
) -> Judged:
    """Keep a verdict about two records and their parties. Meanwhile if somebody was faster."""
    with store.transaction():
        named = sides_of(store, left, right)
        theirs = _since(store, seen, *(side(store, one).records for one in named))
        if theirs:
            raise Meanwhile(theirs[-1])
        signature = Signature(signed.name, signed.at, reason.strip() or NO_REASON)
        try:
            kept = judge(store, *named, verdict, signature)
        except (UsageError, InputError):
            raise Refused(409, "case.changed") from None
        audit.note(
            store, signed.name, f"judged {verdict}", at=signed.now,
            subject=" ".join(named), detail=f"judgement {kept.seq}",
        )  # fmt: skip
    return kept


def part(
    store: Store, party: str, records: list[str], signed: Signed, *, reason: str, seen: int
) -> Judged:
    """These records are another party than the rest. Meanwhile if somebody judged them since."""
    with store.transaction():
        held = members(store, party)
        if not records or not set(records) < held:
            raise Refused(422, "customer.pick_some")
        theirs = _since(store, seen, records, held - set(records))
        if theirs:
            raise Meanwhile(theirs[-1])
        kept = unmerge(store, records, _signature(signed, reason))
        audit.note(
            store, signed.name, "parted records", at=signed.now, subject=party,
            detail=f"judgement {kept.seq}, {len(records)} of {len(held)} records",
        )  # fmt: skip
    return kept


def join(store: Store, one: str, other: str, signed: Signed, *, reason: str, seen: int) -> Judged:
    """Two parties are one. Meanwhile if somebody judged them since."""
    with store.transaction():
        sides = [side(store, name).records for name in (one, other)]
        theirs = _since(store, seen, *sides)
        if theirs:
            raise Meanwhile(theirs[-1])
        try:
            [kept] = merge(store, [one, other], _signature(signed, reason))
        except UsageError:
            raise Refused(409, "case.changed") from None
        audit.note(
            store, signed.name, "merged", at=signed.now, subject=f"{one} {other}",
            detail=f"judgement {kept.seq}",
        )  # fmt: skip
    return kept


def _signature(signed: Signed, reason: str) -> Signature:
    """A deed beyond the queue needs its reason."""
    if not reason.strip():
        raise Refused(422, "customer.reason_needed")
    return Signature(signed.name, signed.at, reason.strip())


def undo(store: Store, number: int, signed: Signed) -> Judgement:
    """Take an own verdict back if it is the latest word on its records. Gives what was undone."""
    store.migrate("desk_undone", DDL)
    with store.transaction() as db:
        every = judgements(store)
        mine = next((one for one in every if one.seq == number), None)
        if mine is None or mine.judged_by != signed.name:
            raise Refused(404, "refused.not_found")
        later = _since(store, number, mine.left, mine.right)
        if later:
            raise Meanwhile(later[-1])
        signature = Signature(signed.name, signed.at, f"undo of judgement {number}")
        for left, right, word in _words_before(mine, every):
            back = judge(store, ",".join(left), ",".join(right), word or "unsure", signature)
            if word is None:
                db.execute("insert into desk_undone values (?, ?)", (back.seq, number))
        audit.note(
            store, signed.name, "undid a verdict", at=signed.now, detail=f"judgement {number}"
        )
    return mine


def standing(store: Store) -> list[Judgement]:
    """All judgements but those that were undone and left nothing behind."""
    store.migrate("desk_undone", DDL)
    rows = store.query("select judgement, by_judgement from desk_undone")
    gone = {number for row in rows for number in (row["judgement"], row["by_judgement"])}
    return [one for one in judgements(store) if one.seq not in gone]


def _since(store: Store, seen: int, left: Iterable[str], right: Iterable[str]) -> list[Judgement]:
    """Judgements after this number that say something about a record here and one there."""
    one, other = set(left), set(right)
    return [
        judged
        for judged in judgements(store)
        if judged.seq > seen
        and ((judged.left & one and judged.right & other)
             or (judged.left & other and judged.right & one))
    ]  # fmt: skip


def _words_before(
    mine: Judgement, every: list[Judgement]
) -> Iterator[tuple[list[str], list[str], Verdict | None]]:
    """Two sides and the word that all their pairs had before mine; together all pairs of mine."""
    earlier = latest_verdicts([one for one in every if one.seq < mine.seq])
    right = sorted(mine.right)
    alike: dict[tuple[Verdict | None, ...], list[str]] = {}
    for one in sorted(mine.left):
        words = tuple(earlier.get((min(one, o), max(one, o)), (0, None))[1] for o in right)
        alike.setdefault(words, []).append(one)
    for words, left in alike.items():
        for word in dict.fromkeys(words):
            yield left, [o for o, said in zip(right, words, strict=True) if said == word], word
