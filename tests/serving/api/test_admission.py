"""Who may ask: keys with scopes and rates, a purpose, and a log of whose data went to whom."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
import requests
from fastapi.testclient import TestClient

from serving.api.app import application
from serving.api.keys import create_key, key_of, list_keys, revoke_key
from serving.api.rates import Rates
from serving.api.reads import Read, ReadLog, reads_of
from serving.api.service import Service
from stamm.errors import UsageError
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


def ask(api, path="/customers?limit=1", key=None, **headers):
    authorised = {"Authorization": f"Bearer {key}"} if key else {}
    return requests.get(
        api.url + path, headers={"X-Purpose": "a test"} | authorised | headers, timeout=30
    )


def test_a_key_is_told_once_and_only_its_hash_is_kept(store, tmp_path):
    made, text = create_key(store, "CRM", ["read"], at=AT)
    assert key_of(store, text) == made
    assert list_keys(store) == [made]
    secret = text.split("_", 2)[2]
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert made.key_id.encode() in kept
    assert secret.encode() not in kept


@pytest.mark.parametrize("text", ["", "x", "stamm_", "stamm_abc_", "stamm_abc_def", "ärger"])
def test_what_is_no_key_opens_nothing(store, text):
    create_key(store, "CRM", ["read"], at=AT)
    assert key_of(store, text) is None


def test_a_key_with_another_secret_opens_nothing(store):
    _, text = create_key(store, "CRM", ["read"], at=AT)
    assert key_of(store, text + "x") is None


@pytest.mark.parametrize(
    ("name", "scopes", "rate"), [("", ["read"], 1), ("CRM", [], 1), ("CRM", ["root"], 1),
                                 ("CRM", ["read"], 0)],
)  # fmt: skip
def test_a_key_needs_a_holder_known_scopes_and_a_rate(store, name, scopes, rate):
    with pytest.raises(UsageError, match="expected"):
        create_key(store, name, scopes, at=AT, per_minute=rate)


def test_a_revoked_key_opens_nothing_from_the_next_request_on(api):
    made, text = create_key(api.service.store, "old", ["read"], at=AT)
    assert ask(api, key=text).status_code == 200
    revoke_key(api.service.store, made.key_id, at=AT)
    refused = ask(api, key=text)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    with pytest.raises(UsageError, match="stamm key list"):
        revoke_key(api.service.store, "none", at=AT)


def test_without_a_key_nothing_is_answered_but_health(api):
    assert ask(api).status_code == 401
    assert requests.get(api.url + "/health", timeout=30).status_code == 200


def test_a_key_opens_what_its_scopes_say_and_no_more(api):
    _, text = create_key(api.service.store, "matcher", ["match"], at=AT)
    refused = ask(api, key=text)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/scope-missing")
    found = requests.post(
        api.url + "/match", json={"card": {"full_name": "Anna Huber"}}, timeout=30,
        headers={"X-Purpose": "a test", "Authorization": f"Bearer {text}"},
    )  # fmt: skip
    assert found.status_code == 200


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(api):
    _, text = create_key(api.service.store, "eager", ["read"], at=AT, per_minute=2)
    answers = [ask(api, key=text) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30


def test_a_bucket_fills_evenly_and_holds_a_minutes_worth():
    now = [0.0]
    rates = Rates(lambda: now[0])
    assert [rates.wait("a", 60) for _ in range(60)] == [0.0] * 60
    assert rates.wait("a", 60) == 1.0
    assert rates.wait("b", 60) == 0.0  # another key
    now[0] = 0.5
    assert rates.wait("a", 60) == 0.5
    now[0] = 1.0
    assert rates.wait("a", 60) == 0.0
    now[0] = 10_000
    assert [rates.wait("a", 60) for _ in range(61)][-1] == 1.0


def test_who_does_not_say_why_is_not_answered(api):
    key = api.headers["Authorization"]
    for purpose in ({}, {"X-Purpose": ""}):
        headers = {"Authorization": key, **purpose}
        answer = requests.get(api.url + "/customers", headers=headers, timeout=30)
        assert answer.status_code == 422
        assert "X-Purpose" in answer.json()["detail"]


def test_every_person_in_an_answer_is_logged_with_holder_and_purpose(api):
    page = api.get("/customers?limit=2", **{"X-Purpose": "order 4711"}).json()
    party = page["items"][0]["party_id"]
    found = [(read, name) for read, name in reads_of(api.service.store, [party])
             if read.purpose == "order 4711"]  # fmt: skip
    [(read, name)] = found
    assert (name, read.operation, read.build_id, read.party_id) == ("CRM", "customers", "b1", party)
    everybody = api.service.store.query(
        "select party_id from api_reads where purpose = 'order 4711' order by party_id"
    )
    assert [row["party_id"] for row in everybody] == [one["party_id"] for one in page["items"]]


def test_a_snapshot_is_logged_as_read_by_everybody_in_it(api):
    api.get("/snapshot", **{"X-Purpose": "nightly load"})
    found = [read for read, _ in reads_of(api.service.store, ["PNOBODY"])]
    assert [(read.operation, read.party_id) for read in found] == [("snapshot", None)]


def test_what_was_not_answered_is_not_logged(api):
    for path in ("/customers/PNOBODY", "/customers?fields=x"):
        api.get(path, **{"X-Purpose": "in vain"})
    assert not api.service.store.query("select 1 from api_reads where purpose = 'in vain'")


READ = Read(AT, "k", "why", "customer", "b1", "P1")


def test_entries_are_durable_when_add_returns_and_are_never_changed(store, tmp_path):
    log = ReadLog(store, wait_seconds=60)
    assert log.add([READ, READ])
    with closing(Store.open(tmp_path / "state.db")) as other:
        assert len(other.query("select * from api_reads")) == 2
    with pytest.raises(Exception, match="append-only"), store.transaction() as db:
        db.execute("delete from api_reads")
    log.close()


def test_while_a_run_holds_the_store_answers_go_and_no_entry_is_lost(store, tmp_path):
    log = ReadLog(store, wait_seconds=0.05)
    with closing(Store.open(tmp_path / "state.db")) as run, run.transaction():
        assert not log.add([READ])
        assert not log.add([READ])
    log.close()
    assert len(store.query("select * from api_reads")) == 2


def test_a_server_for_which_no_key_was_made_yet_asks_for_one(store, tmp_path):
    with closing(ReadLog(store)) as reads:
        service = Service(tmp_path, store, reads, finder=None, read_vcard=dict)
        answer = TestClient(application(service)).get(
            "/customers", headers={"Authorization": "Bearer stamm_a_b", "X-Purpose": "a test"}
        )
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/no-key")
