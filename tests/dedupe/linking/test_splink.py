"""Splink opens the exported settings and gives every pair our weight."""

import json

import pytest

from dedupe.linking.linkage import link, score_pairs
from dedupe.linking.splink_export import export_splink
from dedupe.specification import Specification, load_specification
from stamm.duck import in_memory
from tests.dedupe.linking.test_two_engines import frame
from tests.dedupe.match_input import write_match_input
from tests.dedupe.small_company import firms, people
from tests.dedupe.unrounded import weigher

# What Splink has no words for, and the export leaves out.
LISTS = {"emails", "phones", "domains"}


def without_list_frequencies(specification: Specification) -> Specification:
    raw = json.loads(specification.model_dump_json())
    raw["alternative"] = None
    for comparison in raw["comparisons"]:
        for level in comparison["levels"]:
            if level["term_frequency"] in LISTS:
                level["term_frequency"] = ""
    return Specification.model_validate(raw)


@pytest.mark.parametrize(("party_type", "rows"), [("person", people()), ("organisation", firms())])
def test_splink_gives_every_pair_our_weight(party_type, rows, tmp_path):
    splink = pytest.importorskip("splink")
    specification = without_list_frequencies(load_specification(party_type))
    with in_memory() as con:
        write_match_input(con, rows)
        trained = link(con, party_type, specification, work_dir=tmp_path).trained
        theirs = splink_weights(splink, con, export_splink(con, trained, tmp_path), tmp_path)
        con.execute("create table theirs_pairs (l_rid bigint, r_rid bigint)")
        con.executemany("insert into theirs_pairs values (?, ?)", sorted(theirs))
        score_pairs(con, party_type, trained, "theirs_pairs", "ours")
        weigh = weigher(con, trained, frame(con, party_type))
        rows = con.sql("from ours").fetchall()
        unrounded = {(left, right): weigh((left, right), p) for left, right, p, _ in rows}
    assert len(theirs) > 40
    assert unrounded == pytest.approx(theirs, abs=1e-6)
    assert {(left, right): w / 1000 for left, right, _, w in rows} == pytest.approx(
        theirs,
        abs=0.0006,  # what is stored are thousandths of a bit
    )


def splink_weights(splink, con, settings, folder):
    """(l_rid, r_rid) → match weight, by Splink's own DuckDB."""
    party_type = settings.name.split(".")[0]
    api = splink.DuckDBAPI()
    records = api.register(con.sql(f"from link.{party_type}_records").df())
    linker = splink.Linker(records, str(settings))
    for path in sorted(folder.glob(f"{party_type}.tf_*.parquet")):
        column = path.name.split(".")[1].removeprefix("tf_")
        frequencies = con.sql(f"from read_parquet('{path}')").df()
        linker.table_management.register_term_frequency_lookup(api.register(frequencies), column)
    found = linker.inference.predict().as_pandas_dataframe()
    rows = zip(found.rid_l.tolist(), found.rid_r.tolist(), found.match_weight, strict=True)
    return {(min(left, right), max(left, right)): float(weight) for left, right, weight in rows}
