"""The same people in six real systems, and a whole `stamm run` over them: each is one customer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from stamm.duck import open_warehouse
from tests.end_to_end.company import Company
from tests.peers import ghost, request_tracker, roundup, same_people, tryton, vendure
from tests.peers.same_people import FIRM, PEOPLE

pytestmark = [pytest.mark.peer, pytest.mark.timeout(1800)]

SETTINGS = """
sources:
  erp: {{system: tryton, url: "{erp.url}", key: "${{ERP_KEY}}", insecure: true}}
  shop:
    system: vendure
    url: "{shop.url}"
    username: superadmin
    password: ${{SHOP_PASSWORD}}
    insecure: true
  site: {{system: ghost, url: "{site.url}", api_key: "${{SITE_KEY}}", insecure: true}}
  desk:
    system: rt
    url: "{desk.url}"
    username: root
    password: ${{DESK_PASSWORD}}
    insecure: true
  bills:
    system: roundup
    url: "{bills.url}"
    username: admin
    password: ${{BILLS_PASSWORD}}
    insecure: true
  till:
    system: database
    url: "sqlite:///{till}"
    tables:
      customers:
        table: kunden
        key: nr
        holds: parties
        map: {{given_name: vorname, family_name: nachname, email: mail}}
      orders:
        table: bons
        key: nr
        holds: orders
        map: {{party_key: kunde, ordered_at: am, amount_net: netto, status: stand}}
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A project over five servers that hold the same people, run once."""
    folder = tmp_path_factory.mktemp("golden")

    def place(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    with ExitStack() as stack:
        erp = stack.enter_context(tryton.running(place("erp")))
        shop = stack.enter_context(vendure.running(place("shop")))
        site = stack.enter_context(ghost.running(place("site")))
        desk = stack.enter_context(request_tracker.running(place("desk")))
        bills = stack.enter_context(roundup.running(place("bills")))
        same_people.into_tryton(erp)
        same_people.into_vendure(shop)
        same_people.into_ghost(site)
        same_people.into_request_tracker(desk)
        same_people.into_roundup(bills)
        till = folder / "till.db"
        same_people.into_database(till)
        settings = SETTINGS.format(erp=erp, shop=shop, site=site, desk=desk, bills=bills, till=till)
        patched = stack.enter_context(pytest.MonkeyPatch.context())
        secrets = {
            "ERP_KEY": erp.key, "SHOP_PASSWORD": vendure.PASSWORD, "SITE_KEY": ghost.KEY,
            "DESK_PASSWORD": request_tracker.ROOT[1], "BILLS_PASSWORD": roundup.PASSWORD,
        }  # fmt: skip
        for name, value in secrets.items():
            patched.setenv(name, value)
        (place("project") / "stamm.yaml").write_text(settings)
        company = Company(folder / "project")
        company.run()
        yield company


def rows(company: Company, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(company.home / "work" / "warehouse.duckdb", read_only=True) as con:
        return con.execute(sql).fetchall()


def systems_of(number: int) -> list[str]:
    """Where the person of that number was put."""
    asked = ["desk"] if number % 3 == 0 else []
    asked += ["bills"] if number % 4 == 1 else []
    asked += ["till"] if number % 5 == 0 else []
    return sorted(["erp", "shop", "site", *asked])


def party_of(company: Company) -> dict[str, str]:
    """Name → golden party, by the record of the ERP."""
    return dict(
        rows(
            company,
            """
            select p.full_name, x.party_id from intermediate.int_parties__collected as p
            inner join golden.xref_parties as x using (record_id) where p.source = 'erp'
            """,
        )
    )


def by_person(company: Company, sql: str) -> dict[str, int]:
    """Full name → count, of a query that gives party ids and counts."""
    parties = party_of(company)
    counted = dict(rows(company, sql))
    return {p.full: counted.get(parties[p.full], 0) for p in PEOPLE}


def test_each_person_is_one_customer_with_a_record_of_each_system(company: Company):
    found = dict(
        rows(
            company,
            "select party_id, list_sort(list(source)) from golden.xref_parties group by party_id",
        )
    )
    parties = party_of(company)
    assert {p.full: found[parties[p.full]] for p in PEOPLE} == {
        p.full: systems_of(n) for n, p in enumerate(PEOPLE)
    }


def test_orders_hang_on_who_bought(company: Company):
    bought = by_person(
        company,
        """
        select account_party_id, count(*) from marts.fct_orders
        inner join marts.xref_account_parties using (party_link_id) group by 1
        """,
    )
    in_shop = {0: 2}
    assert bought == {
        p.full: (n % 2 == 0) + in_shop.get(n, n % 2) + (n % 5 == 0) for n, p in enumerate(PEOPLE)
    }
    turnover = "select channel, sum(amount_net_eur)::double from marts.fct_orders group by 1"
    assert dict(rows(company, turnover)) == {
        "erp": pytest.approx(12 * 2 * 49.90 + 300.00),
        "webshop": pytest.approx(14 * 41.90),
        "till": pytest.approx(5 * 19.99),
    }
    lines = "select count(*), sum(amount_net_eur)::double from marts.fct_order_lines"
    assert rows(company, lines) == [(27, pytest.approx(12 * 2 * 49.90 + 300.00 + 14 * 41.90))]


def test_quotations_hang_on_who_asked(company: Company):
    asked = by_person(
        company,
        """
        select account_party_id, count(*) from marts.fct_quotes
        inner join marts.xref_account_parties using (party_link_id)
        where status = 'open' and amount_net_eur = 1200 group by 1
        """,
    )
    assert asked == {p.full: int(n % 3 == 0) for n, p in enumerate(PEOPLE)}


def test_tickets_of_both_desks_hang_on_who_wrote_with_state_and_first_answer(company: Company):
    wrote = by_person(
        company,
        """
        select account_party_id, count(*) from marts.fct_tickets
        inner join marts.xref_account_parties using (party_link_id) group by 1
        """,
    )
    assert wrote == {p.full: (n % 3 == 0) + (n % 4 == 1) for n, p in enumerate(PEOPLE)}
    states = """
        select source, status, count(*), count(first_reply_minutes), count(solved_at)
        from marts.fct_tickets group by all order by all
    """
    assert rows(company, states) == [
        ("bills", "solved", 6, 6, 6),
        ("desk", "new", 4, 0, 0),
        ("desk", "open", 2, 2, 0),
        ("desk", "solved", 2, 2, 2),
    ]
    answered = "select distinct first_reply_minutes from marts.fct_tickets where source = 'bills'"
    assert rows(company, answered) == [(90,)]


def test_who_subscribed_and_did_not_leave_may_be_written_to(company: Company):
    parties = party_of(company)
    permitted = dict(rows(company, "select party_id, permission_email from marts.customer_360"))
    assert {p.full: permitted[parties[p.full]] for p in PEOPLE} == {
        p.full: n < 12 for n, p in enumerate(PEOPLE)
    }
    left = by_person(
        company,
        """
        select account_party_id, count(*) from marts.fct_email_events
        inner join marts.xref_account_parties using (party_link_id)
        where event = 'unsubscribed' group by 1
        """,
    )
    assert left == {p.full: int(12 <= n < 18) for n, p in enumerate(PEOPLE)}


def test_every_landed_party_record_is_golden_or_set_aside_with_a_reason(company: Company):
    landed = """
        select record_id from landing.tryton_parties union all
        select record_id from landing.vendure_customers union all
        select record_id from landing.ghost_members union all
        select record_id from landing.rt_users union all
        select record_id from landing.roundup_users union all
        select record_id from landing.database_customers
    """
    lost = f"""
        select record_id from ({landed})
        where record_id not in (select record_id from golden.xref_parties)
            and record_id not in (select record_id from intermediate.int_parties__set_aside)
    """
    assert rows(company, lost) == []
    aside = """
        select source, rule, count(*) from intermediate.int_parties__set_aside
        group by all order by all
    """
    assert rows(company, aside) == [
        ("bills", "staff", 1),
        ("bills", "system_account", 2),
        ("desk", "system_account", 3),
    ]


def test_a_firm_is_a_firm_and_who_was_archived_is_restricted(company: Company):
    told = """
        select company_name, vat_id, restricted from golden.golden_parties
        where party_type = 'organisation' and vat_id is not null
    """
    assert rows(company, told) == [(FIRM, same_people.FIRM_VAT, False)]
    archived = """
        select g.restricted from golden.golden_parties as g
        inner join golden.xref_parties using (party_id)
        inner join intermediate.int_parties__collected as p using (record_id)
        where p.full_name = 'Egon Archivarius'
    """
    assert rows(company, archived) == [(True,)]


def test_a_run_after_which_nothing_changed_makes_no_new_build(company: Company):
    built = company.json("run")["build"]
    assert company.json("run")["build"] == built
