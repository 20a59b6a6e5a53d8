"""A small company, really linked and published, and a real server over it.

Golden tables and the model are made by `resolve_parties`; the marts have the columns of their
contracts, filled as far as an answer shows them.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import requests
import uvicorn

from dedupe.identity.constitution import Member
from dedupe.identity.ledger import load_state, record_run, resolve
from dedupe.identity.memberships import holder
from dedupe.lookup import Lookup
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from serving.api.app import application
from serving.api.keys import create_key
from serving.api.reads import ReadLog
from serving.api.service import Service
from serving.looking_up import find_without
from serving.release import release
from stamm.duck import open_warehouse
from stamm.home import Home
from stamm.store import Store
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.small_company import firms, people
from tests.serving.empty_build import create_marts

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
# Somebody who acts for the first firm: one record that names both, as a shop's order does.
EMPLOYEE = [
    record("e0@shop", given_name="Rosalie", family_name="Quittenbaum",
           emails=["rosalie@quitte.example"]),
    record("e0@shop#org", facet_of="e0@shop", party_type="organisation",
           company_name="Huber Metallbau GmbH", vat_id="DE100000000",
           postcode="20100", city="Hamburg"),
]  # fmt: skip


def rows_of_the_company() -> list[dict]:
    return [*people(), *firms(), *EMPLOYEE]


def publish_company(home: Home, store: Store, number: int, rows: list[dict]) -> None:
    """Link, make the marts, release: build `b<number>`."""
    specifications = {kind: load_specification(kind) for kind in ("person", "organisation")}
    with open_warehouse(home.warehouse) as con:
        write_match_input(con, rows)
        resolve_parties(
            con, store, specifications, run_id=f"run-{number}", at=AT, work_dir=home.linkage
        )
        write_marts(con)
    release(home.warehouse, home.published, store, build_id=f"b{number}", at=AT, keep=5,
            info={"as_of": "2026-06-30", "built_at": AT.isoformat()})  # fmt: skip


def write_marts(con) -> None:
    con.execute("create schema if not exists marts")
    create_marts(con)
    for table, query in FILLED.items():
        con.execute(f"insert into marts.{table} by name {query}")


_PARTY = "from golden.golden_parties as g"
# Some are only contacts of others, and have no account.
_ACCOUNTS = (
    f"{_PARTY} where given_name is distinct from 'Rosalie'"
    " and coalesce(family_name, company_name, '') not ilike 'rossi%'"
)
FILLED = {
    "customer_360": "select party_id, party_id as customer_version_id, party_type as customer_kind,"
    " case party_type when 'person' then 'customer' else 'prospect' end as lifecycle,"
    " coalesce(full_name, company_name) as customer_name, email, phone,"
    " city, restricted, sources, records, first_seen, last_seen, 1 as orders,"
    " 99.90 as order_value_eur, exists (from golden.xref_parties as x"
    "  where x.party_id = g.party_id and x.source = 'mail') as permission_email,"
    f" false as permission_sms, false as permission_phone, false as permission_post {_ACCOUNTS}",
    # Two who were known by another address once; one of them gave a permission for the new one.
    "fct_consent_events": "select 'c' || record_id as consent_event_id, record_id, source,"
    " 'old' || regexp_extract(record_id, '[0-9]+') || '@web.de' as address, 'email' as channel,"
    " 'marketing' as purpose, 'granted' as event, timestamp '2026-05-01 10:00' as occurred_at"
    " from golden.xref_parties where record_id in ('p20@mail', 'p21@mail')",
    "consent_permissions": "select party_id, 'email' as channel, 'given' as permission,"
    " timestamp '2026-06-25 10:00' as given_at, timestamp '2026-06-25 10:00' as decided_at"
    " from golden.xref_parties where record_id = 'p21@mail'",
    "dim_customer": "select party_id, party_id as customer_version_id,"
    " timestamp '2026-06-30 06:00' as valid_from, 'h' as attributes_hash,"
    " '{}' as attributes, true as is_current, 'customer' as lifecycle,"
    f" coalesce(full_name, company_name) as customer_name, email, phone, city {_ACCOUNTS}",
    "dim_company": f"select party_id, company_name, vat_id, postcode, city {_PARTY}"
    " where party_type = 'organisation'",
    "dim_contact": "select r.person_party_id || r.organisation_party_id as contact_id,"
    " r.person_party_id, r.organisation_party_id, r.role, r.basis, p.given_name, p.family_name,"
    " p.email, p.phone from golden.golden_party_roles as r join golden.golden_parties as p"
    " on p.party_id = r.person_party_id",
    "xref_account_parties": "select md5(x.record_id) as party_link_id, x.record_id as"
    " acting_record_id, x.party_id as buyer_party_id,"
    " coalesce(o.party_id, x.party_id) as account_party_id from golden.xref_parties as x"
    " left join golden.xref_parties as o on o.facet_of = x.record_id",
    "fct_orders": "select 'o' || record_id as order_record_id, source, 'A-' || record_id as"
    " order_number, md5(record_id) as party_link_id, record_id as buyer_record_id,"
    " 'shipped' as status, 'shop' as channel, timestamp '2026-05-01 10:00' as ordered_at,"
    " 99.90 as amount_net_eur"
    " from golden.xref_parties where source in ('shop', 'erp')",
    "fct_tickets": "select 't' || record_id as ticket_record_id, source, md5(record_id) as"
    " party_link_id, 'open' as status, timestamp '2026-05-02 10:00' as created_at"
    " from golden.xref_parties where source in ('shop', 'erp')",
}  # fmt: skip


def merge_in_the_ledger(store: Store, one: str, other: str, *, run_id: str) -> tuple[str, str]:
    """A run that was not published makes the parties of two records one: who stays, who goes."""
    ids = [str(holder(store, record)) for record in (one, other)]
    groups: dict[str, list[Member]] = {}
    for name, party in load_state(store).holder.items():
        groups.setdefault(ids[0] if party in ids else party, []).append(Member(name))
    record_run(store, list(groups.values()), run_id=run_id, at=AT)
    stays = resolve(store, ids[0])
    [goes] = set(ids) - {stays}
    return stays, goes


class Warm:
    """The look-up of the run that was published; `read_vcard` is the command's own."""

    def __init__(self, home: Home) -> None:
        with open_warehouse(home.warehouse, read_only=True) as con:
            self._lookup = Lookup.open(con, home.linkage)
        self._turn = threading.Lock()

    def find(self, card, limit, hidden):
        with self._turn:
            return find_without(self._lookup.find, hidden, card, limit)

    def state(self):
        return "ready"


