"""Review: all that is needed to decide, one verdict, a way back, nobody overruled."""

import re

import pytest

from dedupe.judgement.judgements import judgements
from privacy.suppressions import suppress_address, suppress_party
from serving.api.reads import reads_of
from serving.desk import audit
from tests.serving.api.published import AT
from tests.serving.desk.desks import Browser


def case_of(browser):
    """Left and right record of the case that is shown."""
    fields = dict(re.findall(r'name="(left|right|seen)" value="([^"]*)"', browser.seen.text))
    return fields["left"], fields["right"], fields["seen"]


def say(browser, verdict, reason=""):
    left, right, seen = case_of(browser)
    return browser.send(
        "/review/verdict",
        {"left": left, "right": right, "seen": seen, "verdict": verdict, "reason": reason},
    )


@pytest.fixture
def at_a_case(steward):
    steward.get("/review")
    assert steward.seen.status_code == 200
    return steward


def parties_of(desk, *records):
    with desk.copies.bench() as bench:
        return [
            bench.con.execute(
                "select party_id from golden.xref_parties where record_id = ?", [one]
            ).fetchall()[0][0]
            for one in records
        ]


def test_a_case_shows_records_weights_and_what_would_follow(desk, at_a_case):
    left, right, _ = case_of(at_a_case)
    one, other = parties_of(desk, left, right)
    for text in ("cases are waiting; this is the most valuable", "Kept apart; these two records",
                 "Weights by field", "starting weight", "What would follow", "99.90 €",
                 f"The older id {min((one, other), key=at_a_case.said.index)}"[:12]):  # fmt: skip
        assert text in at_a_case.said, text
    assert one in at_a_case.seen.text
    assert other in at_a_case.seen.text


def test_what_differs_is_marked_also_where_only_other_records_of_a_side_say_it(steward):
    steward.get("/review/case?left=p0@erp&right=p30@mail")
    differing = re.findall(r'<tr class="differs"><th scope="row">([^<]*)', steward.seen.text)
    assert differing == ["Birth date", "E-mail", "Phone", "Street", "Postcode"]
    steward.get("/review/case?left=p0@erp&right=p30@erp")
    assert "Ringstr. <mark>1</mark>" in steward.seen.text


def test_the_waterfall_adds_up_to_the_weight_that_decides(at_a_case):
    table = at_a_case.seen.text.split("<summary>")[1].split("</table>")[0]
    steps = re.findall(r'class="number">([+\N{MINUS SIGN}][\d.]+)<', table)
    total = re.search(r"Sum ([+\N{MINUS SIGN}][\d.]+) bits", at_a_case.said)[1]
    values = [float(one.replace("\N{MINUS SIGN}", "-")) for one in (*steps, total)]
    assert values[-1] == pytest.approx(sum(values[:-1]), abs=0.05)
    assert len(steps) > 4


def test_a_verdict_is_kept_as_judge_keeps_it_and_the_next_case_comes(desk, at_a_case):
    left, right, _ = case_of(at_a_case)
    say(at_a_case, "same", "seen on the phone")
    [kept] = judgements(desk.store)
    assert (kept.verdict, kept.judged_by, kept.reason) == ("same", "m.winter", "seen on the phone")
    assert (left in kept.left and right in kept.right) or (left in kept.right)
    assert len(kept.left) > 1  # all records of the party, so that no new one bridges
    assert "Verdict 1 is kept and counts from the next run on." in at_a_case.said
    assert case_of(at_a_case)[:2] != (left, right)
    [entry] = [one for one in audit.entries(desk.store) if one.action.startswith("judged")]
    assert (entry.actor, entry.action, entry.detail) == ("m.winter", "judged same", "judgement 1")


def test_a_reason_is_optional(desk, at_a_case):
    say(at_a_case, "unsure")
    assert judgements(desk.store)[0].reason == "seen side by side at the Desk"


def test_undo_takes_the_verdict_back_and_the_case_waits_again(desk, at_a_case):
    left, right, _ = case_of(at_a_case)
    say(at_a_case, "same")
    at_a_case.send("/review/undo", {"judgement": "1"})
    assert [one.verdict for one in judgements(desk.store)] == ["same", "unsure"]  # nothing is lost
    assert case_of(at_a_case)[:2] == (left, right)
    at_a_case.get("/review")
    assert case_of(at_a_case)[:2] == (left, right)


def test_undo_brings_back_the_word_that_held_before(desk, at_a_case):
    left, right, _ = case_of(at_a_case)
    say(at_a_case, "different")
    at_a_case.get(f"/review/case?left={left}&right={right}")
    assert "Decided before: different by m.winter" in at_a_case.said
    say(at_a_case, "same")
    at_a_case.send("/review/undo", {"judgement": "2"})
    assert [one.verdict for one in judgements(desk.store)] == ["different", "same", "different"]


def test_nobody_undoes_what_another_said(desk, at_a_case):
    say(at_a_case, "same")
    other = Browser(desk).logged_in("t.sommer")
    assert other.send("/review/undo", {"judgement": "1"}).status_code == 404
    assert len(judgements(desk.store)) == 1


def test_two_people_on_one_case_see_each_other_and_the_second_verdict_is_not_kept(desk, at_a_case):
    left, right, seen = case_of(at_a_case)
    other = Browser(desk).logged_in("t.sommer")
    other.get(f"/review/case?left={left}&right={right}")
    assert "Also open at: m.winter" in other.said
    say(at_a_case, "different", "father and son")
    late = other.send("/review/verdict", {"left": left, "right": right, "seen": seen,
                                          "verdict": "same", "reason": "looks equal"})  # fmt: skip
    assert late.status_code == 409
    assert (
        "m.winter has decided this case meanwhile: different. Reason: father and son" in other.said
    )
    assert [one.verdict for one in judgements(desk.store)] == ["different"]


