"""Customer: found by what people know, each value with its origin, merged and parted."""

import re

import pytest

from dedupe.judgement.judgements import judgements
from privacy.suppressions import suppress_address, suppress_party
from serving.api.reads import reads_of
from serving.desk import audit
from tests.serving.api.published import AT, merge_in_the_ledger
from tests.serving.desk.desks import Browser


def party_of(desk, record):
    [row] = desk.service.published.current().rows(
        "select party_id from xref_parties where record_id = $r", {"r": record}
    )
    return row["party_id"]


def look_for(browser, typed, occasion="ticket 4711"):
    browser.get("/customers")
    return browser.send("/customers", {"typed": typed, "occasion": occasion})


@pytest.fixture
def anna(desk, steward):
    """The page of the customer whose records are p0@…"""
    look_for(steward, "p0@erp")
    return party_of(desk, "p0@erp")


@pytest.mark.parametrize("typed", ["p0@erp", "anna.huber0@web.de", "ANNA.HUBER0@web.de"])
def test_one_that_is_found_is_shown_at_once(desk, steward, typed):
    assert look_for(steward, typed).url.path == f"/desk/customers/{party_of(desk, 'p0@erp')}"
    assert "Anna Huber" in steward.said


def test_an_id_finds_its_customer(desk, steward):
    party = party_of(desk, "o1@erp")
    assert look_for(steward, party).url.path == f"/desk/customers/{party}"


def test_words_find_all_who_have_them_in_name_or_place_however_accents_are_typed(steward):
    look_for(steward, "jurgen grunwald berlin")
    assert re.search(r"[1-9]\d* customers found", steward.said)
    assert "Jürgen Grünwald" in steward.said
    assert "Anna" not in steward.said


def test_nobody_is_nobody(steward):
    look_for(steward, "xyzzy")
    assert "Nobody found who may be shown." in steward.said


def test_without_an_occasion_no_customer_is_shown(desk, steward):
    party = party_of(desk, "p0@erp")
    asked = steward.get(f"/customers/{party}")
    assert asked.url.path == "/desk/customers"
    assert f'value="{party}"' in asked.text
    assert look_for(steward, party, " ").status_code == 422
    assert not reads_of(desk.store, [party])


def test_who_read_whom_on_what_occasion_is_logged(desk, steward, anna):
    [(read, name)] = reads_of(desk.store, [anna])
    assert (name, read.purpose, read.operation) == ("desk:m.winter", "ticket 4711", "desk customer")
    look_for(steward, "berlin", "campaign check")
    assert [read.purpose for read, _ in reads_of(desk.store, [anna])][-1] in (
        "campaign check", "ticket 4711")  # fmt: skip


def test_each_value_has_source_age_rule_and_legal_basis(steward, anna):
    line = re.search(r'<th scope="row">Birth date</th>(.*?)</tr>', steward.seen.text, re.S)[1]
    assert "1950-01-01" in line
    for text in ("2024-01-01", "911 days", "Art. 6 (1) b", "contract"):
        assert text in line, text
    for text in ("Golden record", "Records and their weights", "Time line", "History", "order A-p0",
                 "was created", "99.90 €"):  # fmt: skip
        assert text in steward.said, text


def test_until_the_copy_of_a_run_is_made_a_page_shows_no_other_party_that_its_ledger_names(
    desk, steward
):
    mails = {party_of(desk, "p0@erp"): "anna.huber0@web.de",
             party_of(desk, "p1@erp"): "juergen.gruenwald1@web.de"}  # fmt: skip
    into, gone = merge_in_the_ledger(desk.store, "p0@erp", "p1@erp", run_id="run-2")
    look_for(steward, gone)
    assert mails[gone] in steward.seen.text
    assert mails[into] not in steward.seen.text


def test_the_cluster_is_drawn_with_a_weight_at_each_pair(steward, anna):
    drawing = steward.seen.text.split("<svg")[1].split("</svg>")[0]
    assert drawing.count("<circle") == 3
    assert drawing.count('class="link') == 3
    assert re.search(r"<desc>1-3 \+\d+\.\d; ", drawing)


