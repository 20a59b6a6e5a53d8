"""What is most worth a person's look: doubtful pairs, bridges, contradictions, look-alikes.

In: the golden tables of a run, the judgements, and what hangs on each party. Out: `ReviewItem`s,
most valuable first: the doubt about a decision times what a wrong one would cost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING, Literal

from dedupe.clustering.bridges import bridges
from dedupe.clustering.contradictions import contradictions
from dedupe.identity.memberships import moves_of_record
from dedupe.judgement.judgements import Judgement
from dedupe.linking.scoring import probability

if TYPE_CHECKING:
    import duckdb

    from stamm.store import Store

Kind = Literal["doubtful", "bridge", "contradiction", "resembles judged"]
# A pair outside of these chances is no longer a doubt worth a person's time.
SURE = 0.95
# Stated guess at what a wrong decision costs: 1 for each record, each order and each 1,000 EUR.
EUR_PER_POINT = 1_000.0
_WIDEST = 20_000  # pairs that are looked at more closely, most doubtful first


@dataclass(frozen=True)
class Stakes:
    """What hangs on a party."""

    records: int
    orders: int = 0
    revenue_eur: float = 0.0

    @property
    def points(self) -> float:
        return self.records + self.orders + max(self.revenue_eur, 0.0) / EUR_PER_POINT

    def __add__(self, other: Stakes) -> Stakes:
        return Stakes(
            self.records + other.records,
            self.orders + other.orders,
            self.revenue_eur + other.revenue_eur,
        )


@dataclass(frozen=True)
class ReviewItem:
    """Two records to look at, by `stamm explain`, and to judge. `doubt` is between 0 and 1."""

    kind: Kind
    left_record: str
    right_record: str
    left_party: str
    right_party: str
    weight: float | None
    doubt: float
    stakes: Stakes
    reason: str

    @property
    def value(self) -> float:
        return self.doubt * self.stakes.points


@dataclass(frozen=True)
class Case:
    """All that a review looks at. Parties without stakes are not to be shown."""

    con: duckdb.DuckDBPyConnection
    store: Store
    judgements: Sequence[Judgement]
    thresholds: Mapping[str, float]
    stakes: Mapping[str, Stakes]


def review(case: Case, limit: int) -> list[ReviewItem]:
    """The `limit` items of the highest value; equal ones by record."""
    judged = _judged_pairs(case.judgements)
    items = [
        *_doubtful(case, judged),
        *_bridges(case, judged),
        *_contradictions(case),
        *_look_alikes(case, judged),
    ]
    best: dict[frozenset[str], ReviewItem] = {}  # a pair is one case, whichever way round
    for item in sorted(items, key=lambda i: (-i.value, i.kind, i.left_record, i.right_record)):
        best.setdefault(frozenset((item.left_record, item.right_record)), item)
    return list(best.values())[:limit]


def entropy(chance: float) -> float:
    """Of a yes or no, in bits: 1 where nobody knows."""
    if not 0 < chance < 1:
        return 0.0
    return -chance * log2(chance) - (1 - chance) * log2(1 - chance)


def _doubtful(case: Case, judged: Collection[tuple[str, str]]) -> Iterator[ReviewItem]:
    """Parties kept apart whose most alike records may be one; nobody judged any two of them."""
    rows = case.con.execute(
        "select s.left_record_id, s.right_record_id, l.party_id, r.party_id, s.weight"
        " from golden.scored_pairs as s"
        " join golden.xref_parties as l on l.record_id = s.left_record_id"
        " join golden.xref_parties as r on r.record_id = s.right_record_id"
        " where l.party_id <> r.party_id and s.probability > $least"
        " qualify row_number() over (partition by least(l.party_id, r.party_id),"
        "  greatest(l.party_id, r.party_id)"
        "  order by s.weight desc, s.left_record_id, s.right_record_id) = 1"
        " order by s.weight desc, 1, 2 limit $widest",
        {"least": 1 - SURE, "widest": _WIDEST},
    ).fetchall()
    apart = _judged_parties(case, judged)
    for left, right, left_party, right_party, weight in rows:
        if frozenset((left_party, right_party)) in apart:
            continue
        chance = probability(weight)
        reason = (
            f"kept apart, though these two are one with {chance:.0%}: their other records differ"
            if chance > 0.5
            else f"kept apart; these two are one with {chance:.0%}"
        )
        yield from _item(
            case, "doubtful", (left, right), (left_party, right_party), weight,
            entropy(min(chance, 0.5)), reason,
        )  # fmt: skip


def _bridges(case: Case, judged: Collection[tuple[str, str]]) -> Iterator[ReviewItem]:
    """Single doubtful pairs without which a party would fall in two."""
    for party, edges in _held_together(case).items():
        weights = {(left, right): weight for left, right, weight in edges}
        for (left, right), (one, other) in bridges(weights).items():
            weight = weights[left, right]
            chance = probability(weight)
            if chance >= SURE or (left, right) in judged:
                continue
            reason = (
                f"the only pair that holds {one} and {other} records together; "
                f"one with {chance:.0%}"
            )
            yield from _item(
                case, "bridge", (left, right), (party, party), weight,
                entropy(max(chance, 0.5)), reason,
            )  # fmt: skip


def _held_together(case: Case) -> dict[str, list[tuple[str, str, float]]]:
    """Party → its pairs above the threshold, of the parties that have a doubtful one."""
    lowest = " ".join(f"when '{t}' then {bits}" for t, bits in case.thresholds.items())
    rows = case.con.execute(
        "with inside as (select l.party_id, s.* from golden.scored_pairs as s"
        " join golden.xref_parties as l on l.record_id = s.left_record_id"
        " join golden.xref_parties as r on r.record_id = s.right_record_id"
        f" where l.party_id = r.party_id and s.weight > case s.party_type {lowest} end),"
        " doubtful as (select party_id from inside where probability < $sure"
        "  group by party_id order by min(weight), party_id limit $widest)"
        " select party_id, left_record_id, right_record_id, weight from inside"
        " where party_id in (from doubtful) order by all",
        {"sure": SURE, "widest": _WIDEST},
    ).fetchall()
    found: dict[str, list[tuple[str, str, float]]] = {}
    for party, left, right, weight in rows:
        found.setdefault(party, []).append((left, right, weight))
    return found


def _contradictions(case: Case) -> Iterator[ReviewItem]:
    """Judgements that contradict each other; "different" wins until somebody says more."""
    for one in contradictions(case.judgements):
        parties = _parties_of(case, one.left, one.right)
        chain = ", ".join(map(str, one.same))
        reason = f"judged different ({one.different}), but the same through judgements {chain}"
        if parties:
            yield from _item(case, "contradiction", (one.left, one.right), parties, None, 1, reason)


def _look_alikes(case: Case, judged: Collection[tuple[str, str]]) -> Iterator[ReviewItem]:
    """Records that came after a judgement and resemble one of the records it parted."""
    for judgement in case.judgements:
        if judgement.verdict == "same":
            continue
        for new, old, weight in _resembling(case, judgement):
            if (min(new, old), max(new, old)) in judged or not _is_newer(case, new, judgement):
                continue
            parties = _parties_of(case, new, old)
            reason = (
                f"came later and resembles {old}, which judgement {judgement.seq} by "
                f"{judgement.judged_by} says is {judgement.verdict} from another"
            )
            if parties:
                yield from _item(
                    case, "resembles judged", (new, old), parties, weight,
                    entropy(probability(weight)) / 2 + 0.5, reason,
                )  # fmt: skip


def _resembling(case: Case, judgement: Judgement) -> list[tuple[str, str, float]]:
    """(other record, judged record, weight) of pairs that may be one."""
    return case.con.execute(
        "with mirrored as ("
        " select right_record_id as other, left_record_id as judged, weight, probability"
        " from golden.scored_pairs union all"
        " select left_record_id, right_record_id, weight, probability from golden.scored_pairs)"
        " select other, judged, weight from mirrored"
        " where judged in (select unnest($judged)) and other not in (select unnest($judged))"
        " and probability > $least order by all",
        {"judged": sorted(judgement.left | judgement.right), "least": 1 - SURE},
    ).fetchall()


def _is_newer(case: Case, record_id: str, judgement: Judgement) -> bool:
    moves = moves_of_record(case.store, record_id)
    return bool(moves) and moves[0].occurred_at > judgement.judged_at


def _item(
    case: Case,
    kind: Kind,
    records: tuple[str, str],
    parties: tuple[str, str],
    weight: float | None,
    doubt: float,
    reason: str,
) -> Iterator[ReviewItem]:
    """Nothing where a party must not be shown."""
    if all(party in case.stakes for party in parties):
        stakes = [case.stakes[party] for party in dict.fromkeys(parties)]
        yield ReviewItem(
            kind, *records, *parties, weight, doubt, sum(stakes[1:], stakes[0]), reason
        )


def _judged_pairs(judgements: Collection[Judgement]) -> set[tuple[str, str]]:
    return {
        (min(one, other), max(one, other))
        for judgement in judgements
        for one in judgement.left
        for other in judgement.right
    }


def _judged_parties(case: Case, judged: Collection[tuple[str, str]]) -> set[frozenset[str]]:
    """Pairs of parties of which some records were judged."""
    named = sorted({record for pair in judged for record in pair})
    party_of = dict(
        case.con.execute(
            "select record_id, party_id from golden.xref_parties"
            " where record_id in (select unnest(?))",
            [named],
        ).fetchall()
    )
    return {
        frozenset((party_of[one], party_of[other]))
        for one, other in judged
        if one in party_of and other in party_of
    }


def _parties_of(case: Case, left: str, right: str) -> tuple[str, str] | None:
    rows = dict(
        case.con.execute(
            "select record_id, party_id from golden.xref_parties where record_id in (?, ?)",
            [left, right],
        ).fetchall()
    )
    return (rows[left], rows[right]) if len(rows) == 2 else None
