"""A look-up shows nobody who is suppressed, from the moment on, and no suppressed address."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from dedupe.lookup import Lookup
from dedupe.lookup.card import read_card
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from privacy.suppressions import suppress_address, suppress_party
from serving.looking_up import find_shown
from stamm.duck import in_memory
from stamm.store import Store
from tests.dedupe.match_input import write_match_input
from tests.dedupe.small_company import firms, people

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
ANNA = read_card({"full_name": "Anna Huber", "emails": ["anna.huber0@web.de"]})


@pytest.fixture(scope="module")
def resolved(tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    with in_memory() as con, closing(Store.open(work / "state.db")) as store:
        write_match_input(con, [*people(), *firms()])
        specifications = {t: load_specification(t) for t in ("person", "organisation")}
        resolve_parties(con, store, specifications, run_id="run-1", at=AT, work_dir=work)
        yield Lookup.open(con, work), store


def test_a_suppressed_party_is_not_found_and_the_next_one_takes_its_place(resolved):
    lookup, store = resolved
    before = find_shown(lookup, store, ANNA, limit=1)
    assert [hit.party_name for hit in before] == ["Anna Huber"]
    suppress_party(store, before[0].party_id, reason="erasure", at=AT)
    after = find_shown(lookup, store, ANNA, limit=1)
    assert before[0].party_id not in {hit.party_id for hit in after}
    everybody = lookup.find(ANNA, limit=2)
    assert [hit.party_id for hit in after] == [hit.party_id for hit in everybody[1:2]]


def test_a_suppressed_address_is_not_shown_among_the_reasons(resolved):
    lookup, store = resolved
    card = read_card({"emails": ["mehmet.oeztuerk2@web.de"]})
    shown = [step.right for hit in find_shown(lookup, store, card) for step in hit.steps]
    assert "mehmet.oeztuerk2@web.de" in shown
    suppress_address(store, "mehmet.oeztuerk2@web.de", reason="objection", at=AT)
    hits = find_shown(lookup, store, card)
    assert hits
    assert all("@" not in step.right + step.left for hit in hits for step in hit.steps)
