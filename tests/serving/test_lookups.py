"""The copy beside a build in the order of questions: what the API reads one customer from."""

import shutil
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import duckdb
import pytest

from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import canonical_address, suppress_address, suppress_party
from serving.api.views import Published
from serving.builds import current_build
from serving.lookups import CANONICAL, FILE
from serving.release import release
from stamm.duck import in_memory, open_warehouse
from stamm.errors import PublishError
from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import publish_company, rows_of_the_company, running

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
ONE = "from golden_parties where party_id = $p"


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("company") / "home").prepare()
    with closing(Store.open(home.store)) as store:
        publish_company(home, store, 1, rows_of_the_company())
    return home


@pytest.fixture
def home(company, tmp_path):
    """A copy of the company, to change."""
    root = tmp_path / "home"
    shutil.copytree(company.root, root, symlinks=True)
    return Home(root)


@pytest.fixture
def store(home):
    with closing(Store.open(home.store)) as opened:
        yield opened


def test_a_customer_is_read_by_an_index_and_says_what_the_build_says(home, store):
    view = Published(home.published, store).current()
    ids = [row["party_id"] for row in view.rows("select party_id from build.main.golden_parties")]
    assert len(ids) > 20
    for table in ("golden_parties", "customer_360"):
        asked = "from {} where party_id = $p"
        for party in ids:
            of_build = view.rows(asked.format(f"build.main.{table}"), {"p": party})
            assert view.rows(asked.format(table), {"p": party}) == of_build
    [plan] = view.rows(f"explain analyze {ONE}", {"p": ids[0]})
    assert "Index Scan" in plan["explain_value"]


def test_who_is_suppressed_is_not_found_in_it(home, store):
    published = Published(home.published, store)
    [row] = published.current().rows("select min(party_id) as party_id from golden_parties")
    suppress_party(store, row["party_id"], reason="erasure", at=AT)
    view = published.current()
    assert view.rows(ONE, {"p": row["party_id"]}) == []
    assert view.customer(row["party_id"]) is None


def test_what_hangs_on_a_party_is_what_a_look_through_the_build_finds(home, store):
    view = Published(home.published, store).current()
    links = view.rows("from build.main.xref_account_parties")
    assert [link for link in links if link["buyer_party_id"] != link["account_party_id"]]
    for row in view.rows("select party_id from build.main.golden_parties"):
        party, bound = row["party_id"], {"p": row["party_id"]}
        records = "from {} where party_id = $p order by record_id"
        assert view.rows(records.format("party_records"), bound) == view.rows(
            records.format("build.main.xref_parties"), bound
        )
        found = view.rows("select party_link_id from party_links where party_id = $p", bound)
        assert sorted(link["party_link_id"] for link in found) == sorted(
            link["party_link_id"]
            for link in links
            if party in (link["buyer_party_id"], link["account_party_id"])
        )


@pytest.mark.parametrize("kept", [(), ("golden_parties", "customer_360")])
def test_a_build_of_before_is_answered_the_same(home, store, kept):
    [erased, silent, *others] = people_to_ask_for(home, store)
    asked = questions(home, store, [erased, silent, *others], silent["phone"])
    with running(home) as client:
        before = {path: client.get(path).json() for path in asked}
        suppress_party(store, erased["party_id"], reason="erasure", at=AT)
        suppress_address(store, silent["phone"], reason="objection", at=AT)
        answers = {path: client.get(path).json() for path in asked}
    told = [path for path in asked if erased["party_id"] in str(before[path])]
    assert len(told) > 6
    assert not [path for path in asked if erased["party_id"] in str(answers[path])
                and answers[path].get("status") != 404]  # fmt: skip
    [phone] = [path for path in asked if "phone=" in path]
    assert (len(before[phone]["items"]), answers[phone]["items"]) == (1, [])
    assert silent["phone"] in str(before)
    assert silent["phone"] not in str(answers)

    keep_only(current_build(home.published).folder, kept)
    with running(home) as client:
        assert {path: client.get(path).json() for path in asked} == answers


