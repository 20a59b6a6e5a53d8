"""What people decided about pairs of parties: append-only, in the operational store.

A judgement holds both sides as sets of record ids, so that it outlives any golden id and a new
duplicate cannot bridge what was parted. `decisions` turns all judgements into what clustering
obeys: per pair of records the latest word counts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Literal, get_args

from dedupe.clustering.clusters import Decisions
from dedupe.judgement.record_aliases import Aliases, aliases
from stamm.errors import UsageError
from stamm.store import Store, append_only

Verdict = Literal["same", "different", "unsure"]

SINK = "sink "  # how the name of a judge begins that is no person, but the target of a push

_MIGRATIONS = [
    """
    create table judgements (
      seq integer primary key, judged_at text not null, judged_by text not null,
      verdict text not null check (verdict in ('same', 'different', 'unsure')),
      left_records text not null, right_records text not null, reason text not null
    )
    """,
    *append_only("judgements"),
]


@dataclass(frozen=True)
class Judgement:
    """One decision; `left` and `right` are the record ids of both sides."""

    seq: int
    judged_at: datetime
    judged_by: str
    verdict: Verdict
    left: frozenset[str]
    right: frozenset[str]
    reason: str

    @property
    def by_a_sink(self) -> bool:
        """Whether nobody looked: a target holds a record because we made it there."""
        return self.judged_by.startswith(SINK)


def prepare(store: Store) -> None:
    """Make the table where it is missing."""
    store.migrate("judgements", _MIGRATIONS)


def record_judgement(
    store: Store,
    left: Collection[str],
    right: Collection[str],
    verdict: Verdict,
    *,
    by: str,
    at: datetime,
    reason: str,
) -> int:
    """Append a judgement about two sides, each a set of record ids. Gives its number.

    Raises UsageError for an empty side, overlapping sides or an unknown verdict.
    """
    _check(frozenset(left), frozenset(right), verdict)
    prepare(store)
    with store.transaction() as db:
        cursor = db.execute(
            "insert into judgements (judged_at, judged_by, verdict, left_records, right_records,"
            " reason) values (?, ?, ?, ?, ?, ?)",
            (at.isoformat(), by, verdict, _text(left), _text(right), reason),
        )
    return int(cursor.lastrowid or 0)


def judgements(store: Store) -> list[Judgement]:
    """All judgements, oldest first; a record that was given a new key is there by all its names."""
    prepare(store)
    known = aliases(store)
    return [
        Judgement(
            row["seq"],
            datetime.fromisoformat(row["judged_at"]),
            row["judged_by"],
            row["verdict"],
            _side(known, row["left_records"]),
            _side(known, row["right_records"]),
            row["reason"],
        )
        for row in store.query("select * from judgements order by seq")
    ]


def latest_verdicts(
    all_judgements: Collection[Judgement],
) -> dict[tuple[str, str], tuple[int, Verdict]]:
    """Pair of record ids, smaller first → number and verdict of the latest word on it."""
    latest: dict[tuple[str, str], tuple[int, Verdict]] = {}
    for judgement in sorted(all_judgements, key=lambda j: j.seq):
        for one, other in product(judgement.left, judgement.right):
            if one != other:
                latest[min(one, other), max(one, other)] = (judgement.seq, judgement.verdict)
    return latest


def decisions(all_judgements: Collection[Judgement], position: Mapping[str, int]) -> Decisions:
    """What clustering must obey, in positions of records; records not here are left out."""
    latest = latest_verdicts(all_judgements)
    here = {
        (min(position[a], position[b]), max(position[a], position[b])): word
        for (a, b), word in latest.items()
        if a in position and b in position
    }
    same = sorted((seq, pair) for pair, (seq, verdict) in here.items() if verdict == "same")
    return Decisions(
        together=tuple(pair for _, pair in same),
        apart=frozenset(pair for pair, (_, verdict) in here.items() if verdict == "different"),
        named=frozenset(
            position[record]
            for pair, (_, verdict) in latest.items()
            for record in pair
            if verdict != "unsure" and record in position
        ),
    )


def _check(left: frozenset[str], right: frozenset[str], verdict: str) -> None:
    if verdict not in get_args(Verdict):
        raise UsageError(f"expected one of {', '.join(get_args(Verdict))}, found {verdict!r}")
    if not left or not right or left & right:
        raise UsageError(
            f"expected two sides without a common record, found {len(left)} and {len(right)} "
            f"records with {len(left & right)} in common",
            hint="A judgement says whether one set of records and another are one party.",
        )


def _side(known: Aliases, text: str) -> frozenset[str]:
    return frozenset(name for record in json.loads(text) for name in known.names(record))


def _text(records: Collection[str]) -> str:
    return json.dumps(sorted(records))
