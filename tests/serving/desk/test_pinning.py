"""Pin a value: a record's or one's own, kept with who and why, true from the next run, undone."""

import re
from datetime import timedelta

import pytest

from dedupe.identity.memberships import follow_alias
from dedupe.judgement.pins import Wish, pin, pins
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from privacy.suppressions import suppress_address, suppress_party
from serving.desk import audit
from stamm.duck import open_warehouse
from tests.serving.api.published import AT
from tests.serving.desk.desks import Browser
from tests.serving.desk.test_customers import look_for, party_of

TYPED = {"group": "phone", "phone": "+49 30 998877", "reason": "said so on the phone", "said": ""}


@pytest.fixture
def anna(desk, steward):
    look_for(steward, "p0@erp")
    return party_of(desk, "p0@erp")


def send(browser, party, **fields):
    """The form for a pin, as it stands on the page."""
    page = browser.get(f"/customers/{party}").text
    shown = {n: re.search(f'name="{n}" value="([^"]*)"', page.split('id="pins"')[1])[1]
             for n in ("run", "seen")}  # fmt: skip
    return browser.send(f"/customers/{party}/pin", {**TYPED, **shown, **fields})


def offered(browser, party, group):
    """The marks of what records say of a group."""
    page = browser.get(f"/customers/{party}").text
    chosen = page.split(f'<select id="said-{group}"')[1].split("</select>")[0]
    return re.findall(r'<option value="([^"]+)"', chosen)


def run_again(home, store):
    specifications = {t: load_specification(t) for t in ("person", "organisation")}
    with open_warehouse(home.warehouse) as con:
        resolve_parties(con, store, specifications, run_id="run-2", at=AT, work_dir=home.linkage)


def test_a_typed_value_is_kept_and_true_after_the_next_run_with_its_origin(
    home, desk, steward, anna
):
    done = send(steward, anna)
    assert (done.status_code, done.url.path) == (200, f"/desk/customers/{anna}")
    [kept] = pins(desk.store)
    assert (kept.values, kept.pinned_by, kept.reason) == (
        {"phone": "+4930998877"}, "m.winter", "said so on the phone")  # fmt: skip
    assert kept.records == {"p0@erp", "p0@shop", "p0@mail"}
    assert audit.entries(desk.store)[0].detail == "pin 1, phone"
    run_again(home, desk.store)
    desk.copies._ended = lambda: "run-2"  # as the run log of a project would say
    desk.copies.keep_up()
    look_for(steward, anna)
    line = re.search(r'<th scope="row">Phone</th>(.*?)</tr>', steward.seen.text, re.S)[1]
    assert "+4930998877" in line.replace("&#43;", "+")
    assert "pinned by m.winter at 2026-06-30 06:00 because said so on the phone" in line
    assert "+49305500000" in line.replace("&#43;", "+")  # what lost
    steward.send(f"/customers/{anna}/unpin", {"pin": "1", "reason": "wrong number"})
    assert pins(desk.store) == []
    run_again(home, desk.store)
    with open_warehouse(home.warehouse) as con:
        told = con.execute("select phone from golden.golden_parties where party_id = ?", [anna])
        assert told.fetchall() == [("+49305500000",)]


def test_a_value_of_a_record_is_pinned_to_that_record(desk, steward, anna):
    send(steward, anna, group="birth_date", said=offered(steward, anna, "birth_date")[0])
    [kept] = pins(desk.store)
    assert (kept.values, len(kept.anchor)) == ({"birth_date": "1950-01-01"}, 1)


def test_a_value_that_is_not_there_any_more_is_told_and_no_other_is_taken(
    home, desk, steward, anna
):
    """What stood behind it in the list has its place by now."""
    with open_warehouse(home.warehouse) as con:
        con.execute("update intermediate.int_parties__match_input set emails = ['anna@example.de']"
                    " where record_id = 'p0@erp'")  # fmt: skip
    desk.copies._ended = lambda: "run-2"
    desk.copies.keep_up()
    first, second = offered(steward, anna, "email")
    shown = {"run": "run-2", "seen": "0", "group": "email"}
    hidden = re.search(f'value="{first}">([^ ]*) ', steward.seen.text)[1]
    suppress_address(desk.store, hidden, reason="objection", at=AT)
    gone = steward.send(f"/customers/{anna}/pin", {**TYPED, **shown, "said": first})
    assert (gone.status_code, pins(desk.store)) == (409, [])
    look_for(steward, anna)
    steward.send(f"/customers/{anna}/pin", {**TYPED, **shown, "said": second})
    [kept] = pins(desk.store)
    assert kept.anchor == (second.partition(" ")[2],)
    assert kept.values["email"] != hidden