@pytest.mark.parametrize(
    ("column", "typed"),
    [("email", " Anna.Huber@WEB.de "), ("phone", "+49 (0) 30 / 55-1"), ("phone", "030 551")],
)
def test_an_address_is_looked_up_by_the_spelling_that_python_makes_of_it(column, typed):
    with in_memory() as con:
        made = con.execute(f"select {CANONICAL[column]} from (select ? as {column})", [typed])
        assert made.fetchall() == [(canonical_address(typed),)]


def test_only_people_of_whom_something_is_withheld_are_read_through_what_hides_it(home, store):
    published = Published(home.published, store)
    [erased, silent, other] = published.current().rows(
        "from golden_parties where email is not null order by party_id limit 3"
    )
    suppress_party(store, erased["party_id"], reason="erasure", at=AT)
    suppress_address(store, silent["email"], reason="objection", at=AT)
    view = published.current()
    assert view.changed == {erased["party_id"], silent["party_id"]}
    plain, hiding = (
        view.rows(f"explain {ONE.replace('golden_parties', view.table('golden_parties', [p]))}",
                  {"p": p})[0]["explain_value"]
        for p in (other["party_id"], silent["party_id"])
    )  # fmt: skip
    assert "addresses" not in plain
    assert "addresses" in hiding
    assert [view.customer(one["party_id"]) and view.customer(one["party_id"])["email"]
            for one in (erased, silent, other)] == [None, None, other["email"]]  # fmt: skip


@pytest.fixture(scope="module")
def withheld(tmp_path_factory):
    """The view of a build in which somebody is restricted, with people and addresses suppressed
    and consents withdrawn since."""
    home = Home(tmp_path_factory.mktemp("withheld") / "home").prepare()
    with closing(Store.open(home.store)) as store:
        publish_company(home, store, 1, rows_of_the_company())
        with open_warehouse(home.warehouse) as con:
            con.execute(
                "update golden.golden_parties set restricted = true where party_id = "
                "(select max(party_id) from golden.golden_parties)"
            )
        release(home.warehouse, home.published, store, build_id="b2", at=AT, keep=5, info={})
        yield with_people_hidden(home, store)


def with_people_hidden(home, store):
    """Three people, three mailboxes and three phones suppressed, three channels withdrawn."""
    build = Published(home.published, store).current()
    people = build.rows(
        "from golden_parties where email is not null and phone is not null order by hash(party_id)"
    )
    for erased in people[:3]:
        suppress_party(store, erased["party_id"], reason="erasure", at=AT)
    for silent in people[3:6]:
        suppress_address(store, silent["email"], reason="objection", at=AT)
    for silent in people[6:9]:
        suppress_address(store, silent["phone"], reason="objection", at=AT)
    later = AT + timedelta(hours=1)
    for address, channel in [
        (people[9]["email"], "email"), (people[10]["phone"], "phone"), (people[10]["phone"], "sms")
    ]:  # fmt: skip
        record_consent(store, ConsentEvent(address, channel, "withdrawn", later, None))
    view = Published(home.published, store).current()
    assert len(view.changed) == 12
    return view


@pytest.mark.parametrize(
    "table", ["golden_parties", "customer_360", "golden_lineage", "party_records"]
)
def test_what_is_read_past_the_views_is_what_they_show(withheld, table):
    """These tables point to no other party: of one that has not changed nothing is withheld."""
    ids = [
        row["party_id"] for row in withheld.rows("select party_id from build.main.golden_parties")
    ]
    compared = 0
    for party in set(ids) - withheld.changed:
        asked = "from {} where party_id = $p order by all"
        shown = withheld.rows(asked.format(table), {"p": party})
        assert withheld.rows(asked.format(withheld.table(table, [party])), {"p": party}) == shown
        compared += len(shown)
    assert compared > 20
    columns = withheld.rows(f"from {table} limit 1")[0].keys()
    assert not [name for name in columns if name.endswith("_party_id")]
    assert not columns & {"address", "attributes", "resolves_to"}


