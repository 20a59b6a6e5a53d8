"""Linkage as a whole: the same bytes for the same records, and explanations that add up."""

import hashlib
import random

import pytest

from dedupe.answers.explain import explain
from dedupe.linking.linkage import link
from dedupe.measures.oracle import oracle_scores, true_model
from dedupe.resolve import cluster_linked
from dedupe.specification import load_specification
from stamm.duck import in_memory
from stamm.errors import InputError
from tests.dedupe.match_input import write_match_input
from tests.dedupe.small_company import firms, people, truth

ROWS = {"person": people(), "organisation": firms()}


def linked(con, party_type, rows, work_dir):
    write_match_input(con, rows)
    return link(con, party_type, load_specification(party_type), work_dir=work_dir)


def clustered(con, trained):
    found = cluster_linked(con, trained)
    return {member.record_id: place for place, c in enumerate(found.clusters) for member in c}


def digest(con, party_type, work_dir):
    hashed = hashlib.sha256((work_dir / f"{party_type}.trained.json").read_bytes())
    for table in (f"link.{party_type}_records", f"link.{party_type}_pairs"):
        hashed.update(repr(con.sql(f"from {table}").fetchall()).encode())
    return hashed.hexdigest()


@pytest.mark.parametrize("party_type", ["person", "organisation"])
def test_the_same_records_in_any_order_give_the_same_bytes(party_type, tmp_path):
    found = set()
    for seed in range(4):
        rows = random.Random(seed).sample(ROWS[party_type], len(ROWS[party_type]))
        work_dir = tmp_path / str(seed // 2)  # the second of two finds the values parsed
        with in_memory() as con:
            con.execute(f"set threads = {1 + seed % 2}")
            linked(con, party_type, rows, work_dir)
            found.add(digest(con, party_type, work_dir))
    assert len(found) == 1


@pytest.fixture(scope="module", params=["person", "organisation"])
def company(request, tmp_path_factory):
    """(connection, link result, work folder) of one party type."""
    folder = tmp_path_factory.mktemp("work")
    with in_memory() as con:
        result = linked(con, request.param, ROWS[request.param], folder)
        yield con, result, folder


def test_an_explanation_adds_up_to_the_weight_that_was_stored(company):
    con, result, folder = company
    records = f"link.{result.party_type}_records"
    pairs = con.sql(
        f"select l.record_id, r.record_id, weight / 1000 from link.{result.party_type}_pairs"
        f" join {records} as l on l.rid = l_rid join {records} as r on r.rid = r_rid"
        " order by l_rid, r_rid limit 25"
    ).fetchall()
    assert len(pairs) == 25
    for left, right, weight in pairs:
        found = explain(con, folder, left, right)
        assert found.weight == pytest.approx(weight, abs=0.0006)  # stored in thousandths
        steps = sum(step.weight for step in found.steps)
        assert found.prior_weight + steps == pytest.approx(found.weight, abs=1e-9)
        assert explain(con, folder, right, left).weight == pytest.approx(found.weight)


def test_every_candidate_pair_is_counted_by_its_weight_also_those_not_kept(company):
    con, result, _ = company
    counts = dict(con.sql(f"from link.{result.party_type}_weight_counts").fetchall())
    copies = con.sql("select count(*) from copies").fetchall()[0][0]
    assert sum(counts.values()) == result.candidate_pairs + copies
    kept = con.sql(
        f"select (round(weight / 100) * 100)::integer, count(*)"
        f" from link.{result.party_type}_pairs group by all"
    ).fetchall()
    assert all(counts[weight] >= pairs for weight, pairs in kept)


def test_an_explanation_names_level_and_values(company):
    con, result, folder = company
    key = "p1" if result.party_type == "person" else "o1"
    steps = {s.comparison: s for s in explain(con, folder, f"{key}@erp", f"{key}@shop").steps}
    agreed = steps["birth_date" if key == "p1" else "vat_id"]
    assert agreed.level == "equal"
    assert agreed.left == agreed.right
    assert agreed.weight > 5
    assert steps["phone"].level == "missing"
    assert steps["phone"].weight == 0


def test_records_that_linkage_does_not_know_have_no_explanation(company):
    con, _, folder = company
    with pytest.raises(InputError, match="two records of one party type"):
        explain(con, folder, "p1@erp", "nobody@shop")


def test_the_oracle_counts_m_from_the_truth(company):
    con, result, _ = company
    model = true_model(con, result.trained, truth(ROWS[result.party_type]))
    size = len(ROWS[result.party_type]) // 3
    # Three records each: three true pairs per party.
    assert model.match_share * (3 * size) * (3 * size - 1) / 2 == pytest.approx(3 * size)
    name = "birth_date" if result.party_type == "person" else "vat_id"
    place = model.specification.position(name)
    assert model.m[place][-1] > 0.9  # one pair of the three has it, and always agrees
    assert all(sum(row) == pytest.approx(1) for row in (*model.m, *model.u))


def test_the_oracle_takes_the_threshold_that_suits_the_truth_best(company):
    con, result, _ = company
    known = truth(ROWS[result.party_type])

    def best_of(*bits):
        return oracle_scores(con, result.trained, known, clustered, bits).scores.cluster[2]

    assert best_of(-2.0, 0.0, 8.0) == max(best_of(-2.0), best_of(0.0), best_of(8.0)) > 0.6
