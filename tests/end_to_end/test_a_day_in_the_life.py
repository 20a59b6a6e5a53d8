"""A day in the life of golden customers, on real parts.

The sandbox company's four vendor APIs are read and published by `stamm run`; a real Tryton is the
CRM that gets what changes; `stamm serve` runs all day, as a process, for a consumer of the feed and
for a steward at the Desk, who works in a real Chromium with the keyboard alone.
"""

from __future__ import annotations

import json
import re
import signal
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.company import create
from serving.changes import PERMISSIONS, Change, replay
from tests.end_to_end import father_and_son
from tests.end_to_end.company import Company
from tests.peers.tryton import held, running, sender
from tests.serving.api.published import Client
from tests.serving.desk.browsing import BROWSER, chromium, find, opened_page, tab_to, type_login
from tests.serving.desk.desks import PASSWORD

pytestmark = [
    pytest.mark.peer,
    pytest.mark.tryton,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine"),
]
CUSTOMERS, SEED = 60, 7
MORNING = datetime(2026, 6, 30, 6, tzinfo=UTC)  # the sandbox's present before any time passes
A_MONTH = timedelta(days=30)
SETTINGS = """\
sandbox: {{customers: {customers}, seed: {seed}}}
sinks:
  crm: {{system: tryton, url: "{url}", user: {user}, password: "${{CRM_PASSWORD}}", insecure: true}}
target_groups:
  readers: {{where: permission_email}}
"""
STRANGER = {
    "full_name": "Zacharias Quellenbrinck", "emails": ["zq@quellenbrinck-orgeln.de"],
    "phones": ["+49 30 9182736"], "company_name": "Quellenbrinck Orgelbau GmbH",
    "postcode": "10119", "city": "Berlin",
}  # fmt: skip


def test_a_day_in_the_life(tmp_path, monkeypatch):
    with running(tmp_path) as tryton:
        tryton.create("country.country", name="Schweiz", code="CH")
        company = founded(tmp_path / "company", tryton, monkeypatch)

        # The company is read and published; nobody follows it yet but the CRM.
        assert company.run()["sinks"][0]["failed"] == 0
        with served(company) as api:
            consumer = Consumer(api)
            consumer.follow()
            assert_all_agree(company, consumer, tryton)
            [father] = parties_called(api, "Wackernagel")

            # A month goes by. The son opens an account, and the machine takes him for his father.
            company.stamm("sandbox", "advance", "--days", str(A_MONTH.days))
            father_and_son.plant_son(company.home / "sandbox", MORNING + A_MONTH / 2)
            told = company.run()
            assert told["changed"]
            assert told["sinks"][0]["sent"] > 0
            assert {"ADD", "MOD"} <= consumer.follow()
            assert_all_agree(company, consumer, tryton)
            assert parties_called(api, "Wackernagel") == [father]
            assert consumer.holds[father]["email"] == father_and_son.SON

            # Business cards come in from a fair.
            assert_an_existing_customer_is_matched_and_a_stranger_is_new(api, consumer)

            # A steward, who knows the family, parts the two.
            of_the_son = record_of(api, father, "shop")
            part_at_the_desk(company, api, father, of_the_son)

            # The next run obeys: the father keeps the id that the CRM knows, his son gets his own.
            company.run()
            consumer.follow()
            [son] = [one.party_id for one in consumer.seen if (one.operation, one.other_party_id)
                     == ("SPLIT", father)]  # fmt: skip
            assert_they_are_two(consumer, tryton, father, son)
            assert_all_agree(company, consumer, tryton)

            # So does the one after it, which makes everything anew from landing and the ledger.
            assert company.run("--full")["sinks"][0]["sent"] == 0
            assert consumer.follow() == set()
            assert sorted(parties_called(api, "Wackernagel")) == sorted([father, son])
            assert_they_are_two(consumer, tryton, father, son)
            assert_a_card_of_either_is_for_a_person_to_say(api, father, son)

            # Somebody wants no more mail.
            assert_a_withdrawal_stops_mail_at_once(company, api, consumer, tryton)


