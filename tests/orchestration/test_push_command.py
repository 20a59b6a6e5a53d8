"""`stamm push` on small published builds and a real receiver, as a shell sees it."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from dedupe.judgement.judgements import record_judgement
from orchestration.cli.main import app
from orchestration.project import open_project
from orchestration.pushing import Outbox, PushIncomplete
from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import suppress_address, suppress_party
from serving.publish import publish
from stamm.duck import open_warehouse
from stamm.errors import PublishError, SettingsError, UsageError
from stamm.home import Home
from stamm.store import Store
from tests.connectors.sinks.receiver import SECRET, receiving
from tests.serving.empty_build import ASKED, create_tables

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
OUTBOX = {"P1": ("Beck", "anna@example.org", "Köln"), "P2": ("Roth", "ben@example.org", "Ulm"),
          "P3": ("Voss", None, "Bonn")}  # fmt: skip


class Bench:
    """A project with one target, and builds made by hand."""

    def __init__(self, folder, url):
        self.folder = folder
        self.home = Home(folder / "data").prepare()
        self.builds = 0
        self.settings(f"sinks: {{crm: {{system: webhook, url: '{url}', insecure: true, "
                      "secret: '${CRM_SECRET}', owns: [city]}}")  # fmt: skip

    def settings(self, text):
        (self.folder / "stamm.yaml").write_text(text, encoding="utf-8")

    def publish(self, outbox, living=(), **resolves):
        self.builds += 1
        warehouse = self.folder / f"w{self.builds}.duckdb"
        with open_warehouse(warehouse) as con:
            create_tables(con, ASKED)
            for party, (name, email, city) in outbox.items():
                con.execute("insert into marts.crm_outbox by name select ? as party_id, "
                            "'contract' as basis, ? as family_name, ? as email, ? as city, "
                            "? as permission_email, false as permission_sms, "
                            "false as permission_phone, false as permission_post",
                            [party, name, email, city, email is not None])  # fmt: skip
            for party in {*outbox, *living}:
                email = outbox.get(party, (None, None))[1]
                con.execute("insert into golden.golden_parties by name "
                            "select ? as party_id, ? as email", [party, email])  # fmt: skip
            for old, new in resolves.items():
                con.execute("insert into golden.retired_parties by name "
                            "select ? as party_id, ? as resolves_to", [old, new])  # fmt: skip
        name = f"b{self.builds}"
        publish(warehouse, self.home.published, build_id=name, info={"as_of": "2026-06-30"})

    def stamm(self, *arguments, fails=None):
        result = CliRunner().invoke(app, ["push", *arguments])
        assert type(result.exception) is (fails or type(None)), result.exception
        return result.stdout if fails is None else str(result.exception)


@pytest.fixture
def crm():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def bench(tmp_path, monkeypatch, crm):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("CRM_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "160")
    return Bench(tmp_path, crm.url)


def test_a_dry_run_names_customers_and_fields_and_sends_nothing(bench, crm):
    bench.publish(OUTBOX)
    shown = bench.stamm("--dry-run")
    assert "crm: 3 changes would be sent (3 create)" in shown
    assert "family_name, " in shown and "email" in shown
    assert not any(value in shown for value in ("Beck", "anna@example.org", "Köln"))
    assert "family_name='Beck'" in bench.stamm("--dry-run", "--values")
    assert crm.requests == []
    assert bench.stamm("--dry-run") == shown


def test_a_push_sends_what_differs_once_and_says_what(bench, crm):
    bench.publish(OUTBOX)
    [told] = json.loads(bench.stamm("--json"))
    assert (told["sink"], told["sent"], told["create"]) == ("crm", 3, 3)
    assert {c: row["family_name"] for c, row in crm.customers.items()} == {
        "P1": "Beck", "P2": "Roth", "P3": "Voss",
    }  # fmt: skip
    assert "crm      0" in bench.stamm()
    assert len(crm.requests) == 3
    bench.publish({"P1": ("Beck-Roth", "anna@example.org", "Ulm")}, living=["P3"], P2="P1")
    dry = json.loads(bench.stamm("--dry-run", "--json"))
    assert [(c["operation"], c["customer"], c["fields"], c["into"]) for c in dry] == [
        ("withdraw", "P3", [], None), ("merge", "P2", [], "P1"),
        ("update", "P1", ["family_name"], None),  # the city is the CRM's own
    ]  # fmt: skip
    bench.stamm()
    assert crm.customers["P2"] == {"into": "P1"}
    assert crm.customers["P3"] == {"withdrawn": True}
    assert crm.customers["P1"]["family_name"] == "Beck-Roth"


def test_who_is_suppressed_after_the_publish_is_taken_out_of_the_target_at_once(bench, crm):
    bench.publish(OUTBOX)
    bench.stamm()
    with closing(Store.open(bench.home.store)) as store:
        suppress_party(store, "P1", reason="erasure", at=AT)
        suppress_party(store, "P2", reason="restriction", at=AT)
    bench.stamm()
    assert crm.customers.keys() == {"P2", "P3"}
    assert crm.customers["P2"] == {"withdrawn": True}


def ledger_bytes(bench):
    with closing(Store.open(bench.home.store)) as store:
        tables = ("sink_rows", "sink_sent", "sink_intents")
        return str([tuple(row) for t in tables for row in store.query(f"select * from {t}")])


def test_an_erased_customer_is_forgotten_here_although_its_target_says_no(bench, crm):
    bench.publish(OUTBOX)
    bench.stamm()
    with closing(Store.open(bench.home.store)) as store:
        suppress_party(store, "P2", reason="erasure", at=AT)
    crm.refuses = lambda data: data["customer_id"] == "P2"
    bench.stamm(fails=PushIncomplete)
    with closing(Store.open(bench.home.store)) as store:
        [held] = store.query("select * from sink_rows where party_id = 'P2'")
    assert (held["state"], held["external_key"], held["field_values"]) == ("live", "K-P2", "{}")
    crm.refuses = lambda _: False
    bench.stamm()
    assert "P2" not in crm.customers
    assert "ben@example.org" not in ledger_bytes(bench)


def test_a_target_that_was_renamed_is_told_of_and_forgets_who_is_erased(bench, crm):
    """Who is named again is told what it missed."""
    bench.publish(OUTBOX)
    bench.stamm()
    text = (bench.folder / "stamm.yaml").read_text(encoding="utf-8")
    with receiving() as other:
        renamed = text.replace("crm:", "shop:").replace(crm.url, other.url)
        bench.settings(renamed)
        with closing(Store.open(bench.home.store)) as store:
            suppress_party(store, "P2", reason="erasure", at=AT)
        said = bench.stamm()
        assert "crm: stamm.yaml names no such target any more, and it holds 3 customers" in said
        assert other.customers.keys() == {"P1", "P3"}
    assert "ben@example.org" not in ledger_bytes(bench)
    assert "P2" in crm.customers
    bench.settings(text)
    bench.stamm()
    assert "P2" not in crm.customers


def test_an_address_suppressed_after_the_publish_is_taken_away(bench, crm):
    bench.publish(OUTBOX)
    bench.stamm()
    with closing(Store.open(bench.home.store)) as store:
        suppress_address(store, "ben@example.org", reason="objection", at=AT)
    bench.stamm()
    assert crm.customers["P2"]["email"] is None


def test_a_consent_withdrawn_after_the_publish_is_told_with_the_next_push(bench, crm):
    """The address rests on the consent alone."""
    bench.publish(OUTBOX)
    bench.stamm()
    with closing(Store.open(bench.home.store)) as store:
        record_consent(store, ConsentEvent("ben@example.org", "email", "withdrawn", AT, None))
    assert "permission_email" in bench.stamm("--dry-run")
    bench.stamm()
    said = {name: crm.customers["P2"][name] for name in ("email", "permission_email")}
    assert said == {"email": None, "permission_email": False}
    assert crm.customers["P1"]["permission_email"]


def test_what_may_leave_is_read_anew_during_a_push_only_if_something_was_taken_back(bench):
    bench.publish(OUTBOX)
    project = open_project()
    with closing(Store.open(bench.home.store)) as store:
        outbox = Outbox(project, store)
        first = outbox.now()
        assert outbox.now() is first
        record_judgement(store, ["r1"], ["r2"], "same", by="sink crm", reason="ours", at=AT)
        assert outbox.now() is first
        record_consent(store, ConsentEvent("ben@example.org", "email", "withdrawn", AT, None))
        assert outbox.now().rows["P2"]["permission_email"] is False
        suppress_party(store, "P3", reason="objection", at=AT)
        assert outbox.now().rows.keys() == {"P1", "P2"}


def test_dead_letters_are_listed_with_their_reason_and_tried_when_asked(bench, crm):
    crm.refuses = lambda data: data["customer_id"] == "P2"
    bench.publish(OUTBOX)
    said = bench.stamm(fails=PushIncomplete)
    assert "crm: 1 refused and 0 failed" in said
    assert "HTTP 422: … has no such country" in bench.stamm("--log")
    [letter] = json.loads(bench.stamm("--log", "--json"))
    assert (letter["sink"], letter["party_id"], letter["attempts"]) == ("crm", "P2", 1)
    [told] = json.loads(bench.stamm("--json"))
    assert (told["sent"], told["waiting"]) == (0, 1)
    crm.refuses = lambda _: False
    bench.stamm("--again")
    assert "No target refused anything" in bench.stamm("--log")


def test_what_a_target_is_told_comes_from_the_published_build_only(bench, crm):
    assert "expected a published build" in bench.stamm(fails=PublishError)
    bench.publish(OUTBOX)
    with open_warehouse(bench.home.warehouse) as con:
        con.execute("create schema marts")
        con.execute("create table marts.crm_outbox as select 'P9' as party_id")
    bench.stamm()
    assert "P9" not in crm.customers


def test_wrong_use_says_what_is_expected(bench):
    bench.publish(OUTBOX)
    assert "did you mean 'crm'?" in bench.stamm("--sink", "crn", fails=UsageError)
    assert "expected --dry-run" in bench.stamm("--values", fails=UsageError)
    assert "sends nothing" in bench.stamm("--log", "--again", fails=UsageError)
    bench.settings("sandbox: {customers: 10}")
    assert "found none" in bench.stamm(fails=UsageError)


def test_a_field_that_the_outbox_does_not_have_cannot_be_owned(bench):
    bench.publish(OUTBOX)
    text = (bench.folder / "stamm.yaml").read_text(encoding="utf-8")
    bench.settings(text.replace("[city]", "[citty]"))
    said = bench.stamm(fails=SettingsError)
    assert "sinks.crm.owns: expected fields out of customer_kind, lifecycle, basis, " in said
    assert "did you mean 'city'?" in said
