"""Where the errors left over come from: wrong pairs by what they say and how they were lost.

Flow: a linked connection, its clusters and the truth → pairs missed and pairs too many → their
comparison levels → kinds, counted. On the sandbox's people and firms of a seed drawn now, and on
historical_50k if its file is named.
Run: `uv run python -m benchmarks.accuracy_errors [--records 100000] [--seed 4711]
[--historical FILE] [--out FILE]`.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import Table, write_result
from dedupe.linking.patterns import unpack
from dedupe.measures.evaluate import Labels, counted

if TYPE_CHECKING:
    import duckdb

    from dedupe.specification import Comparison
    from dedupe.trained import Trained

NAMES = ("given_name", "family_name", "name")
SHOWN = 14  # kinds in a table; the rarer ones are one row
WAYS = (
    "missed: no candidate", "missed: weighs too little", "missed: cut by clusters",
    "false: weighs enough", "false: brought by others",
)  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """Pairs of one pattern and one way of going wrong (its place in WAYS)."""

    pattern: int
    way: int
    pairs: int


def name_state(states: dict[str, str]) -> str:
    """Comparison of a name → same, alike, other or missing; in words."""
    if "missing" in states.values():
        return "a name is missing"
    other = [name.replace("_", " ") for name, state in states.items() if state == "other"]
    if other:
        return f"{other[0]} differs" if len(other) == 1 < len(states) else "names differ"
    return "names alike" if "alike" in states.values() else "same names"


def rest_state(bits: Sequence[float]) -> str:
    """What the comparisons that have values say besides the names."""
    agrees, differs = any(b > 0 for b in bits), any(b < 0 for b in bits)
    if agrees:
        return "others agree and differ" if differs else "others agree"
    return "others differ" if differs else "nothing else known"


def kind(trained: Trained, pattern: int) -> str:
    """What two records with this pattern say of each other."""
    comparisons = trained.specification.comparisons
    names, bits = {}, []
    for place, code in enumerate(unpack(pattern, len(comparisons))):
        one = comparisons[place]
        if one.name in NAMES:
            names[one.name] = _name(one, code)
        elif code and not one.corrects:
            bits.append(trained.level_bits(place, code - 1))
    return f"{name_state(names)}; {rest_state(bits)}"


def _name(comparison: Comparison, code: int) -> str:
    if not code:
        return "missing"
    level = comparison.levels[len(comparison.levels) - code]
    if code == 1:
        return "other"
    return "same" if level.name in ("equal", "swapped with the family name") else "alike"


def error_table(title: str, trained: Trained, wrong: Sequence[Wrong], summary: str) -> Table:
    """Kinds by how many pairs they hold, the rarer ones in one row."""
    counts: dict[str, list[int]] = {}
    for one in wrong:
        counts.setdefault(kind(trained, one.pattern), [0] * len(WAYS))[one.way] += one.pairs
    every = sum(map(sum, counts.values()))
    ranked = sorted(counts.items(), key=lambda row: (-sum(row[1]), row[0]))
    rows = ranked[:SHOWN]
    rare = [sum(column) for column in zip(*(row for _, row in ranked[SHOWN:]), strict=True)]
    if rare:
        rows.append((f"{len(ranked) - SHOWN} rarer kinds", rare))
    total = [sum(column) for column in zip(*counts.values(), strict=True)] or [0] * len(WAYS)
    rows.append(("all", total))
    return Table(
        title,
        ("kind", *WAYS, "in % of all"),
        tuple((name, *row, round(100 * sum(row) / max(every, 1), 1)) for name, row in rows),
        summary,
    )


def summary(found: Labels, truth: Labels) -> str:
    """How the entities fare, and the measures."""
    known = [record for record in found if record in truth]
    shared = Counter((found[record], truth[record]) for record in known)
    sizes = Counter(found[record] for record in known)
    clusters_of: dict[object, list[object]] = {}
    for cluster, entity in shared:
        clusters_of.setdefault(entity, []).append(cluster)
    fates: Counter[str] = Counter()
    for entity, clusters in clusters_of.items():
        mixed = any(sizes[c] > shared[c, entity] for c in clusters)
        fates[("both" if mixed else "split") if len(clusters) > 1
              else "merged" if mixed else "right"] += 1  # fmt: skip
    share = {fate: f"{100 * fates[fate] / len(clusters_of):.1f} %"
             for fate in ("right", "split", "merged", "both")}  # fmt: skip
    measured = counted(found, truth)
    p, r, f1 = (f"{100 * value:.1f}" for value in measured.pairwise)
    return (
        f"{len(clusters_of):,} entities: {share['right']} right to the last record,"
        f" {share['split']} split, {share['merged']} merged with another, {share['both']} both."
        f" {measured.pairs[1]:,} true pairs; P {p}, R {r}, F1 {f1}; whole clusters F1"
        f" {100 * measured.cluster[2]:.1f}."
    )


def wrong_pairs(
    con: duckdb.DuckDBPyConnection, trained: Trained, found: Labels, truth: Labels
) -> list[Wrong]:
    """Needs the `link` tables that linking left; makes candidates again, they are gone by now."""
    import pyarrow as pa

    from dedupe.linking.blocking import block
    from dedupe.linking.linkage import score_pairs

    party_type = trained.specification.party_type
    con.register("candidates", pa.concat_tables([*block(con, trained.specification)]))
    _write_placed(con, party_type, found, truth)
    con.execute("""
        create or replace temp table wrong as
        select l.rid as l_rid, r.rid as r_rid, true as missed
        from placed as l inner join placed as r
            on l.entity = r.entity and l.rid < r.rid and l.cluster <> r.cluster
        union all
        select l.rid, r.rid, false
        from placed as l inner join placed as r
            on l.cluster = r.cluster and l.rid < r.rid and l.entity <> r.entity
    """)
    score_pairs(con, party_type, trained, "wrong", "wrong_scored")
    enough = trained.specification.thresholds.enough
    # A record equal to an earlier one meets others as that one does.
    rows = con.execute(f"""
        with firsts as (
            select w.missed, s.pattern, s.weight,
                   coalesce(lc.first_rid, w.l_rid) as l, coalesce(rc.first_rid, w.r_rid) as r
            from wrong as w inner join wrong_scored as s using (l_rid, r_rid)
            left join copies as lc on lc.rid = w.l_rid
            left join copies as rc on rc.rid = w.r_rid
        )
        select f.pattern,
               case when not f.missed and f.weight > {enough} then 3 when not f.missed then 4
                    when c.l_rid is null and f.l <> f.r then 0
                    when f.weight > {enough} then 2 else 1 end as way,
               count(*)
        from firsts as f left join candidates as c
            on c.l_rid = least(f.l, f.r) and c.r_rid = greatest(f.l, f.r)
        group by all order by all
    """).fetchall()
    con.execute("drop table wrong_scored")
    con.unregister("candidates")
    return [Wrong(*row) for row in rows]


def _write_placed(
    con: duckdb.DuckDBPyConnection, party_type: str, found: Labels, truth: Labels
) -> None:
    """Temp table `placed` (rid, cluster, entity) of records that both know."""
    import pyarrow as pa

    known = [record for record in found if record in truth]
    con.register("arriving_placed", pa.table({
        "record_id": known,
        "cluster": [str(found[record]) for record in known],
        "entity": [str(truth[record]) for record in known],
    }))  # fmt: skip
    con.execute(
        "create or replace temp table placed as select rid, cluster, entity from arriving_placed"
        f" inner join link.{party_type}_records using (record_id)"
    )
    con.unregister("arriving_placed")


def sandbox_tables(folder: Path, records: int, seed: int) -> Iterator[Table]:
    """Errors of people and of firms."""
    from benchmarks.accuracy_sandbox import PARTY_TYPES, WHO, clustered
    from benchmarks.party_records import load, match_input, truth
    from dedupe.linking.linkage import link
    from dedupe.specification import load_specification
    from stamm.duck import open_warehouse

    folder.mkdir(parents=True, exist_ok=True)
    place = match_input(folder, records, seed=seed, one_company=True)
    with (
        tempfile.TemporaryDirectory(dir=folder) as temporary,
        open_warehouse(Path(temporary) / "warehouse.duckdb") as con,
    ):
        load(con, place)
        for party_type in PARTY_TYPES:
            specification = load_specification(party_type)
            trained = link(con, party_type, specification, work_dir=Path(temporary)).trained
            found, known = clustered(con, trained), truth(con, place, party_type)
            yield error_table(
                f"Errors: {WHO[party_type]} of the sandbox",
                trained, wrong_pairs(con, trained, found, known), summary(found, known),
            )  # fmt: skip


def historical_table(path: Path) -> Table:
    """Errors of historical_50k, linked as `stamm dedupe` does it."""
    from dedupe.discovery import discover, write_match_input
    from dedupe.files.copies import set_copies_aside, telling_columns
    from dedupe.files.linking import link_records
    from dedupe.files.loaded import RECORD, TABLE
    from dedupe.files.own_specification import OwnSpecification
    from dedupe.files.reading import read_files
    from stamm.duck import open_warehouse

    with (
        tempfile.TemporaryDirectory() as temporary,
        open_warehouse(Path(temporary) / "work.duckdb") as con,
    ):
        pool = read_files(
            con, [path], Path(temporary), id_column="unique_id", truth_column="cluster"
        )
        discovery = discover(con, TABLE, id_column=RECORD, mapped={})
        set_copies_aside(con, telling_columns(discovery) or pool.columns)
        write_match_input(con, TABLE, discovery)
        [people] = link_records(
            con, discovery, OwnSpecification(), "", Path(temporary), lambda _: None
        ).types
        found = dict(con.execute(f"select {RECORD}, cluster_id from files.clusters").fetchall())
        known = dict(con.execute(f"select {RECORD}, entity from files.truth").fetchall())
        trained = people.result.trained
        return error_table(
            "Errors: historical_50k", trained, wrong_pairs(con, trained, found, known),
            summary(found, known),
        )  # fmt: skip


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--seed", type=int, help="repeat this one instead of drawing")
    asked.add_argument("--historical", type=Path, help="Splink's historical_50k as Parquet")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "stamm-records")
    asked.add_argument("--out", type=Path)
    options = asked.parse_args()
    seed = options.seed if options.seed is not None else secrets.randbelow(2**31)
    command = f"python -m benchmarks.accuracy_errors --records {options.records} --seed {seed}"
    tables = list(sandbox_tables(options.folder, options.records, seed))
    if options.historical:
        command += f" --historical {options.historical.name}"
        tables.append(historical_table(options.historical))
    for table in tables:
        print(table.title, table.note, *table.rows, sep="\n", flush=True)
    if options.out:
        write_result(options.out, command, tables, ("duckdb", "recordlinkage"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
