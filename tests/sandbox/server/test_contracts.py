"""Each vendor's envelope, paging and refusals, over real HTTP."""

import json
import sqlite3

import pytest
import requests

from sandbox.server import credentials, running

BASIC = (credentials.S4_USER, credentials.S4_PASSWORD)
HELP = (f"{credentials.ZENDESK_EMAIL}/token", credentials.ZENDESK_API_TOKEN)
ERP = "/erp/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_BusinessPartner"
CLOCK = 1_800_000_000_000  # the sandbox's now, epoch ms


def fill(folder, partners=7, customers=5, contacts=4, tickets=6):
    db = sqlite3.connect(folder / "company.db")
    db.execute(
        "create table record (system text, stream text, key text, sort_key text, "
        "changed_at integer, created_at integer, deleted integer, body text, "
        "primary key (system, stream, key))"
    )
    db.execute("create table meta (name text, value text)")
    moment = "2027-01-15T08:00:00+00:00"
    db.executemany("insert into meta values (?, ?)", [("clock", moment), ("generation", "1")])

    def put(system, stream, number, changed, deleted=0, **body):
        key = f"{number:06}"
        row = (system, stream, key, key, changed, changed, deleted, json.dumps(body))
        db.execute("insert into record values (?, ?, ?, ?, ?, ?, ?, ?)", row)

    for n in range(partners):  # all in one moment: a tie over every page
        put(
            "s4",
            "business_partners",
            n,
            CLOCK - 10**7,
            BusinessPartner=f"{n:06}",
            LastChangeDate="/Date(1)/",
        )
    put("s4", "business_partners", 99, CLOCK, deleted=1, BusinessPartner="000099")
    for n in range(customers):
        put("shopware", "customers", n, CLOCK - 10**7 + n * 1000, id=f"{n:06}")
    for n in range(contacts):
        put("brevo", "contacts", n, CLOCK - 10**7 + n * 1000, id=n)
    for n in range(tickets):
        put("zendesk", "tickets", n, CLOCK - 10**7, deleted=int(n == 0), id=n)
    put("zendesk", "tickets", 77, CLOCK, id=77)
    db.commit()
    db.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    fill(folder)
    with running(folder) as server:
        yield server.base_url


@pytest.fixture(autouse=True)
def well_behaved(url):
    requests.delete(f"{url}/_sandbox/faults", timeout=5)


def fault(url, **asked):
    requests.post(f"{url}/_sandbox/faults", json=asked, timeout=5).raise_for_status()


def shop_token(url):
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.SHOPWARE_CLIENT_ID,
        "client_secret": credentials.SHOPWARE_CLIENT_SECRET,
    }
    answer = requests.post(f"{url}/shop/api/oauth/token", json=form, timeout=5)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_the_erp_pages_by_skip_and_tells_the_total_as_a_string(url):
    seen = []
    for skip in (0, 3, 6):
        params = {"$top": 3, "$skip": skip, "$inlinecount": "allpages", "$format": "json"}
        d = requests.get(url + ERP, params=params, auth=BASIC, timeout=5).json()["d"]
        assert d["__count"] == "7"
        seen += [row["BusinessPartner"] for row in d["results"]]
        assert d["results"][0]["__metadata"]["type"] == "API_BUSINESS_PARTNER.A_BusinessPartnerType"
    assert seen == [f"{n:06}" for n in range(7)]


def test_the_erp_filters_by_the_moment_of_change_and_refuses_other_syntax(url):
    later = {
        "$filter": "LastChangeDate ge datetime'2027-06-01T00:00:00'",
        "$inlinecount": "allpages",
    }
    d = requests.get(url + ERP, params=later, auth=BASIC, timeout=5).json()["d"]
    assert d == {"__count": "0", "results": []}
    odd = requests.get(url + ERP, params={"$filter": "a % b"}, auth=BASIC, timeout=5)
    assert odd.status_code == 400
    assert odd.json()["error"]["message"]["lang"] == "en"


def test_the_erp_refuses_wrong_credentials_with_html(url):
    answer = requests.get(url + ERP, auth=("x", "y"), timeout=5)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")


def test_the_shop_wants_a_token_and_counts_exactly_on_request(url):
    search = f"{url}/shop/api/search/customer"
    assert requests.post(search, json={}, timeout=5).status_code == 401
    criteria = {"page": 2, "limit": 2, "total-count-mode": 1, "sort": [{"field": "id"}]}
    answer = requests.post(search, json=criteria, headers=shop_token(url), timeout=5).json()
    assert answer["total"] == 5
    assert [row["id"] for row in answer["data"]] == ["000002", "000003"]


def test_the_mailing_tool_lists_newest_first_and_refuses_a_large_limit(url):
    headers = {"api-key": credentials.BREVO_API_KEY}
    contacts = f"{url}/mail/v3/contacts"
    answer = requests.get(contacts, headers=headers, params={"limit": 2}, timeout=5).json()
    assert [row["id"] for row in answer["contacts"]] == [3, 2]
    assert answer["count"] == 4
    assert (
        requests.get(contacts, headers=headers, params={"limit": 1001}, timeout=5).status_code
        == 400
    )


def test_the_helpdesk_export_ends_leaves_out_the_last_minute_and_shows_deleted_tickets(url):
    ids, query = [], {"start_time": 0, "per_page": 4}
    for _ in range(3):
        path = f"{url}/help/api/v2/incremental/tickets/cursor.json"
        answer = requests.get(path, params=query, auth=HELP, timeout=5).json()
        ids += [row["id"] for row in answer["tickets"]]
        query = {"cursor": answer["after_cursor"], "per_page": 4}
        if answer["end_of_stream"]:
            break
    assert ids == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("kind", "status"),
    [("too_many_requests", 429), ("server_error", 500), ("down", 503), ("expired_token", 401)],
)
def test_a_refusal_happens_once_and_then_the_answer_is_right(url, kind, status):
    fault(url, system="erp", kind=kind)
    assert requests.get(url + ERP, auth=BASIC, timeout=5).status_code == status
    assert requests.get(url + ERP, auth=BASIC, timeout=5).status_code == 200


def test_a_cut_off_answer_breaks_the_connection(url):
    fault(url, system="erp", kind="cut_off")
    with pytest.raises(requests.RequestException):
        _ = requests.get(url + ERP, auth=BASIC, timeout=5).content


@pytest.mark.parametrize(
    ("kind", "rows"), [("empty", 0), ("duplicate_pages", 14), ("unknown_field", 7)]
)
def test_a_bent_answer_is_still_json(url, kind, rows):
    fault(url, system="erp", kind=kind)
    results = requests.get(url + ERP, auth=BASIC, timeout=5).json()["d"]["results"]
    assert len(results) == rows


def test_requests_are_counted(url):
    requests.delete(f"{url}/_sandbox/requests", timeout=5)
    requests.get(url + ERP, auth=BASIC, timeout=5)
    assert requests.get(f"{url}/_sandbox/requests", timeout=5).json()["counts"] == {ERP: 1}
