"""Whom the last run restricted is hidden at once, although no build knows of it yet."""

from contextlib import closing
from pathlib import Path

import pytest

from dedupe.identity.memberships import holder
from dedupe.judgement.judging import Signature, judge
from serving import desk as desk_package
from stamm.duck import open_warehouse
from stamm.store import Store
from tests.serving.api.published import AT
from tests.serving.desk.desks import Browser, opened
from tests.serving.desk.test_customers import look_for

PEOPLE = ("p0@erp", "p1@erp", "e0@shop", "o0@erp")


@pytest.fixture
def party(home):
    """Record → the golden id of both the build and the last run."""
    with closing(Store.open(home.store)) as store:
        return {record: holder(store, record) for record in PEOPLE}


def restrict(home, *parties):
    """What a run does that was not published: a gate stopped it."""
    with open_warehouse(home.warehouse) as con:
        con.execute(
            "update golden.golden_parties set restricted = true"
            " where party_id in (select unnest(?))", [list(parties)],
        )  # fmt: skip


@pytest.fixture
def steward(home, party):
    """At a Desk whose last run restricts Anna and the one who acts for a firm."""
    with closing(Store.open(home.store)) as store:
        signed = Signature("m.winter", AT, "the sister of Anna Huber")
        judge(store, party["p0@erp"], party["p1@erp"], "different", signed)
    restrict(home, party["p0@erp"], party["e0@shop"])
    with opened(home) as desk:
        yield Browser(desk).logged_in("m.winter")


@pytest.mark.parametrize("typed", ["p0@erp", "anna.huber0@web.de", "anna huber 10100"])
def test_no_search_finds_them(steward, typed):
    look_for(steward, typed)
    assert steward.seen.url.path == "/desk/customers"
    assert "Nobody found" in steward.said


def test_they_have_no_page_and_nobody_merges_or_parts_them(steward, party):
    anna, other = party["p0@erp"], party["p1@erp"]
    look_for(steward, "nobody")
    assert steward.get(f"/customers/{anna}").status_code == 404
    look_for(steward, other)
    told = {"reason": "x", "seen": "1", "other": anna}
    assert steward.send(f"/customers/{other}/merge", told).status_code == 404
    look_for(steward, other)
    told = {"reason": "x", "seen": "1", "record": ["p0@mail"]}
    assert steward.send(f"/customers/{anna}/unmerge", told).status_code == 404
    assert steward.get("/review/case?left=p0@erp&right=p1@erp").status_code == 404


def test_they_are_nobodys_tie(steward, party):
    look_for(steward, party["o0@erp"])
    assert party["o0@erp"] in steward.said
    assert party["e0@shop"] not in steward.seen.text


def test_the_history_of_somebody_else_tells_no_words_about_them(steward, party):
    look_for(steward, party["p1@erp"])
    assert "was judged different" in steward.said
    assert "sister of Anna" not in steward.said


def test_an_id_of_the_build_is_hidden_whose_record_the_run_holds_under_another_id(home, party):
    """The run merged her into somebody or parted her; the build still shows her as she was."""
    with open_warehouse(home.warehouse) as con:
        con.execute("update golden.xref_parties set party_id = ? where record_id = 'p0@erp'",
                    [party["p1@erp"]])  # fmt: skip
    restrict(home, party["p1@erp"])
    with opened(home) as desk:
        steward = Browser(desk).logged_in("m.winter")
        look_for(steward, "anna.huber0@web.de")
        assert "Nobody found" in steward.said
        assert steward.get(f"/customers/{party['p0@erp']}").status_code == 404


def test_no_page_asks_who_is_hidden_by_another_way():
    """`Asked.bench` is the one that knows all of them."""
    for module in Path(desk_package.__file__).parent.glob("*.py"):
        if module.name != "asking.py":
            text = module.read_text(encoding="utf-8")
            assert ".hidden.parties" not in text, module.name
            assert "copies.bench(" not in text, module.name