def founded(folder, tryton, monkeypatch) -> Company:
    """A sandbox company with the father among its customers, the CRM as target, and a steward."""
    user, password = sender(tryton)
    monkeypatch.setenv("CRM_PASSWORD", password)
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    folder.mkdir()
    settings = SETTINGS.format(customers=CUSTOMERS, seed=SEED, url=tryton.url, user=user)
    (folder / "stamm.yaml").write_text(settings, encoding="utf-8")
    company = Company(folder)
    create(company.home / "sandbox", customers=CUSTOMERS, seed=SEED)
    father_and_son.plant_father(company.home / "sandbox")
    company.stamm("desk", "user", "add", "m.winter", "--role", "steward", given=PASSWORD)
    return company


@contextmanager
def served(company):
    """A client with a key of its own; the server has to end in order."""
    scopes = [word for scope in ("read", "match", "consent") for word in ("--scope", scope)]
    key = company.json("key", "create", "a consumer", *scopes)["key"]
    server = company.start("serve", "--port", "0")
    try:
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        yield Client(url, key, None)
    finally:
        server.send_signal(signal.SIGTERM)
        said, complained = server.communicate(timeout=60)
    assert server.returncode == 0, f"{said}\n{complained}"


class Consumer:
    """Follows the feed from its beginning and knows nothing else; `seen` are entries so far."""

    def __init__(self, api):
        self.api, self.cursor, self.holds, self.seen = api, 0, {}, []

    def follow(self):
        """Read on to the end of the feed; the operations that were met."""
        new, more = [], True
        while more:
            page = self.api.get(f"/changes?since={self.cursor}&limit=100").json()
            new += [Change(**entry) for entry in page["items"]]
            self.cursor, more = page["next"], page["more"]
        self.holds = replay(new, self.holds)
        self.seen += new
        return {one.operation for one in new}


def snapshot(api):
    lines = api.get("/snapshot").text.splitlines()
    return {one["party_id"]: one["fields"] for one in map(json.loads, lines)}


def parties_called(api, family_name):
    return [party for party, said in snapshot(api).items() if said["family_name"] == family_name]


def assert_all_agree(company, consumer, tryton):
    """The consumer holds the snapshot; the CRM the part of it that may leave, field for field."""
    told = snapshot(consumer.api)
    assert consumer.holds == told
    rows = company.json("query", "from crm_outbox")
    assert len(rows) > CUSTOMERS / 2
    expected = {row["party_id"]: as_tryton_has_it(told[row["party_id"]], row) for row in rows}
    in_use = tryton.rows("select code from party_party where active and code like 'P%'")
    assert {row["code"] for row in in_use} == expected.keys()
    assert {party: shared(held(tryton, party)) for party in expected} == expected


def as_tryton_has_it(told, row):
    """A party of the snapshot without the cells that the outbox keeps back, as `shared` has it."""
    said = {name: value for name, value in told.items() if row.get(name) is not None}
    parts = [said.get(part) for part in ("title", "given_name", "family_name")]
    if said.get("company_name"):
        form = said.get("legal_form") or ""
        named = form.lower() in said["company_name"].lower()
        parts = [said["company_name"], None if named else form]
    address = {
        "street_name": said.get("street"), "building_number": said.get("house_number"),
        "postal_code": said.get("postcode"), "city": said.get("city"),
        "country": said.get("country"),
    }  # fmt: skip
    site = said.get("website_domain")
    ways = {("email", said.get("email")), ("phone", said.get("phone")),
            ("website", site and f"https://{site}")}  # fmt: skip
    return {
        "name": " ".join(filter(None, parts)) or None,
        "address": [address] if any(address.values()) else [],
        "mechanisms": {way for way in ways if way[1]},
        "identifiers": {said["vat_id"]} if said.get("vat_id") else set(),
        "permitted": {LABELS[name] for name in PERMISSIONS if told[name]},
    }


LABELS = dict(
    zip(PERMISSIONS, [f"advertising by {way}" for way in ("e-mail", "text message", "telephone",
                                                          "letter")], strict=True)
)  # fmt: skip


def shared(party):
    """What Tryton's database holds of a party, as far as a snapshot has it too."""
    return {
        "name": party["name"],
        "address": party["address"],
        "mechanisms": {
            ("phone" if kind == "mobile" else kind, value) for kind, value in party["mechanisms"]
        },
        "identifiers": {code for _, code in party["identifiers"]},
        "permitted": {name for name in party["categories"] if name in LABELS.values()},
    }


def by_email(consumer):
    """What it holds, in an order that is the same each day: ids are another company's each time."""
    return sorted(consumer.holds.items(), key=lambda held: held[1]["email"] or "")


