"""Judgements as pairs that a model has weighed: what evaluation and supervised training look at.

In: judgements, the `link` tables of a run, a trained model. Out: one `JudgedPair` per judgement,
its most alike pair of records: a judgement about two parties is one observation, however many
records they have. Only pairs count whose latest word is that judgement's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

from dedupe.judgement.judgements import Judgement, Verdict
from dedupe.linking.linkage import score_pairs

if TYPE_CHECKING:
    import duckdb

    from dedupe.trained import Trained

LARGEST = 400  # pairs of one judgement that are weighed
_ASKED = "judged_pairs_asked"
_BESIDE = "judged_pairs"  # a database in memory: the warehouse may be open for reading only
_WEIGHED = f"{_BESIDE}.weighed"


@dataclass(frozen=True)
class JudgedPair:
    """`weight` in bits and `pattern` are the model's word, `verdict` a person's."""

    judgement: int
    verdict: Verdict
    party_type: str
    left: str
    right: str
    pattern: int
    weight: float


def judged_pairs(
    con: duckdb.DuckDBPyConnection,
    judgements: Collection[Judgement],
    models: Mapping[str, Trained],
) -> list[JudgedPair]:
    """By judgement; left out are those by no person, and of records the last run did not link."""
    con.execute(f"attach if not exists ':memory:' as {_BESIDE} (read_write)")
    judgements = [judgement for judgement in judgements if not judgement.by_a_sink]
    said = {judgement.seq: judgement.verdict for judgement in judgements}
    found = []
    for party_type, trained in models.items():
        _ask(con, party_type, _latest(judgements))
        score_pairs(con, party_type, trained, _ASKED, _WEIGHED)
        for seq, left, right, pattern, weight in _weighed(con, party_type):
            pair = (party_type, left, right, pattern, weight / 1000)
            found.append(JudgedPair(seq, said[seq], *pair))
    return sorted(found, key=lambda pair: pair.judgement)


def _latest(judgements: Collection[Judgement]) -> dict[tuple[str, str], int]:
    """Pair of records → the judgement that spoke of it last."""
    latest: dict[tuple[str, str], int] = {}
    for judgement in sorted(judgements, key=lambda j: j.seq):
        sides = (sorted(judgement.left), sorted(judgement.right))
        for one, other in islice(product(*sides), LARGEST):
            if one != other:
                latest[min(one, other), max(one, other)] = judgement.seq
    return latest


def _ask(
    con: duckdb.DuckDBPyConnection, party_type: str, latest: dict[tuple[str, str], int]
) -> None:
    """Temp table of the pairs whose records are both there, with the judgement of each."""
    import pyarrow as pa

    records = f"link.{party_type}_records"
    table = pa.table({
        "seq": pa.array(list(latest.values()), pa.int64()),
        "l": pa.array([left for left, _ in latest], pa.string()),
        "r": pa.array([right for _, right in latest], pa.string()),
    })  # fmt: skip
    con.register("arriving_judged", table)
    con.execute(
        f"create or replace temp table {_ASKED} as select seq,"
        " least(l.rid, r.rid) as l_rid, greatest(l.rid, r.rid) as r_rid"
        f" from arriving_judged as a join {records} as l on l.record_id = a.l"
        f" join {records} as r on r.record_id = a.r"
    )
    con.unregister("arriving_judged")


def _weighed(
    con: duckdb.DuckDBPyConnection, party_type: str
) -> list[tuple[int, str, str, int, int]]:
    """(judgement, record, record, pattern, weight) of each judgement's most alike pair."""
    records = f"link.{party_type}_records"
    return con.execute(
        "select a.seq, least(l.record_id, r.record_id), greatest(l.record_id, r.record_id),"
        f" w.pattern, w.weight from {_ASKED} as a join {_WEIGHED} as w using (l_rid, r_rid)"
        f" join {records} as l on l.rid = l_rid join {records} as r on r.rid = r_rid"
        " qualify row_number() over (partition by a.seq"
        "  order by w.weight desc, l.record_id, r.record_id) = 1"
    ).fetchall()
