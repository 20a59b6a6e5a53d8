"""Nobody who is suppressed or restricted leaves any route, from the next answer on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from privacy.suppressions import suppress_address, suppress_party
from serving.release import release
from stamm.duck import open_warehouse
from tests.serving.api.published import merge_in_the_ledger

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
PARTS = ("", "/timeline", "/sources", "/provenance", "/history", "/household", "/contacts")


def party_of(api, number, given="Anna", family=""):
    family = family or {0: "huber", 24: "maier", 30: "huber"}[number]
    [found] = api.get(
        f"/customers?source=mail&email={given.lower()}.{family}{number}@web.de"
    ).json()["items"]
    return found["party_id"]


def restrict(home, store, party, *, build_id):
    """A build that says so."""
    with open_warehouse(home.warehouse) as con:
        con.execute(
            "update golden.golden_parties set restricted = true where party_id = ?", [party]
        )
    release(home.warehouse, home.published, store, build_id=build_id, info={}, at=AT, keep=5)


def answers(api, party):
    """The text of every answer that could tell of somebody."""
    yield from (api.get(f"/customers/{party}{part}").text for part in PARTS)
    yield json.dumps(api.all())
    yield api.get("/snapshot").text
    yield api.get("/snapshot", Accept="application/vnd.apache.arrow.stream").content.decode(
        "latin-1"
    )
    yield api.get("/changes?limit=10000").text.replace(f'"party_id":"{party}"', "")
    yield api.post("/match", {"card": {"full_name": "Anna Huber", "birth_date": "1950-01-01"}}).text


def test_a_suppressed_person_is_gone_at_once_from_every_answer(api):
    party = party_of(api, 0)
    before = list(answers(api, party))
    assert any("anna.huber0@web.de" in text for text in before)
    suppress_party(api.service.store, party, reason="erasure", at=AT + timedelta(days=1))
    after = list(answers(api, party))
    assert not [text for text in after if "anna.huber0@web.de" in text or "p0@" in text]
    for part in PARTS:
        assert api.get(f"/customers/{party}{part}").status_code == 404
    assert api.get("/xref/erp/p0@erp").status_code == 404
    assert api.get(f"/companies/{party}").status_code == 404


def test_a_restricted_person_is_as_hidden_as_a_suppressed_one(home, api):
    """From the build on that says so (Art. 18): stored, and shown to nobody."""
    party = party_of(api, 24)
    assert any("anna.maier24@web.de" in text for text in answers(api, party))
    cursor = api.get("/changes?limit=10000").json()["next"]
    restrict(home, api.service.store, party, build_id="b2")
    assert not [text for text in answers(api, party) if "anna.maier24@web.de" in text]
    assert api.get(f"/customers/{party}").status_code == 404
    told = api.get(f"/changes?since={cursor}").json()["items"]
    assert ("WITHDRAW", {}) in [
        (one["operation"], one["fields"]) for one in told if one["party_id"] == party
    ]


def test_an_answer_held_from_before_is_not_confirmed(api):
    party = party_of(api, 30)
    held = api.get(f"/customers/{party}").headers["etag"]
    suppress_party(api.service.store, party, reason="objection", at=AT + timedelta(days=1))
    assert api.get(f"/customers/{party}", **{"If-None-Match": held}).status_code == 404


def test_nobody_decides_about_who_may_not_be_shown(api):
    party, other = party_of(api, 1, "juergen", "gruenwald"), party_of(api, 2, "mehmet", "oeztuerk")
    suppress_party(api.service.store, party, reason="objection", at=AT + timedelta(days=1))
    stated = {"left": party, "right": other, "verdict": "same", "by": "m", "reason": "same"}
    assert api.post("/judgements", stated).status_code == 404
    assert api.post("/judgements", stated | {"left": "p1@erp"}).status_code == 404


def test_nobody_decides_about_a_restricted_person_by_an_id_that_was_merged_into_theirs(home, api):
    store, other = api.service.store, party_of(api, 2, "mehmet", "oeztuerk")
    stays, goes = merge_in_the_ledger(store, "p5@erp", "p11@erp", run_id="run-2")
    restrict(home, store, stays, build_id="b3")
    stated = {"left": other, "verdict": "same", "by": "m", "reason": "same"}
    for side in (stays, goes, "p5@erp", "p11@erp", "p3@erp,p11@erp"):
        assert api.post("/judgements", stated | {"right": side}).status_code == 404, side


def test_a_suppressed_address_is_nobodys_and_the_feed_takes_it_back(api):
    party = party_of(api, 8, "mehmet", "voss")
    cursor = api.get("/changes?limit=10000").json()["next"]
    suppress_address(api.service.store, "mehmet.voss8@web.de", reason="objection", at=AT)
    assert api.get(f"/customers/{party}").json()["email"] is None
    told = api.get(f"/changes?since={cursor}").json()["items"]
    assert [(one["operation"], one["fields"]) for one in told if one["party_id"] == party] == [
        ("WITHDRAW", {"email": None, "permission_email": False})
    ]


def consent(address, event, moment, **more):
    return {"address": address, "channel": "email", "event": event, "occurred_at": moment, **more}


SIGNED = {"wording": "I want the newsletter.", "where": "fair, hall 4", "given_by": "Beate Winter"}


def test_a_withdrawal_acts_on_the_next_answer_and_is_in_the_feed(api):
    party = party_of(api, 14, "mehmet", "maier")
    assert api.get(f"/customers/{party}").json()["permission_email"] is True
    cursor = api.get("/changes?limit=10000").json()["next"]
    stated = consent("Mehmet.Maier14@web.de", "withdrawn", "2026-06-30T10:00:00+02:00")
    kept = api.post("/consents", stated)
    assert kept.status_code == 201
    assert api.post("/consents", stated).json() == kept.json()  # told twice, kept once
    assert api.get(f"/customers/{party}").json()["permission_email"] is False
    told = api.get(f"/changes?since={cursor}").json()["items"]
    assert [(o["operation"], o["party_id"], o["fields"]) for o in told] == [
        ("WITHDRAW", party, {"permission_email": False})
    ]


def test_a_later_confirmed_grant_acts_on_the_next_answer_too(api):
    party = party_of(api, 14, "mehmet", "maier")
    address = "mehmet.maier14@web.de"
    granted = consent(address, "granted", "2026-07-01T10:00:00Z", evidence=SIGNED)
    api.post("/consents", granted)
    assert api.get(f"/customers/{party}").json()["permission_email"] is False  # to be confirmed
    api.post("/consents", consent(address, "confirmed", "2026-07-01T11:00:00Z", evidence=SIGNED))
    assert api.get(f"/customers/{party}").json()["permission_email"] is True


def by_mail(api, party):
    return api.get(f"/customers/{party}").json()["permission_email"]


def test_a_withdrawal_for_another_address_that_a_record_spoke_for_acts_at_once_too(api):
    [found] = api.get("/xref/mail/p20@mail").json()["items"]
    assert by_mail(api, found["party_id"]) is True
    api.post("/consents", consent("Old20@web.de", "withdrawn", "2026-06-30T10:00:00Z"))
    assert by_mail(api, found["party_id"]) is False


@pytest.mark.parametrize(("moment", "given"), [("2026-06-20", True), ("2026-06-26", False)])
def test_what_was_given_later_for_the_address_in_use_outweighs_it(api, moment, given):
    [found] = api.get("/xref/mail/p21@mail").json()["items"]  # given on 2026-06-25
    api.post("/consents", consent("old21@web.de", "withdrawn", f"{moment}T10:00:00Z"))
    assert by_mail(api, found["party_id"]) is given


def test_evidence_is_kept_with_who_when_wording_and_the_key(api):
    [row] = api.service.store.query("select * from consent_events where event = 'granted'")
    evidence = json.loads(row["evidence"])
    assert evidence == {**SIGNED, "key": "CRM"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (consent("a@b.de", "granted", "2026-06-30T10:00:00Z"), "expected evidence"),
        (consent("a@b.de", "withdrawn", "2999-06-30T10:00:00Z"), "a moment that has come"),
        (consent("a@b.de", "withdrawn", "2026-06-30T10:00:00"), "occurred_at"),
        (consent("nobody", "withdrawn", "2026-06-30T10:00:00Z"), "address"),
        (consent("a@b.de", "revoked", "2026-06-30T10:00:00Z"), "event"),
        (consent("a@b.de", "withdrawn", "0001-01-01T00:00:00+14:00"), "from 0001-01-02"),
        (consent("a@b.de", "withdrawn", "9999-12-31T23:00:00-02:00"), "to 9999-12-30"),
        (consent("Anna <a@b.de>", "withdrawn", "2026-06-30T10:00:00Z"), "plain e-mail address"),
        (consent("a@b.de, c@d.de", "withdrawn", "2026-06-30T10:00:00Z"), "plain e-mail address"),
        (consent("+4930551234", "withdrawn", "2026-06-30T10:00:00Z"), "plain e-mail address"),
    ],
)
def test_what_is_no_consent_is_told_so(api, wrong, said):
    answer = api.post("/consents", wrong)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_a_judgement_is_kept_with_who_and_why_and_a_side_that_is_none_is_not_found(api):
    left, right = party_of(api, 3, "sofia", "steinbacher"), party_of(api, 9, "sofia", "winter")
    stated = {"left": left, "right": right, "verdict": "different", "by": "m.winter",
              "reason": "two Sofias"}  # fmt: skip
    kept = api.post("/judgements", stated)
    assert (kept.status_code, kept.json()["left_records"]) == (201, 3)
    [row] = api.service.store.query("select * from judgements")
    assert (row["judged_by"], row["reason"]) == ("m.winter (CRM)", "two Sofias")
    assert api.post("/judgements", stated | {"right": "PNOBODY"}).status_code == 404
    assert api.post("/judgements", stated | {"right": left}).status_code == 422
    assert api.post("/judgements", stated | {"reason": " "}).status_code == 422
