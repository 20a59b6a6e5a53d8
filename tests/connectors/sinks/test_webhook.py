"""The signed webhook against a real receiver that fails at random and remembers ids."""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from pydantic import ValidationError

from connectors.sinks.difference import Wanted
from connectors.sinks.ledger import Ledger
from stamm.errors import ContractBroken, CredentialsRefused
from stamm.store import Store
from tests.connectors.sinks.pushing import Hasty, push_to, settings
from tests.connectors.sinks.receiver import SECRET, documented_verification, receiving
from tests.connectors.sinks.target import wanted

ANNA = {"family_name": "Beck", "city": "Köln", "permission_email": True, "phone": None}
PEOPLE = {f"P{n:03}": {**ANNA, "city": f"Ort {n}"} for n in range(60)}
OTHER = "whsec_" + "YW5vdGhlci10ZXN0LXNlY3JldC1vZi0zMi1ieXRlcyE="


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "state.db")
    yield store
    store.close()


def letters(store):
    return [(x.party_id, x.outcome, x.reason) for x in Ledger(store, "crm", Hasty()).letters()]


def test_a_customer_is_created_updated_merged_withdrawn_and_deleted(store):
    with receiving() as crm:
        push_to(crm.url, store, wanted({"A": ANNA, "B": ANNA, "C": ANNA}))
        assert crm.customers == {"A": ANNA, "B": ANNA, "C": ANNA}
        push_to(crm.url, store, wanted({"A": {**ANNA, "phone": "+49"}}, living="C", B="A"))
        assert crm.customers == {
            "A": {**ANNA, "phone": "+49"}, "B": {"into": "A"}, "C": {"withdrawn": True},
        }  # fmt: skip
        sent = {json.loads(body)["type"]: json.loads(body)["data"] for body in crm.bodies[3:]}
        assert sent["customer.updated"] == {
            "customer_id": "A", "external_key": "K-A", "fields": {"phone": "+49"},
        }  # fmt: skip
        assert sent["customer.merged"]["into_external_key"] == "K-A"
        push_to(crm.url, store, wanted({}))
        assert crm.customers == {}


def test_each_request_is_signed_as_the_documentation_says_and_forgery_is_seen():
    is_genuine = documented_verification()
    with receiving() as crm:
        push_to(crm.url, Store.open(Path(":memory:")), wanted({"A": ANNA}))
        [headers], [body] = crm.requests, crm.bodies
    assert is_genuine(headers, body, SECRET)
    assert not is_genuine(headers, body + b" ", SECRET)
    assert not is_genuine({**headers, "webhook-id": "x"}, body, SECRET)
    assert not is_genuine(headers, body, OTHER)
    old = str(int(headers["webhook-timestamp"]) - 600)
    assert not is_genuine({**headers, "webhook-timestamp": old}, body, SECRET)
    assert headers["content-type"] == "application/json"


def test_while_the_secret_is_changed_receivers_with_the_old_and_the_new_one_take_it(store):
    for number, known in enumerate((SECRET, OTHER)):
        with receiving(secret=known) as crm:
            rows = wanted({f"A{number}": ANNA})
            assert push_to(crm.url, store, rows, secret=OTHER, previous_secret=SECRET).complete


