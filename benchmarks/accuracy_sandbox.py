"""The sandbox's people and firms: our clusters and ties beside those of an oracle, and Splink's.

Flow: a folder of `benchmarks.party_records` → linked and clustered as a run does it, without
labels → scored. Then the same candidate pairs with m, u and prior counted from the truth, at the
threshold and clustering that suit the truth best (`dedupe.measures.oracle`). Ties of contacts to
their firms are made by the same rules from either clusters, and scored by pairs of records: a
contact's record and a firm's record belong together if the contact works there.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy_scores import Best
from dedupe.measures.evaluate import Labels, Measure, scores

if TYPE_CHECKING:
    import duckdb

    from dedupe.trained import Trained

PARTY_TYPES = ("person", "organisation")
WHO = {"person": "people", "organisation": "firms"}
TIES = "contact → firm"
SPLINK_UP_TO = 100_000  # records; beyond, a run takes long and says the same


@dataclass(frozen=True)
class Line:
    """One party type of one draw, or its ties; measures are (precision, recall, F1).

    `whole` are clusters that are right to the last record; ties have none.
    """

    seed: int
    asked: int
    who: str
    records: int
    pairs: Measure
    whole: Measure | None
    oracle_pairs: Measure
    oracle_whole: Measure | None
    oracle: str
    splink: Best | None = None

    @property
    def ratio(self) -> float:
        """Our F1 in terms of the oracle's: of whole clusters, or of ties."""
        if self.whole is None or self.oracle_whole is None:
            return self.pairs[2] / self.oracle_pairs[2]
        return self.whole[2] / self.oracle_whole[2]


def measure(folder: Path, records: int, seed: int) -> list[Line]:
    """People, firms, and the ties between them."""
    from benchmarks.party_records import employers, load, match_input, truth
    from stamm.duck import open_warehouse

    place = match_input(folder, records, seed=seed, one_company=True)
    with (
        tempfile.TemporaryDirectory(dir=folder) as temporary,
        open_warehouse(Path(temporary) / "warehouse.duckdb") as con,
    ):
        load(con, place)
        ours: dict[str, Labels] = {}
        best: dict[str, Labels] = {}
        lines = []
        for party_type in PARTY_TYPES:
            line, ours[party_type], best[party_type] = _measure_type(
                con, party_type, truth(con, place, party_type), Path(temporary), seed, records
            )
            lines.append(line)
        worked = employers(con, place)
        write_labels(con, "working", worked)
        write_labels(con, "firm_truth", truth(con, place, "organisation"))
        found, oracle = (tie_measure(con, labels) for labels in (ours, best))
    ties = Line(seed, records, TIES, len(worked), found, None, oracle, None, "both oracles'")
    return [*lines, ties]


def _measure_type(
    con: duckdb.DuckDBPyConnection,
    party_type: str,
    truth: Labels,
    work_dir: Path,
    seed: int,
    asked: int,
) -> tuple[Line, Labels, Labels]:
    from dedupe.linking.linkage import link
    from dedupe.measures.oracle import oracle_scores
    from dedupe.specification import load_specification

    linked = link(con, party_type, load_specification(party_type), work_dir=work_dir)
    ours = clustered(con, linked.trained)
    with_splink = party_type == "person" and asked <= SPLINK_UP_TO
    splink = splink_people(con, truth, work_dir) if with_splink else None
    oracle = oracle_scores(con, linked.trained, truth, clustered)
    found = scores(ours, truth)
    line = Line(
        seed, asked, WHO[party_type], found.records,
        found.pairwise, found.cluster, oracle.scores.pairwise, oracle.scores.cluster,
        f"{oracle.threshold:+.1f} {oracle.clusters}", splink,
    )  # fmt: skip
    return line, ours, oracle.labels


def clustered(con: duckdb.DuckDBPyConnection, trained: Trained) -> Labels:
    """The pipeline's own clustering of `link.<party_type>_pairs`."""
    from dedupe.resolve import cluster_linked

    found = cluster_linked(con, trained)
    return {member.record_id: place for place, c in enumerate(found.clusters) for member in c}


def splink_people(con: duckdb.DuckDBPyConnection, truth: Labels, folder: Path) -> Best:
    """Splink on the same standardised people, comparisons and blocking, trained by itself."""
    import splink

    from benchmarks.accuracy_splink import splink_scores
    from benchmarks.linkage import write_keys
    from benchmarks.linkage_phases import prepared
    from benchmarks.linkage_splink import settings, train

    con.execute(
        f"copy (from link.person_records order by rid) to '{prepared(folder, 'people')}'"
        " (format parquet)"
    )
    write_keys(con, folder)
    numbers = con.execute("select rid, record_id from link.person_records order by rid").fetchall()
    api = splink.DuckDBAPI()
    api._con.execute(f"create table people as from '{prepared(folder, 'people_with_keys')}'")
    linker = splink.Linker(api.register("people"), settings())
    train(linker.training)
    predicted = linker.inference.predict(threshold_match_weight=-10)
    by_number = {rid: truth[record] for rid, record in numbers if record in truth}
    return splink_scores(api, predicted.physical_name, "rid", by_number)


def tie_measure(con: duckdb.DuckDBPyConnection, labels: dict[str, Labels]) -> Measure:
    """Of (contact's record, firm's record); needs the match input, `working` and `firm_truth`.

    A person whom no firm employs and who is tied to one makes false pairs.
    """
    from dedupe.ties.held import write_held
    from dedupe.ties.roles import roles_sql

    con.execute("create schema if not exists golden")
    parts = []
    for party_type, found in labels.items():
        write_labels(con, f"clusters_{party_type}", found)
        parts.append(
            f"select record_id, '{party_type}' || label as party_id, '{party_type}' as party_type"
            f" from clusters_{party_type}"
        )
    con.execute(f"create or replace table golden.xref_parties as {' union all '.join(parts)}")
    write_held(con)
    con.execute(f"create or replace temp table tied as {roles_sql()}")
    both, predicted = con.execute("""
        select count(*) filter (where w.label = t.label), count(*)
        from tied as x
        inner join golden.xref_parties as p on p.party_id = x.person_party_id
        inner join golden.xref_parties as f on f.party_id = x.organisation_party_id
        inner join firm_truth as t on t.record_id = f.record_id
        left join working as w on w.record_id = p.record_id
    """).fetchall()[0]
    [(real,)] = con.execute(
        "select count(*) from working as w inner join firm_truth as t on t.label = w.label"
    ).fetchall()
    precision, recall = both / predicted if predicted else 1.0, both / real if real else 1.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def write_labels(con: duckdb.DuckDBPyConnection, table: str, labels: Any) -> None:
    import pyarrow as pa

    arriving = pa.table({
        "record_id": pa.array(list(labels), pa.string()),
        "label": pa.array([str(label) for label in labels.values()], pa.string()),
    })  # fmt: skip
    con.register("arriving_labels", arriving)
    con.execute(f"create or replace temp table {table} as from arriving_labels")
    con.unregister("arriving_labels")
