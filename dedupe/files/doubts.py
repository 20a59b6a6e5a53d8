"""What a run was unsure of, in plain sentences that say what to do where something can be done."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from dedupe.files.findings import TypeFindings

REVIEW_BITS = 3.0  # eight to one either way: between this and its negative a person should look
_BLOCKED_ENOUGH = 0.9
_PRECISE_ENOUGH = 0.9
_LARGE = 30  # records of one party; few people have as many


def doubts(
    con: duckdb.DuckDBPyConnection, types: tuple[TypeFindings, ...], review: int, largest: int
) -> Iterator[str]:
    """About the model, then about the clusters; `review` is the number of close calls."""
    for one in types:
        yield from _of_type(one)
    if largest >= _LARGE:
        yield f"the largest cluster has {largest:,} records: the report shows it"
    if review:
        yield (
            f"{_counted(review, 'pair is a close call', 'pairs are close calls')} (no more than"
            " eight to one for or against a match): see pairs.parquet, weights from -3 to 3"
        )
    tied = con.execute(
        "select count(distinct c.cluster_id) from files.pairs as p"
        " join files.clusters as c on c.place = p.left_place"
        " where p.same_cluster and p.weight < $bits",
        {"bits": -REVIEW_BITS},
    ).fetchall()[0][0]
    if tied:
        yield (
            f"{_counted(tied, 'cluster holds', 'clusters hold')} two records that alone would"
            " not be taken for one: other records tie them together"
        )


def _of_type(one: TypeFindings) -> Iterator[str]:
    if "stated" in one.prior:
        yield (
            f"{one.records:,} {one.party_type} records are too few to learn how many matches"
            " there are: a stated share was taken, and the estimates lean on it"
        )
    if one.coverage < _BLOCKED_ENOUGH:
        yield (
            f"about {1 - one.coverage:.0%} of the pairs of one {one.party_type} share no"
            " blocking value and were never compared"
        )
    if one.estimate.precision < _PRECISE_ENOUGH:
        yield (
            f"taken one by one, about {1 - one.estimate.precision:.0%} of the {one.party_type}"
            " pairs put together would be wrong, if other records do not bear them out: a higher"
            " merge_bits in specification.yml, given back with --spec, takes fewer"
        )


def sentence(text: str, names: Collection[str]) -> str:
    """With a capital letter, unless it begins with one of the user's names, and one full stop."""
    first = text.split(" ", 1)[0].rstrip(":")
    begun = text if first in names else text[:1].upper() + text[1:]
    return begun.rstrip(".") + "."


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