@pytest.mark.parametrize("limit", [1, 19, 20, 21, 50, 200])
@pytest.mark.parametrize(
    ("where", "of_accounts"), [("true", False), ("city = 'Berlin'", False), ("orders = 1", True)]
)
def test_pages_hold_what_a_look_through_everybody_finds(withheld, where, of_accounts, limit):
    everybody = withheld.rows(f"from customers where {where} order by party_id")
    assert len(everybody) > 21
    found, after = [], ""
    while len(found) < len(everybody):
        page = withheld.customers(
            ["*"], f"{where} and party_id > $after", {"after": after}, limit=limit,
            of_accounts=of_accounts,
        )  # fmt: skip
        assert page
        assert len(page) <= limit
        found += page
        after = page[-1]["party_id"]
    assert found == everybody


def test_a_copy_that_other_sql_made_is_not_used(home, store):
    """As of a Stamm that spelt addresses otherwise: who is hidden hangs on that."""
    [person] = (
        Published(home.published, store)
        .current()
        .rows("from golden_parties where email = 'anna.huber0@web.de'")
    )
    folder = current_build(home.published).folder
    with changed_copy(folder) as con:
        con.execute("update party_addresses set canonical = 'x'")
        con.execute("comment on table party_addresses is 'select of another day'")
    suppress_address(store, person["email"], reason="objection", at=AT)
    view = Published(home.published, store).current()
    assert view.changed == {person["party_id"]}
    assert view.customer(person["party_id"])["email"] is None


def test_a_suppressed_address_leads_to_nobody(home, store):
    published = Published(home.published, store)
    asked = "from party_addresses where canonical = 'anna.huber0@web.de'"
    assert len(published.current().rows(asked)) == 1
    suppress_address(store, "Anna.Huber0@web.de", reason="objection", at=AT)
    assert published.current().rows(asked) == []


def test_a_copy_that_lost_a_row_is_not_published(home, store, monkeypatch):
    monkeypatch.setattr("serving.lookups._WRITE", "create table {table} as from {origin} limit 3")
    with pytest.raises(PublishError, match="golden_parties: the copy for look-ups differs"):
        release(home.warehouse, home.published, store, build_id="b2", at=AT, keep=5, info={})
    assert current_build(home.published).build_id == "b1"


def people_to_ask_for(home, store):
    """Two with several records and a phone number, and a few more, firms among them."""
    view = Published(home.published, store).current()
    return view.rows(
        "from golden_parties "
        "order by party_type = 'person' and phone is not null desc, records desc, party_id limit 2"
    ) + view.rows(
        "from golden_parties where not (party_type = 'person' and phone is not null) "
        "order by sources[1] = 'erp' desc, records desc, party_id limit 8"
    )


def questions(home, store, people, phone):
    """Paths of every kind that is answered from a copy."""
    view = Published(home.published, store).current()
    ids = [row["party_id"] for row in people]
    parts = ("", "/sources", "/provenance", "/timeline", "/contacts", "/household")
    records = view.rows(
        "select source, record_id from xref_parties where list_contains($ids, party_id)",
        {"ids": ids},
    )
    filters = ("city=Hamburg", "is_customer=true&source=erp", "limit=5&lifecycle=customer",
               "email=anna.huber0@web.de", f"phone={quote(phone)}")  # fmt: skip
    return [
        *(f"/customers/{i}{part}" for i in ids for part in parts),
        *(f"/xref/{one['source']}/{quote(one['record_id'], safe='')}" for one in records),
        *(f"/customers?{one}" for one in filters),
    ]


def keep_only(folder, tables):
    """Make of a build one of a Stamm that wrote these copies."""
    if not tables:
        folder.chmod(0o755)
        (folder / FILE).unlink()
        return
    with changed_copy(folder) as con:
        for (name,) in con.sql("select table_name from duckdb_tables()").fetchall():
            if name not in tables:
                con.execute(f"drop table {name}")


@contextmanager
def changed_copy(folder):
    """The copies of a build, to be changed; readers hold the file itself, so it is replaced."""
    folder.chmod(0o755)
    changed = folder / "changed"
    shutil.copyfile(folder / FILE, changed)
    with duckdb.connect(changed) as con:
        yield con
    changed.replace(folder / FILE)