class Client:
    """Asks a running server; `get` and `post` give a `requests.Response`."""

    def __init__(self, url: str, key: str, service: Service) -> None:
        self.url, self.service = url, service
        self.headers = {"Authorization": f"Bearer {key}", "X-Purpose": "a test"}

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers=self.headers | headers, timeout=90)

    def post(self, path: str, body: dict) -> requests.Response:
        return requests.post(self.url + path, json=body, headers=self.headers, timeout=90)

    def all(self, query: str = "") -> list[dict]:
        """Every customer, page by page."""
        found, after = [], ""
        while True:
            page = self.get(f"/customers?limit=50{query}{after}").json()
            found += page["items"]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"


@contextmanager
def running(home: Home):
    """A uvicorn with a key that opens everything."""
    from orchestration.serving_api import read_vcard

    with closing(Store.open(home.store)) as store, closing(Store.open(home.store)) as for_reads:
        scopes = ("read", "match", "judge", "consent")
        _, key = create_key(store, "CRM", scopes, at=AT, per_minute=1_000_000)
        service = Service(
            home.published, store, ReadLog(for_reads, wait_seconds=60), Warm(home), read_vcard
        )
        server = uvicorn.Server(
            uvicorn.Config(application(service), port=0, log_level="error", access_log=False)
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Client(f"http://127.0.0.1:{port}", key, service)
        finally:
            server.should_exit = True
            thread.join()
