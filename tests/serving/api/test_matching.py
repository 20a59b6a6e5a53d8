"""Search before create over HTTP: a card in, a verdict with candidates and reasons out."""

import pytest

from serving.api.matching import decided

ANNA = {"full_name": "Anna Huber", "emails": ["anna.huber0@web.de"], "birth_date": "1950-01-01"}


def candidate(party, probability):
    return {"party_id": party, "probability": probability}


@pytest.mark.parametrize(
    ("candidates", "verdict"),
    [
        ([], ("new", None)),
        ([candidate("P1", 0.4)], ("new", None)),
        ([candidate("P1", 0.5)], ("review", None)),
        ([candidate("P1", 0.98)], ("review", None)),
        ([candidate("P1", 0.99)], ("certain", "P1")),
        ([candidate("P1", 0.999), candidate("P2", 0.6)], ("certain", "P1")),
        ([candidate("P1", 0.999), candidate("P2", 0.99)], ("review", None)),
    ],
)
def test_only_one_candidate_that_is_sure_is_certain(candidates, verdict):
    assert decided(candidates) == verdict


def test_a_known_card_is_certain_and_its_reasons_add_up(api):
    answer = api.post("/match", {"card": ANNA}).json()
    best = answer["people"][0]
    assert (answer["verdict"], answer["party_id"]) == ("certain", best["party_id"])
    assert (best["full_name"], best["city"]) == ("Anna Huber", "Berlin")
    total = best["prior_weight"] + sum(step["weight"] for step in best["steps"])
    assert total == pytest.approx(best["weight"])


def test_the_company_comes_with_the_person(api):
    card = ANNA | {"company_name": "Huber Metallbau GmbH", "vat_id": "DE100000000"}
    answer = api.post("/match", {"card": card}).json()
    assert (answer["verdict"], answer["company_verdict"]) == ("certain", "certain")
    assert answer["companies"][0]["company_name"].startswith("Huber Metallbau")
    assert answer["company_party_id"] == answer["companies"][0]["party_id"]


def test_nobody_known_is_new(api):
    answer = api.post("/match", {"card": {"full_name": "Zenobia Quastenflosser"}}).json()
    assert (answer["verdict"], answer["party_id"], answer["people"]) == ("new", None, [])


def test_a_vcard_is_a_card(api):
    text = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Huber;Anna;;;\r\nFN:Anna Huber\r\n"
        "EMAIL:anna.huber0@web.de\r\nBDAY:1950-01-01\r\nEND:VCARD\r\n"
    )
    answer = api.post("/match", {"vcard": text}).json()
    assert answer["verdict"] == "certain"
    assert answer["people"][0]["full_name"] == "Anna Huber"


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"card": {}},
        {"card": {"title": "Dr."}},
        {"card": {"salary": 1}},
        {"card": {"birth_date": "tomorrow"}},
        {"card": ANNA, "vcard": "BEGIN:VCARD\nEND:VCARD"},
        {"vcard": "no card"},
        {"card": ANNA, "limit": 0},
    ],
)
def test_what_is_no_card_is_told_so(api, question):
    answer = api.post("/match", question)
    assert answer.status_code == 422
    assert "expected" in answer.text or "card" in answer.text


def test_nothing_of_a_card_is_kept(api, home):
    api.post("/match", {"card": {"full_name": "Leonora Nirgendwo", "city": "Xanadu"}})
    kept = b"".join(path.read_bytes() for path in home.root.glob("state.db*"))
    assert b"Nirgendwo" not in kept