def test_records_are_parted_for_a_reason(desk, steward, anna):
    told = {"record": ["p0@mail"], "reason": "address of the son", "seen": "0"}
    done = steward.send(f"/customers/{anna}/unmerge", told)
    assert done.url.path == f"/desk/customers/{anna}"
    [kept] = judgements(desk.store)
    assert (kept.verdict, kept.reason) == ("different", "address of the son")
    assert {frozenset(kept.left), frozenset(kept.right)} == {
        frozenset({"p0@mail"}), frozenset({"p0@erp", "p0@shop"})}  # fmt: skip
    assert "was judged different" in steward.said
    assert audit.entries(desk.store)[0].detail == "judgement 1, 1 of 3 records"


@pytest.mark.parametrize(
    "wrong",
    [{"record": []}, {"record": ["p0@erp", "p0@shop", "p0@mail"]}, {"record": ["p1@erp"]},
     {"reason": " "}, {"seen": "x"}],
)  # fmt: skip
def test_all_or_none_or_no_reason_part_nothing(desk, steward, anna, wrong):
    told = {"record": ["p0@mail"], "reason": "x", "seen": "0"} | wrong
    assert steward.send(f"/customers/{anna}/unmerge", told).status_code == 422
    assert judgements(desk.store) == []


def test_a_merge_is_shown_before_it_is_kept(desk, steward, anna):
    other = party_of(desk, "p1@erp")
    told = {"other": other, "reason": "married, said so", "seen": "0"}
    shown = steward.send(f"/customers/{anna}/merge", told)
    assert "What would follow" in steward.said
    assert "99.90 € 99.90 € 199.80 €" in steward.said
    assert judgements(desk.store) == []
    fields = dict(re.findall(r'name="(other|reason|seen|confirmed)" value="([^"]*)"', shown.text))
    steward.send(f"/customers/{anna}/merge", fields)
    [kept] = judgements(desk.store)
    assert (kept.verdict, kept.reason, len(kept.left | kept.right)) == (
        "same",
        "married, said so",
        6,
    )


def test_a_merge_with_itself_or_nobody_is_refused(steward, anna):
    told = {"reason": "x", "seen": "0"}
    assert steward.send(f"/customers/{anna}/merge", told | {"other": anna}).status_code == 422
    look_for(steward, anna)
    assert steward.send(f"/customers/{anna}/merge", told | {"other": "PNO"}).status_code == 404


def test_a_decision_that_another_made_meanwhile_is_shown_not_overwritten(desk, steward, anna):
    other = Browser(desk).logged_in("t.sommer")
    look_for(other, anna)
    told = {"record": ["p0@mail"], "reason": "the son's", "seen": "0"}
    other.send(f"/customers/{anna}/unmerge", told)
    late = steward.send(f"/customers/{anna}/unmerge", told)
    assert late.status_code == 409
    assert "t.sommer has decided this case meanwhile: different" in steward.said
    assert len(judgements(desk.store)) == 1


def test_whoever_is_suppressed_is_neither_found_nor_shown_nor_merged(desk, steward, anna):
    other = party_of(desk, "p1@erp")
    suppress_party(desk.store, anna, reason="objection", at=AT)
    assert steward.get(f"/customers/{anna}").status_code == 404
    for typed in (anna, "p0@erp", "anna.huber0@web.de"):
        look_for(steward, typed)
        assert "Nobody found" in steward.said, typed
    look_for(steward, other)
    told = {"other": anna, "reason": "x", "seen": "0"}
    assert steward.send(f"/customers/{other}/merge", told).status_code == 404
    assert judgements(desk.store) == []


def test_a_suppressed_address_is_neither_shown_nor_found(desk, steward, anna):
    assert "anna.huber0@web.de" in steward.said
    suppress_address(desk.store, "anna.huber0@web.de", reason="objection", at=AT)
    assert "anna.huber0@web.de" not in steward.get(f"/customers/{anna}").text
    look_for(steward, "anna.huber0@web.de")
    assert "Nobody found" in steward.said


def test_a_customer_is_shown_in_german_to_germans(desk, anna):
    german = Browser(desk, "de").logged_in("t.sommer")
    look_for(german, anna)
    for text in ("Goldener Datensatz", "Geburtsdatum", "911 Tage", "Verlauf", "entstand"):
        assert text in german.said, text
