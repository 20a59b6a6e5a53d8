"""Customers of a whole project reach a CRM, and leave it again when they must."""

from contextlib import closing
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import suppress_party
from stamm.store import Store
from tests.connectors.sinks.receiver import SECRET, receiving
from tests.end_to_end.company import Company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def crm():
    with receiving(faults=("none", "none", "none", "500", "dropped")) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def company(tmp_path_factory, crm):
    """A sandbox company with a CRM as target, after its first run."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "stamm.yaml").write_text(
        "sandbox: {customers: 80, seed: 7}\n"
        f"sinks: {{crm: {{system: webhook, url: '{crm.url}', insecure: true,"
        " secret: '${CRM_SECRET}'}}\n",
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_SECRET", SECRET)
        yield Company(folder), Company(folder).run()


def outbox(company):
    rows = company.json("query", "from crm_outbox")
    return {row.pop("party_id"): row for row in rows}


def state(company):
    return closing(Store.open(company.home / "state.db"))


def test_a_run_sends_the_outbox_after_its_publish_and_says_so(company, crm):
    project, told = company
    assert crm.customers == outbox(project)
    [row] = told["sinks"]
    assert (row["sink"], row["sent"], row["failed"]) == ("crm", len(crm.customers), 0)
    assert len(crm.effects) == len(crm.customers) < len(crm.requests)


def test_a_push_after_it_has_nothing_to_send(company, crm):
    project, _ = company
    before = len(crm.requests)
    [row] = project.json("push")
    assert (row["sent"], len(crm.requests)) == (0, before)


def test_who_is_erased_or_restricted_leaves_the_target_at_once(company, crm):
    project, _ = company
    # The test below needs who is known by a consent alone.
    by_contract = [party for party, row in outbox(project).items() if row["basis"] == "contract"]
    erased, restricted = sorted(by_contract)[:2]
    with state(project) as store:
        suppress_party(store, erased, reason="erasure", at=datetime.now(UTC))
        suppress_party(store, restricted, reason="restriction", at=datetime.now(UTC))
    project.stamm("push")
    assert erased not in crm.customers
    assert crm.customers[restricted] == {"withdrawn": True}


def test_a_consent_that_is_withdrawn_takes_the_customer_or_the_address_away(company, crm):
    """Of one who is known by a consent only, and of one who has a contract as well."""
    project, _ = company
    asked = "email is not null and permission_email and not permission_sms and not permission_phone"
    [alone] = project.json(
        "query",
        f"from crm_outbox where basis = 'consent' and {asked} and not permission_post"
        " order by email limit 1",
    )
    [customer] = project.json(
        "query", f"from crm_outbox where basis = 'contract' and {asked} order by email limit 1"
    )
    with state(project) as store:
        for row in (alone, customer):
            moment = datetime(2026, 6, 29, tzinfo=UTC)
            withdrawn = ConsentEvent(row["email"], "email", "withdrawn", moment, "telephone")
            record_consent(store, withdrawn)
    project.stamm("push")
    at_once = deepcopy(crm.customers)
    project.run()
    assert crm.customers == at_once  # the view of a build and the model have the same rules
    assert crm.customers[alone["party_id"]] == {"withdrawn": True}
    assert crm.customers[customer["party_id"]]["permission_email"] is False


def test_a_target_that_is_down_ends_its_step_and_leaves_the_build_published(company, crm):
    project, _ = company
    before = project.json("status")["build"]["id"]
    text = (project.folder / "stamm.yaml").read_text(encoding="utf-8")
    dead = text.replace(crm.url, "http://127.0.0.1:9/gone").replace(
        "insecure", "patience: 0, insecure"
    )
    (project.folder / "stamm.yaml").write_text(dead, encoding="utf-8")
    with state(project) as store:
        suppress_party(store, sorted(outbox(project))[0], reason="erasure", at=datetime.now(UTC))
    said = project.stamm("run", "--full", exit_code=1)
    assert "crm: 0 refused and 1 failed" in said
    now = project.json("status")
    assert now["build"]["id"] != before
    assert now["last_run"]["build_id"] == now["build"]["id"]
    (project.folder / "stamm.yaml").write_text(text, encoding="utf-8")
    [row] = project.json("push")
    assert (row["delete"], row["failed"]) == (1, 0)
