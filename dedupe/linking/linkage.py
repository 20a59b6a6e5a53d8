"""Link the records of one party type: standardise, block, compare, train, score.

Flow: `intermediate.int_parties__match_input` → `link.<party_type>_records` →
`link.<party_type>_pairs`, and the trained model beside them. A pure function of the records and
the specification: the same input gives the same bytes, whatever the order of its rows.
Of pairs too unlikely to keep, `link.<party_type>_weight_counts` keeps the number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.linking.blocking import NO_RULE, block, rule_name_sql
from dedupe.linking.comparing import compare, compare_slices, encode_mentioned, portions
from dedupe.linking.encoding import Encoded, encode, without_copies
from dedupe.linking.scoring import score_pairs, threshold_weight, weigh
from dedupe.linking.term_bits import Scorable
from dedupe.linking.term_frequencies import build_frequencies
from dedupe.model import Model, adopt, keep, restore_context, restore_frequencies
from dedupe.specification import Specification
from dedupe.standardise.records import standardise_records
from dedupe.trained import Trained
from dedupe.training.train import train

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["LinkResult", "link", "link_standardised", "score_pairs"]

WEIGHT_STEP = 100  # thousandths of a bit


@dataclass(frozen=True)
class LinkResult:
    """What linking did: counts, and the model that scored the pairs.

    `scorable` are all records, for who scores more pairs; who keeps the result drops it.
    """

    party_type: str
    records: int
    candidate_pairs: int
    kept_pairs: int
    model: Model
    scorable: Scorable | None

    @property
    def trained(self) -> Trained:
        return self.model.trained

    def counts(self) -> dict[str, int]:
        """For run metadata; no personal data."""
        return {
            f"{self.party_type}_records": self.records,
            f"{self.party_type}_candidate_pairs": self.candidate_pairs,
            f"{self.party_type}_kept_pairs": self.kept_pairs,
        }


def link(
    con: duckdb.DuckDBPyConnection,
    party_type: str,
    specification: Specification,
    *,
    work_dir: Path,
    known: Model | None = None,
) -> LinkResult:
    """Leave `link.<party_type>_records` and `link.<party_type>_pairs`; see docs/contracts.md.

    By a model that is `known`, or by one that is trained now and kept in `work_dir`. Pairs:
    l_rid < r_rid, blocking_rule, pattern, weight (log2 Bayes factor incl. prior × 1000), those at
    or above the specification's candidate threshold.
    """
    if known:
        restore_context(con, work_dir, known)
    standardise_records(con, party_type, learn_context=known is None)
    return link_standardised(con, specification, work_dir=work_dir, known=known)


def link_standardised(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    *,
    work_dir: Path,
    known: Model | None = None,
) -> LinkResult:
    """The same for records that are standardised already."""
    party_type = specification.party_type
    candidates, encoded = compare_blocks(con, specification)
    if known:
        model = adopt(work_dir, known, specification)
        restore_frequencies(con, work_dir, model)
    else:
        trained = train(con, specification, encoded)
        build_frequencies(con, trained, encoded, without_copies(con, encoded))
        model = keep(con, trained, work_dir)
    scorable = Scorable.of(con, model.trained, encoded)
    kept = keep_pairs(con, model.trained, scorable)
    records = int(con.table(f"link.{party_type}_records").count("*").fetchall()[0][0])
    return LinkResult(party_type, records, candidates, kept, model, scorable)


def compare_blocks(
    con: duckdb.DuckDBPyConnection, specification: Specification
) -> tuple[int, Encoded]:
    """Block all records and compare who meets: temp table `compared`, the candidates' number and
    the records, encoded."""
    met = block(con, specification)
    encoded = encode(con, specification, f"link.{specification.party_type}_records")
    return compare_candidates(con, specification, met, encoded), encoded


def add_pairs(con: duckdb.DuckDBPyConnection, trained: Trained) -> None:
    """Compare and weigh temp tables `candidates` and `copies`; keep those that are worth it."""
    con.execute(
        "create or replace temp view added_pairs as select l_rid, r_rid from candidates"
        " union all select first_rid, rid from copies"
    )
    encoded = encode_mentioned(con, trained.specification, "added_pairs")
    met = portions(con, "select l_rid, r_rid, rule from candidates", "candidates")
    compare_candidates(con, trained.specification, met, encoded)
    con.execute("drop table candidates")
    kept = _worth(con, trained, Scorable.of(con, trained, encoded))
    con.execute(f"insert into link.{trained.specification.party_type}_pairs {kept}")
    con.execute("drop table weighed_pairs")


def compare_candidates(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    candidates: Iterable[pa.Table],
    encoded: Encoded,
) -> int:
    """Temp table `compared` (l_rid, r_rid, rule, pattern) of candidates and equal records.

    A record equal to an earlier one is tied to it alone, by no rule; its pattern is that of the
    first one with itself. Returns the number of candidates.
    """
    compare_slices(con, specification, candidates, "compared", encoded, carried="rule")
    pairs = int(con.table("compared").count("*").fetchall()[0][0])
    con.execute(
        "create or replace temp table originals as"
        " select distinct first_rid as l_rid, first_rid as r_rid from copies"
    )
    compare(con, specification, "originals", "equal_patterns", encoded=encoded)
    con.execute(
        f"insert into compared select c.first_rid, c.rid, {NO_RULE}, e.pattern from copies as c"
        " inner join equal_patterns as e on e.l_rid = c.first_rid"
    )
    return pairs


def forget_compared(con: duckdb.DuckDBPyConnection) -> None:
    """Let go of all pairs that were compared; for who has kept those that are worth it."""
    con.execute("drop table if exists compared")


def keep_pairs(
    con: duckdb.DuckDBPyConnection, trained: Trained, scorable: Scorable | None = None
) -> int:
    """`compared` → `link.<party_type>_pairs`, those worth keeping; returns their number."""
    party_type = trained.specification.party_type
    kept = _worth(con, trained, scorable)
    _count_weights(con, f"link.{party_type}_weight_counts")
    con.execute(f"create or replace table link.{party_type}_pairs as {kept}")
    con.execute("drop table weighed_pairs")
    return int(con.table(f"link.{party_type}_pairs").count("*").fetchall()[0][0])


def _worth(con: duckdb.DuckDBPyConnection, trained: Trained, scorable: Scorable | None) -> str:
    """Leaves table `weighed_pairs`, those in `compared` that are worth it; SQL of the pairs."""
    specification = trained.specification
    least = threshold_weight(specification.thresholds.candidate)
    weigh(con, trained, "compared", "weighed_pairs", carried="rule", least=least, scorable=scorable)
    return (
        f"select l_rid, r_rid, {rule_name_sql(specification)} as blocking_rule, pattern, weight"
        " from weighed_pairs order by l_rid, r_rid"
    )


def _count_weights(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """(weight, pairs) of all candidate pairs, to the nearest tenth of a bit: for estimates.

    Of pairs that are not kept, at the weight of their pattern for values of average frequency.
    """
    con.execute(
        f"create or replace table {table} as with kept as"
        " (select pattern, count(*) as pairs from weighed_pairs group by pattern),"
        " every as (select pattern, count(*) as pairs from compared group by pattern),"
        " counted as (select weight, count(*) as pairs from weighed_pairs group by weight"
        " union all select b.weight, e.pairs - coalesce(k.pairs, 0) from every as e"
        " inner join pattern_bits as b using (pattern) left join kept as k using (pattern))"
        f" select (round(weight / {WEIGHT_STEP}) * {WEIGHT_STEP})::integer as weight,"
        " sum(pairs)::bigint as pairs from counted group by 1 having sum(pairs) > 0 order by 1"
    )
