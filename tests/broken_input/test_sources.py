"""Systems that refuse, are down, come back empty, or send records without a mandatory field."""

import pytest
import requests

from tests.broken_input.projects import (
    SOURCES,
    four_systems,
    health,
    office,
    project,
    quarantined,
)

SECRET_OF = {
    "erp": ("ERP_PASSWORD", "sources.erp.username and sources.erp.password", "business_partners"),
    "shop": ("SHOP_SECRET", "sources.shop.client_id and sources.shop.client_secret", "customers"),
    "mail": ("MAIL_KEY", "sources.mail.api_key", "contacts"),
    "help": ("HELP_TOKEN", "sources.help.email and sources.help.api_token", "users"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_check_names_wrong_credentials_and_the_settings_to_mend(
    served, tmp_path, monkeypatch, name
):
    variable, settings, stream = SECRET_OF[name]
    monkeypatch.setenv(variable, "not-the-secret")
    company = project(tmp_path, four_systems(served.url))
    found = health(company, exit_code=1)
    assert {source: one["ok"] for source, one in found.items()} == {
        source: source != name for source in SOURCES
    }
    assert (found[name]["reachable"], found[name]["credentials_ok"]) == (True, False)
    (problem,) = found[name]["problems"]
    assert problem["problem"].startswith(f"{name}.{stream}: ")
    assert "expected the credentials to be accepted, found HTTP 401" in problem["problem"]
    assert served.url in problem["problem"]
    assert problem["remedy"].startswith(f"Check {settings} in stamm.yaml")
    assert "not-the-secret" not in str(found)


@pytest.mark.slow
def test_a_run_with_wrong_credentials_fails_with_the_same_words(served, tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_KEY", "not-the-secret")
    company = project(tmp_path, {"mail": four_systems(served.url)["mail"]})
    said = company.stamm("run", exit_code=1)
    assert "mail.contacts: GET " in said
    assert "expected the credentials to be accepted, found HTTP 401" in said
    assert "Check sources.mail.api_key in stamm.yaml" in said
    assert not (company.home / "published" / "current").exists()
    assert not list(company.home.glob("landing/mail/*/load=*"))


def test_check_names_a_source_that_is_down_and_still_asks_the_others(served, tmp_path):
    company = project(tmp_path, four_systems(served.url, erp={"url": "http://127.0.0.1:9"}))
    said = company.stamm("check", exit_code=1)
    assert (
        "erp.business_partners: expected an answer from http://127.0.0.1:9, found no answer: "
        "the connection was refused\n"
        "  Check the address in stamm.yaml, the network, and whether the system is up.\n"
        "A run cannot read erp.\n"
    ) in said
    assert health(company, exit_code=1)["shop"]["ok"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_while_a_source_is_down_the_published_build_stands_and_later_the_run_goes_on(
    served, tmp_path
):
    company = project(tmp_path, four_systems(served.url))
    build = company.run()["build"]
    before = company.tables()
    project(tmp_path, four_systems(served.url, help={"url": "http://127.0.0.1:9"}))
    said = company.stamm("run", exit_code=1)
    assert "help.users: expected an answer from http://127.0.0.1:9, found no answer" in said
    assert company.tables() == before
    project(tmp_path, four_systems(served.url))
    again = company.run()
    assert (again["build"], again["changed"]) == (build, False)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_stream_that_comes_back_empty_replaces_nothing(served, tmp_path):
    company = project(tmp_path, four_systems(served.url))
    build = company.run()["build"]
    before = company.tables()
    for system, path, stream in (
        ("erp", "A_BusinessPartnerAddress", "addresses"),
        ("shop", "search/customer", "customers"),
    ):
        fault = {"system": system, "kind": "empty", "path": path, "times": 1000}
        faults = f"{served.url}/_sandbox/faults"
        requests.post(faults, json=fault, timeout=5).raise_for_status()
        try:
            said = company.stamm("run", "--source", system, exit_code=1)
        finally:
            requests.delete(faults, timeout=5).raise_for_status()
        landed = health(company, exit_code=0)[system]["streams"]
        (known,) = [one["landed"] for one in landed if one["stream"] == stream]
        assert known > 100
        assert (
            f"{system}.{stream}: a full read brought 0 records, {known} are landed; "
            "nothing was replaced"
        ) in said
        assert f"add {stream} to sources.{system}.accept_shrinking in stamm.yaml" in said
        assert company.tables() == before
    again = company.run()
    assert (again["build"], again["changed"]) == (build, False)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_mandatory_field_null_in_one_percent_of_rows_is_quarantined_and_counted(tmp_path):
    with office(tmp_path / "office") as broken:
        company = project(tmp_path / "project", four_systems(broken.url))
        with broken.mended_after():
            orders, all_orders = broken.empty_out("s4", "sales_orders", "SoldToParty", 0.01)
            lines, _ = broken.empty_out("shopware", "order_line_items", "orderId", 0.01)
            assert (orders, lines) == (2, 2)
            summary = company.run()
            assert {row["source"]: row["quarantined"] for row in summary["sources"]} == {
                "erp": 2,
                "shop": 2,
                "mail": 0,
                "help": 0,
            }
            assert quarantined(company) == [
                ("erp", "sales_orders", "mandatory_null", "SoldToParty is null"),
                ("erp", "sales_orders", "mandatory_null", "SoldToParty is null"),
                ("shop", "order_line_items", "mandatory_null", "orderId is null"),
                ("shop", "order_line_items", "mandatory_null", "orderId is null"),
            ]
            streams = {one["stream"]: one for one in health(company, exit_code=0)["erp"]["streams"]}
            assert streams["sales_orders"]["server_total"] == all_orders
            assert streams["sales_orders"]["landed"] == all_orders - orders

            # Three in a hundred is no slip any more: the gate stops, and the build stands.
            more, _ = broken.empty_out("s4", "sales_orders", "SoldToParty", 0.03)
            said = company.stamm("run", "--reextract", exit_code=3)
            assert "gate landing stopped the run; nothing was published" in said
            assert f"{more} of " in said
            assert "rejected_share_is_small: few records of a stream were rejected" in said
            assert "erp.sales_orders: rejected_share 0.0" in said
            assert "quality.quarantined_rows" in said
            assert summary["build"] in company.stamm("status")

        # Mended, everything lands, nothing waits in quarantine, and the next run is quiet.
        mended = company.run("--reextract")
        assert mended["changed"]
        assert {row["quarantined"] for row in mended["sources"]} == {0}
        assert quarantined(company) == []
        for source, stream in (("erp", "sales_orders"), ("shop", "order_line_items")):
            streams = {
                one["stream"]: one for one in health(company, exit_code=0)[source]["streams"]
            }
            assert streams[stream]["landed"] == streams[stream]["server_total"]
        again = company.run()
        assert (again["build"], again["changed"]) == (mended["build"], False)
