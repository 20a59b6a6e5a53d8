"""What people pinned: the same rows by an increment as by a rebuild, and on the right party."""

from __future__ import annotations

from contextlib import closing
from datetime import date

import pytest

from dedupe.judgement.pins import pins
from dedupe.survivorship.golden import all_candidates
from dedupe.survivorship.legal_forms import legal_form
from stamm.duck import open_warehouse
from tests.dedupe.increments.histories import DAY, check_run

FIELDS = {
    "phone": ("phone",), "address": ("street", "house_number", "postcode", "city", "country"),
    "name": ("given_name", "family_name", "full_name"), "company_name": ("company_name",),
    "birth_date": ("birth_date",),
}  # fmt: skip
_NOT_OURS = """
    select party_id, list(record_id) from golden.xref_parties
    semi join (from intermediate.int_parties__match_input where echoes is null) using (record_id)
    group by party_id
"""
pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 12))]
)
def test_after_days_with_pins_all_tables_are_those_of_a_rebuild(seed, beginning, tmp_path):
    company, linkage = beginning.go_on(seed, tmp_path), tmp_path / "linkage"
    with open_warehouse(tmp_path / "warehouse.duckdb") as con, closing(company.store):
        for _ in range(2):
            company.day_with_pins()
            check_run(con, company, linkage, f"seed {seed}: {'; '.join(company.told)}")
            check_cells(con, company.store)


def check_cells(con, store):
    """Oracle: each pin that holds is what golden says, with its rule, its moment and a record of
    the party; all else is what won. A firm's legal form is that of its name, pinned or not."""
    known = {one.seq: one for one in pins(store)}
    held = con.execute(
        "select party_id, field_group, pin, record_id from link.pins_held where holds"
    ).fetchall()
    assert len({(party, group) for party, group, *_ in held}) == len(held)
    may_hold = {party: set(records) for party, records in con.execute(_NOT_OURS).fetchall()}
    pinned, on = {}, {}
    for party, group, number, anchor in held:
        if anchor is None and party not in may_hold:
            continue  # it sleeps
        for field in FIELDS[group]:
            pinned[party, field] = known[number].values.get(field)
            on[party, field] = {anchor} if anchor else may_hold[party]
            if field == "birth_date":
                pinned[party, field] = date.fromisoformat(pinned[party, field])
    golden = con.sql("from golden.golden_parties").fetchall()
    columns = [d[0] for d in con.sql("from golden.golden_parties limit 0").description]
    lineage = {(p, a): told for p, a, *told in con.execute(
        "select party_id, attribute, rule, record_id, observed_at from golden.golden_lineage"
    ).fetchall()}  # fmt: skip
    first = {cell: told[0].value for cell, told in all_candidates(con).items()}
    for row in golden:
        said = dict(zip(columns, row, strict=True))
        person = said["party_type"] == "person"
        told = [FIELDS[group] for group in FIELDS if person or group not in ("name", "birth_date")]
        for field in (field for group in told for field in group):
            cell = (said["party_id"], field)
            rule, record, moment = lineage.get(cell, (None, None, None))
            assert said[field] == (pinned[cell] if cell in pinned else first.get(cell)), cell
            assert (rule == "pinned") == (pinned.get(cell) is not None), cell
            if rule == "pinned":
                assert (record in on[cell], moment) == (True, DAY.replace(tzinfo=None)), cell
        if not person:
            name = said["company_name"]
            assert said["legal_form"] == (legal_form(name) if name else None)