def test_a_verdict_that_was_seen_may_be_followed_by_another(desk, at_a_case):
    left, right, _ = case_of(at_a_case)
    say(at_a_case, "different")
    other = Browser(desk).logged_in("t.sommer")
    other.get(f"/review/case?left={left}&right={right}")
    say(other, "same", "asked the customer")
    assert [one.verdict for one in judgements(desk.store)] == ["different", "same"]


def test_an_undo_is_refused_once_somebody_else_has_said_more(desk, at_a_case):
    left, right, _ = case_of(at_a_case)
    say(at_a_case, "different")
    other = Browser(desk).logged_in("t.sommer")
    other.get(f"/review/case?left={left}&right={right}")
    say(other, "same")
    assert at_a_case.send("/review/undo", {"judgement": "1"}).status_code == 409
    assert len(judgements(desk.store)) == 2


def test_another_person_gets_another_case(desk, at_a_case):
    other = Browser(desk).logged_in("t.sommer")
    other.get("/review")
    assert case_of(other)[:2] != case_of(at_a_case)[:2]


def test_later_goes_on_without_a_verdict(desk, at_a_case):
    first = case_of(at_a_case)
    at_a_case.get("/review?skipped=1")
    assert case_of(at_a_case) != first
    assert judgements(desk.store) == []


@pytest.mark.parametrize(
    "wrong", [{"verdict": "equal"}, {"seen": "x"}, {"seen": ""}, {"left": "nobody"}, {"left": ""}]
)
def test_what_is_no_verdict_is_refused_and_nothing_is_kept(desk, at_a_case, wrong):
    left, right, seen = case_of(at_a_case)
    told = {"left": left, "right": right, "seen": seen, "verdict": "same"} | wrong
    assert at_a_case.send("/review/verdict", told).status_code in (404, 422)
    assert judgements(desk.store) == []


@pytest.mark.parametrize("number", ["²", "1²", "9" * 13, "9" * 5_000, "-1", "1.0", ""])
def test_what_looks_like_a_number_and_is_none_is_refused(desk, at_a_case, number):
    left, right, _ = case_of(at_a_case)
    told = {"left": left, "right": right, "seen": number, "verdict": "same"}
    at_a_case.send("/review/verdict", told)
    assert at_a_case.seen.status_code == 422
    at_a_case.get("/review")
    assert at_a_case.send("/review/undo", {"judgement": number}).status_code == 422
    assert judgements(desk.store) == []


def test_a_record_is_not_compared_with_itself(desk, steward):
    for record in ("o0@erp", "e0@shop"):  # with others in its party, and alone
        steward.get(f"/review/case?left={record}&right={record}")
        assert steward.seen.status_code == 422
        assert "A record is not compared with itself." in steward.said
    steward.get("/review")
    told = {"left": "e0@shop", "right": "e0@shop", "seen": "0", "verdict": "same"}
    assert steward.send("/review/verdict", told).status_code == 404


def test_every_case_shown_is_in_the_log_of_reads(desk, at_a_case):
    left, right, _ = case_of(at_a_case)
    for party in parties_of(desk, left, right):
        *_, (read, name) = reads_of(desk.store, [party])
        assert (name, read.operation) == ("desk:m.winter", "desk review")
        assert read.purpose == "review: may these be one party"


def test_whoever_is_suppressed_is_in_no_case_and_nobody_decides_about_them(desk, at_a_case):
    left, right, seen = case_of(at_a_case)
    party, _ = parties_of(desk, left, right)
    suppress_party(desk.store, party, reason="objection", at=AT)
    assert at_a_case.get(f"/review/case?left={left}&right={right}").status_code == 404
    at_a_case.get("/review")
    assert left not in case_of(at_a_case)
    told = {"left": left, "right": right, "seen": seen, "verdict": "same"}
    done = at_a_case.send("/review/verdict", told)
    assert done.status_code == 404
    assert judgements(desk.store) == []


def test_a_suppressed_address_is_nobodys_value(desk, steward):
    one, other = "p1@shop", "p1@mail"
    shown = steward.get(f"/review/case?left={one}&right={other}")
    address = re.search(r"[a-z.]+\d*@web\.de", shown.text)[0]
    suppress_address(desk.store, address, reason="objection", at=AT)
    assert address not in steward.get(f"/review/case?left={one}&right={other}").text


def test_a_reason_that_names_a_suppressed_address_is_not_shown(desk, at_a_case):
    left, right, seen = case_of(at_a_case)
    say(at_a_case, "different", "both wrote from bea@web.de!")
    case = f"/review/case?left={left}&right={right}"
    assert "bea@web.de" in at_a_case.get(case).text
    suppress_address(desk.store, "bea@web.de", reason="objection", at=AT)
    at_a_case.get(case)
    assert "Decided before: different by m.winter" in at_a_case.said
    assert "bea@web.de" not in at_a_case.seen.text
    told = {"left": left, "right": right, "seen": seen, "verdict": "same", "reason": "x"}
    assert at_a_case.send("/review/verdict", told).status_code == 409
    assert "bea@web.de" not in at_a_case.seen.text


def test_a_case_is_shown_in_german_to_germans(desk, at_a_case):
    left, right, _ = case_of(at_a_case)
    german = Browser(desk, "de").logged_in("t.sommer")
    german.get(f"/review/case?left={left}&right={right}")
    for text in ("Was folgen würde", "99,90 €", "Vorname", "Gleich", "Verschieden", "Unsicher"):
        assert text in german.said
    assert 'keyshortcuts="v"' in german.seen.text
