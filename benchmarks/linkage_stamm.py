"""One run of our linkage, in a process of its own: people as Parquet → connected components.

Then repair (every pair of a doubtful component scored, greedy merging) and survivorship, which
Splink has no counterpart for. Prints one JSON line; `benchmarks.linkage` starts it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.linkage_phases import (
    Phases,
    prepared,
    write_crosswalk,
    write_golden,
    write_match_input,
)


def main(folder: Path, memory_limit: str, begun: float) -> None:
    phases = Phases(begun)
    from dedupe.clustering.clusters import components
    from dedupe.linking.blocking import block
    from dedupe.linking.encoding import encode, without_copies
    from dedupe.linking.linkage import compare_candidates, forget_compared, keep_pairs
    from dedupe.linking.term_bits import Scorable
    from dedupe.linking.term_frequencies import build_frequencies
    from dedupe.resolve import cluster_linked
    from dedupe.specification import load_specification
    from dedupe.training.train import train
    from stamm.duck import in_memory

    specification = load_specification("person")
    # In memory, as Splink's DuckDB is.
    with (
        tempfile.TemporaryDirectory(dir=folder) as spilled,
        in_memory(memory_limit) as con,
    ):
        con.execute(f"set temp_directory = '{spilled}'")
        phases.ends("start")
        con.execute("create schema link")
        people = prepared(folder, "people")
        con.execute(f"create table link.person_records as from '{people}'")
        phases.ends("load")
        met = block(con, specification)
        phases.ends("block")
        encoded = encode(con, specification, "link.person_records")
        candidates = compare_candidates(con, specification, met, encoded)
        phases.ends("compare")
        trained = train(con, specification, encoded)
        phases.ends("train")
        build_frequencies(con, trained, encoded, without_copies(con, encoded))
        scorable = Scorable.of(con, trained, encoded)
        kept = keep_pairs(con, trained, scorable)
        forget_compared(con)
        phases.ends("score")
        sure = con.execute(
            "select l_rid - 1 as l, r_rid - 1 as r from link.person_pairs where weight > 0"
        ).fetchnumpy()
        labels = components(trained.records, sure["l"], sure["r"])
        phases.ends("components")
        found = {"pairs": candidates, "kept": kept, "clusters": len(set(labels.tolist()))}
        compared = phases.so_far()
        write_match_input(con, folder)
        phases.restart()
        repaired = cluster_linked(con, trained, scorable=scorable)
        phases.ends("repair")
        del encoded, scorable  # as a run does
        names = repaired.records.table["record_id"]
        write_crosswalk(con, names, names.take(repaired.labels))
        phases.ends("crosswalk")
        write_golden(con)
        phases.ends("survivorship")
    clusters = len(set(repaired.labels.tolist()))
    phases.report(compared | found | {"clusters_repaired": clusters})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