def test_the_secret_is_one_of_the_published_example():
    """The example of the specification's own libraries."""
    from pydantic import SecretStr

    from stamm.webhooks import key_of, signature

    key = key_of(SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    content = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    assert signature(key, content) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_that_fails_at_random_ends_with_each_change_once(store):
    with receiving(faults=("none", "none", "500", "429", "dropped")) as crm:
        done = push_to(crm.url, store, Wanted(PEOPLE, set(PEOPLE), {}))
        assert done.complete
        assert crm.customers == PEOPLE
        assert len(crm.effects) == len(PEOPLE) < len(crm.requests)


def test_chosen_rows_are_refused_with_a_reason_that_holds_no_value(store):
    with receiving(refuses=lambda data: data["customer_id"] == "P007") as crm:
        done = push_to(crm.url, store, Wanted(PEOPLE, set(PEOPLE), {}))
        assert (done.sent, done.refused) == (Counter(create=59), 1)
        assert letters(store) == [("P007", "refused", "HTTP 422: … has no such country")]
        assert push_to(crm.url, store, Wanted(PEOPLE, set(PEOPLE), {})).waiting == 1
        assert len(crm.requests) == 60


def test_of_a_departure_that_is_refused_only_the_status_is_kept(store):
    """The receiver knows whom it names; nobody here knows any more what to cut out."""
    with receiving() as crm:
        push_to(crm.url, store, Wanted(PEOPLE, set(PEOPLE), {}))
        crm.refuses = lambda data: not data["fields"]
        crm.said = "Anna Beck owes money"
        push_to(crm.url, store, Wanted({}, set(PEOPLE), {}))
        assert {reason for *_, reason in letters(store)} == {"HTTP 422"}


def test_a_signature_that_is_not_accepted_ends_the_push(store):
    with receiving(secret=OTHER) as crm:
        done = push_to(crm.url, store, Wanted(PEOPLE, set(PEOPLE), {}))
        assert isinstance(done.error, CredentialsRefused)
        assert "Check that the receiver knows the secret" in str(done.error)
        assert (len(crm.requests), len(crm.effects)) == (1, 0)


def test_a_receiver_that_is_not_there_fails_and_loses_nothing(store):
    with receiving() as crm:
        url = crm.url
    done = push_to(url, store, wanted({"A": ANNA}), patience=1)
    assert (done.failed, done.complete) == (1, False)
    assert "the connection was refused" in letters(store)[0][2]


def test_customer_data_do_not_follow_to_another_address(store):
    with receiving() as elsewhere, receiving() as crm:
        crm.answer = lambda *_: (307, {"Location": elsewhere.url}, None)
        done = push_to(crm.url, store, wanted({"A": ANNA}))
        assert isinstance(done.error, ContractBroken)
        assert "points to another host" in str(done.error)
        crm.answer = lambda *_: (307, {"Location": crm.url}, None)
        assert "redirects" in str(push_to(crm.url, store, wanted({"A": ANNA})).error)
        assert elsewhere.requests == []


def test_an_endless_answer_is_not_read(store):
    with receiving() as crm:
        crm.answer = lambda *_: (200, {}, "x" * 200_000)
        assert "the answer is larger" in str(push_to(crm.url, store, wanted({"A": ANNA})).error)


def test_a_receiver_may_answer_with_nothing_or_with_a_page(store):
    with receiving() as crm:
        crm.answer = lambda *_: (204, {}, None)
        assert push_to(crm.url, store, wanted({"A": ANNA})).complete
        crm.answer = lambda *_: (200, {"Content-Type": "text/html"}, "<html>thanks")
        assert push_to(crm.url, store, wanted({"A": ANNA, "B": ANNA})).complete


def test_what_certificate_is_accepted_is_left_to_tls():
    """An https address of a server that has none a client trusts."""
    with receiving() as crm:
        url = crm.url.replace("http:", "https:")
        done = push_to(url, Store.open(Path(":memory:")), wanted({"A": ANNA}), patience=0)
    assert (done.sent.total(), done.failed) == (0, 1)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"url": "http://crm.example", "insecure": False}, "expected an https address"),
        ({"url": "https://u:p@crm.example"}, "expected an address without credentials"),
        ({"secret": "geheim"}, "expected whsec_ and 24 to 64 bytes"),
        ({"secret": "whsec_c2hvcnQ="}, "expected whsec_ and 24 to 64 bytes"),
        ({"previous_secret": "whsec_!"}, "expected whsec_ and 24 to 64 bytes"),
    ],
)
def test_an_unsafe_setting_is_refused(stated, message):
    with pytest.raises(ValidationError, match=message):
        settings(**{"url": "https://crm.example", **stated})


def test_a_pusher_that_is_killed_anywhere_is_finished_by_the_next_and_nothing_is_done_twice(
    tmp_path,
):
    """SIGKILL after a random number of requests, six times over."""
    outbox, path = tmp_path / "outbox.json", tmp_path / "state.db"
    outbox.write_text(json.dumps(PEOPLE), encoding="utf-8")
    dice, killed = Random(3), 0
    with receiving(faults=("none", "none", "none", "500", "dropped")) as crm:
        module = "tests.connectors.sinks.pushing"
        command = [sys.executable, "-m", module, str(path), crm.url, str(outbox)]
        for _ in range(6):
            pusher = subprocess.Popen(command, cwd=Path(__file__).parents[3])
            until = len(crm.requests) + dice.randint(1, 12)
            while len(crm.requests) < until and pusher.poll() is None:
                time.sleep(0.001)
            pusher.kill()
            killed += pusher.wait() == -9
        assert killed == 6
        assert 0 < len(crm.effects) < len(PEOPLE)
        assert subprocess.run(command, cwd=Path(__file__).parents[3], check=False).returncode == 0
    assert crm.customers == PEOPLE
    assert Counter(customer for _, _, customer in crm.effects) == Counter(dict.fromkeys(PEOPLE, 1))
    asked = {}
    for headers, body in zip(crm.requests, crm.bodies, strict=True):
        asked.setdefault(json.loads(body)["data"]["customer_id"], set()).add(headers["webhook-id"])
    assert {len(ids) for ids in asked.values()} == {1}  # never another id for the same change


def test_the_documented_verification_is_ten_lines():
    text = (Path(__file__).parents[3] / "docs" / "sinks.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
