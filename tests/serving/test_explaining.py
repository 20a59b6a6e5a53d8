"""An explanation shows nobody who is suppressed, and no suppressed address."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from dedupe.identity.constitution import Member
from dedupe.identity.ledger import holders, record_run
from dedupe.linking.linkage import link
from dedupe.specification import load_specification
from privacy.suppressions import suppress_address, suppress_party
from serving.explaining import explain_shown
from stamm.duck import in_memory
from stamm.errors import InputError
from stamm.store import Store
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.small_company import people

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
MAILBOX = "anna.huber0@web.de"  # of p0@shop and p0@mail


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    second = record("x@shop", given_name="Anna", emails=[MAILBOX, "anna@beck.de"])
    with in_memory() as con:
        write_match_input(con, [*people(), second])
        link(con, "person", load_specification("person"), work_dir=folder)
        yield con, folder


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


@pytest.fixture
def explained(linked, store):
    """Each record is a party of its own, but p59's, which no run has recorded yet."""
    con, folder = linked
    records = [f"p{i}@{s}" for i in range(59) for s in ("erp", "shop", "mail")]
    born = datetime(2020, 1, 1, tzinfo=UTC)
    clusters = [[Member(r, born)] for r in [*records, "x@shop"]]
    record_run(store, clusters, run_id="run-1", at=AT)
    return lambda a, b: explain_shown(con, store, folder, a, b)


def suppress_holder(store, record_id):
    [party] = holders(store, [record_id])
    suppress_party(store, party, reason="erasure", at=AT)


def test_while_nobody_is_suppressed_all_values_are_shown(explained):
    steps = {step.comparison: step for step in explained("p0@erp", "p0@shop").steps}
    assert (steps["family_name"].left, steps["birth_date"].left) == ("huber", "19500101")
    assert explained("p59@erp", "p59@shop").steps


def test_a_record_of_a_suppressed_party_is_refused_on_either_side(explained, store):
    suppress_holder(store, "p0@erp")
    for pair in (("p0@erp", "p0@shop"), ("p0@shop", "p0@erp")):
        with pytest.raises(InputError, match="p0@erp: .* its party is suppressed"):
            explained(*pair)
    assert explained("p1@erp", "p1@shop").steps


def test_a_record_whose_party_is_unknown_is_refused_while_anybody_is_suppressed(explained, store):
    suppress_holder(store, "p0@erp")
    with pytest.raises(InputError, match="p59@erp: .* no party holds this one"):
        explained("p59@erp", "p59@shop")


def test_a_suppressed_address_is_left_out_and_the_weight_stays(explained, store):
    before = explained("x@shop", "p0@mail")
    suppress_address(store, MAILBOX, reason="objection", at=AT)
    after = explained("x@shop", "p0@mail")
    email = {step.comparison: step for step in after.steps}["email"]
    assert (email.left, email.right) == ("anna@beck.de", "")
    assert MAILBOX not in str(after)
    assert after.weight == before.weight