@pytest.mark.parametrize("said", [{}, {"group": "birth_date", "said": "first"}])
def test_after_another_run_nothing_is_pinned_that_was_seen_before(desk, steward, anna, said):
    mark = offered(steward, anna, "birth_date")[0]
    told = {**said, "said": mark} if said else {}
    assert send(steward, anna, run="run-0", **told).status_code == 409
    assert pins(desk.store) == []


def test_a_pin_is_bound_to_the_records_of_the_page_not_to_those_of_a_run_in_between(
    desk, steward, anna
):
    follow_alias(desk.store, "p1@erp", "p9@erp", run_id="run-2", at=AT)
    moved = "insert into party_memberships (run_id, occurred_at, record_id, party_id)"
    with desk.store.transaction() as db:
        db.execute(f"{moved} values ('run-2', ?, 'p1@erp', ?)", (AT.isoformat(), anna))
    send(steward, anna)
    [kept] = pins(desk.store)
    assert kept.records == {"p0@erp", "p0@shop", "p0@mail"}


def test_of_earlier_pins_only_those_that_were_made_for_this_very_party_end(desk, steward, anna):
    """One that came along with whoever was merged in is that person's again after a split."""
    merged_in = Wish("person", "phone", {"phone": "+4930111111"}, frozenset({"p0@mail", "p7@crm"}))
    wider = pin(desk.store, merged_in, by="a", at=AT, reason="x")
    before = Wish("person", "phone", {"phone": "+4930222222"}, frozenset({"p0@mail"}))
    long_ago = pin(desk.store, before, by="a", at=AT - timedelta(days=900), reason="x")
    own = send(steward, anna) and pins(desk.store)[-1].seq
    assert [one.seq for one in pins(desk.store)] == [wider, long_ago, own]
    send(steward, anna, phone="+49 30 112233")
    assert [one.seq for one in pins(desk.store)] == [wider, long_ago, own + 1]


def test_the_words_of_a_pin_that_name_a_suppressed_address_are_not_shown(home, desk, steward, anna):
    send(steward, anna, reason="not gone@web.de any more, nor 030 / 55 12 345")
    run_again(home, desk.store)
    desk.copies._ended = lambda: "run-2"
    desk.copies.keep_up()
    page = steward.get(f"/customers/{anna}").text
    assert page.count("not gone@web.de any more") == 2
    suppress_address(desk.store, "+49 30 5512345", reason="objection", at=AT)
    page = steward.get(f"/customers/{anna}").text
    assert "gone@web.de" not in page
    assert "m.winter" in page


def test_a_pin_that_no_record_may_hold_is_said_to_sleep(home, desk, steward, anna):
    with open_warehouse(home.warehouse) as con:
        con.execute("update intermediate.int_parties__match_input set purpose = 'market_insight'")
    desk.copies._ended = lambda: "run-2"
    desk.copies.keep_up()
    look_for(steward, anna)
    assert "sleeps: no record of this customer may hold this field" in send(steward, anna).text
    assert len(pins(desk.store)) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"phone": "call me"}, {"phone": ""}, {"group": "shoe size"}, {"said": "99"}, {"said": "²"},
     {"phone": "030 998877"},
     {"reason": " "}, {"seen": "x"},
     {"group": "email", "email": "anna at web"},
     {"group": "birth_date", "birth_date": "2999-01-01"},
     {"group": "vat_id", "vat_id": "DE123456780"},
     {"group": "address", "street": "Weg 1", "postcode": "1010", "country": "DE"}],
)  # fmt: skip
def test_what_cannot_be_golden_is_not_pinned(desk, steward, anna, wrong):
    assert send(steward, anna, **wrong).status_code == 422
    assert pins(desk.store) == []


def test_of_two_people_at_one_field_the_second_is_told(desk, steward, anna):
    other = Browser(desk).logged_in("t.sommer")
    look_for(other, anna)
    send(other, anna)
    assert send(steward, anna, seen="0").status_code == 409
    assert len(pins(desk.store)) == 1
    send(steward, anna, phone="+49 30 112233")  # having seen the first
    assert [one.values["phone"] for one in pins(desk.store)] == ["+4930112233"]


def test_whoever_is_suppressed_is_not_pinned_and_no_suppressed_address_is(desk, steward, anna):
    suppress_address(desk.store, "gone@web.de", reason="objection", at=AT)
    told = {"group": "email", "email": "Gone@web.de"}
    assert send(steward, anna, **told).status_code == 422
    look_for(steward, anna)
    suppress_party(desk.store, anna, reason="objection", at=AT)
    assert steward.send(f"/customers/{anna}/pin", {**TYPED, "seen": "0"}).status_code == 404
    assert pins(desk.store) == []


def test_what_is_no_pin_of_this_party_is_not_taken_back(desk, steward, anna):
    send(steward, anna)
    other = party_of(desk, "p1@erp")
    look_for(steward, other)
    told = {"pin": "1", "reason": "x"}
    assert steward.send(f"/customers/{other}/unpin", told).status_code == 404
    assert len(pins(desk.store)) == 1