def assert_an_existing_customer_is_matched_and_a_stranger_is_new(api, consumer):
    wait_for(lambda: api.get("/health").json()["match"] == "ready")
    people = [said for said in consumer.holds.values() if said["party_type"] == "person"]
    mails = Counter(said["email"] for said in people)
    names = Counter(said["full_name"] for said in people)
    known, said = next(
        (party, said)
        for party, said in by_email(consumer)
        if said["party_type"] == "person" and said["email"] and said["city"] and said["given_name"]
        and mails[said["email"]] == names[said["full_name"]] == 1  # nobody else may be meant
    )  # fmt: skip
    card = {
        "full_name": f"{said['given_name']} {said['family_name']}", "emails": [said["email"]],
        "city": said["city"],
    }  # fmt: skip

    def verdict():
        answer = api.post("/match", {"card": card}).json()
        return answer["verdict"], answer["party_id"]

    wait_for(lambda: verdict()[1])  # it has read the run just ended
    assert verdict() == ("certain", known)

    answer = api.post("/match", {"card": STRANGER}).json()
    assert (answer["verdict"], answer["company_verdict"]) == ("new", "new")


def assert_a_card_of_either_is_for_a_person_to_say(api, father, son):
    """Name, door and telephone are those of both."""
    card = {
        "full_name": "Friedrich Wackernagel", "phones": [father_and_son.PHONE],
        "street": "Lindenallee 14", "postcode": "24103", "city": "Kiel",
    }  # fmt: skip

    def candidates():
        answer = api.post("/match", {"card": card}).json()
        return answer["verdict"], {one["party_id"] for one in answer["people"][:2]}

    wait_for(lambda: candidates() == ("review", {father, son}))


def record_of(api, party, source):
    records = api.get(f"/customers/{party}/sources").json()["items"]
    [found] = [one["record_id"] for one in records if one["source"] == source]
    return found


def part_at_the_desk(company, api, party, record):
    """With the keyboard alone: log in, search, tick the record that leaves, say why."""
    url = f"{api.url}/desk"
    with chromium() as browser:
        page = opened_page(browser)
        type_login(page, url, "m.winter")
        assert find(page, url, "Wackernagel") == party
        # The Desk copies the last run for itself, some seconds after it ended.
        wait_for(lambda: page.reload() and page.query_selector(f"input[value='{record}']"))
        tab_to(page, f"input[value='{record}']", 200)
        page.keyboard.press("Space")
        tab_to(page, "#unmerge-reason")
        page.keyboard.type("father and son, both called Friedrich")
        with page.expect_navigation(url="**?done=1"):
            page.keyboard.press("Enter")
    trail = company.json("desk", "audit")
    assert trail["faults"] == []
    assert any(entry["actor"] == "m.winter" for entry in trail["entries"])


def assert_they_are_two(consumer, tryton, father, son):
    mails = {party: consumer.holds[party]["email"] for party in (father, son)}
    assert mails == {father: None, son: father_and_son.SON}
    for party, mail in mails.items():
        found = held(tryton, party)
        assert (found["name"], found["active"]) == ("Friedrich Wackernagel", 1)
        assert {way for kind, way in found["mechanisms"] if kind == "email"} == {mail} - {None}


def assert_a_withdrawal_stops_mail_at_once(company, api, consumer, tryton):
    reader, said = next(
        (party, said) for party, said in by_email(consumer) if said["permission_email"]
    )
    assert reader in mailing_list(company)
    assert "advertising by e-mail" in held(tryton, reader)["categories"]

    withdrawal = {
        "address": said["email"], "channel": "email", "event": "withdrawn",
        "occurred_at": (MORNING + A_MONTH).isoformat(),
    }  # fmt: skip
    assert api.post("/consents", withdrawal).status_code == 201

    assert api.get(f"/customers/{reader}").json()["permission_email"] is False
    assert reader not in mailing_list(company)
    before = len(consumer.seen)
    assert consumer.follow() == {"WITHDRAW"}
    assert consumer.holds == snapshot(api)
    assert consumer.holds[reader]["permission_email"] is False
    [pushed] = company.json("push")
    assert (pushed["sent"], pushed["failed"]) == (len(consumer.seen) - before, 0)
    assert "advertising by e-mail" not in held(tryton, reader)["categories"]


def mailing_list(company):
    rows = company.json("target-group", "export", "readers", "--channel", "email")
    return {row["party_id"] for row in rows}


def wait_for(holds, seconds=120):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(1)
