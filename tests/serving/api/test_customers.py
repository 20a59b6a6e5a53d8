"""Customers of the published build over HTTP: one, many, and what belongs to them."""

from urllib.parse import quote

import pytest

from serving.api.customers import Filters
from serving.api.models import CUSTOMER_FIELDS
from serving.restored import checked, note_restore
from tests.serving.api.published import AT

FILTERS = sorted(Filters.model_fields.keys() - {"fields", "after", "limit", "source"})


def one(api, **filters):
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    found = api.get(f"/customers?{query}").json()["items"]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def anna(api):
    return one(api, email="anna.huber0@web.de")


@pytest.fixture(scope="module")
def firm(api):
    return one(api, vat_id="DE100000000")


def test_a_customer_has_golden_values_figures_and_permissions(api, anna):
    found = api.get(f"/customers/{anna['party_id']}").json()
    assert (found["full_name"], found["city"]) == ("Anna Huber", "Berlin")
    assert (found["orders"], found["order_value_eur"]) == (1, 99.9)
    assert found["sources"] == ["erp", "mail", "shop"]
    assert (found["permission_email"], found["permission_sms"]) == (True, False)
    assert found["resolved_from"] is None
    assert "restricted" not in found


def test_the_described_fields_are_those_of_an_answer(api, anna):
    assert set(anna) == set(CUSTOMER_FIELDS)


def test_pages_bring_everybody_once_and_in_order(api):
    ids = [customer["party_id"] for customer in api.all()]
    assert ids == sorted(set(ids))
    assert len(ids) == len(api.get("/customers?limit=500").json()["items"])
    assert len(ids) > 50  # more than one page


def test_filters_are_all_obeyed(api):
    firms = api.all("&party_type=organisation&city=Hamburg")
    assert {(f["party_type"], f["city"]) for f in firms} == {("organisation", "Hamburg")}
    assert api.all("&party_type=organisation&city=Berlin") == []
    assert len(api.all("&source=help")) >= 1


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_gives_those_who_have_the_value(api, name):
    everybody = api.all()
    [value, *_] = [one[name] for one in everybody if one[name] is not None] or [None]
    if value is None:
        assert api.all(f"&{name}=nobody") == []
        return
    asked = str(value).lower() if isinstance(value, bool) else quote(value)
    assert api.all(f"&{name}={asked}") == [one for one in everybody if one[name] == value]


def test_an_address_is_found_in_any_spelling(api, anna):
    assert one(api, email="%20ANNA.huber0@WEB.de")["party_id"] == anna["party_id"]
    assert one(api, phone=anna["phone"].replace("+", "%2B") + "%20")["party_id"] == anna["party_id"]


def test_only_the_fields_that_were_asked_for_come(api, anna):
    sparse = api.get(f"/customers/{anna['party_id']}?fields=city,email").json()
    assert set(sparse) == {"party_id", "city", "email", "resolved_from"}
    wrong = api.get("/customers?fields=salary")
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/invalid-request")


def test_a_filter_that_there_is_not_gives_an_error_and_not_everybody(api):
    wrong = api.get("/customers?emial=a@b.de")
    assert wrong.status_code == 422
    assert wrong.headers["content-type"] == "application/problem+json"
    assert "query.emial" in wrong.json()["detail"]


def test_the_timeline_is_newest_first_and_pages_go_back(api, anna):
    path = f"/customers/{anna['party_id']}/timeline"
    whole = api.get(path).json()["items"]
    assert [one["kind"] for one in whole] == ["ticket", "ticket", "order", "order"]
    assert whole[2]["amount_net_eur"] == 99.9
    first = api.get(f"{path}?limit=3").json()
    second = api.get(f"{path}?limit=3&before={first['next']}").json()
    assert first["items"] + second["items"] == whole
    assert second["next"] is None
    assert api.get(f"{path}?before=x").json()["type"] == "/problems/wrong-cursor"


def test_sources_are_the_records_of_the_party(api, anna):
    items = api.get(f"/customers/{anna['party_id']}/sources").json()["items"]
    assert [one["record_id"] for one in items] == ["p0@erp", "p0@mail", "p0@shop"]


def test_provenance_names_record_rule_and_basis_of_a_value(api, anna):
    items = api.get(f"/customers/{anna['party_id']}/provenance").json()["items"]
    [phone] = [one for one in items if one["attribute"] == "phone"]
    assert (phone["value"], phone["record_id"], phone["source"]) == (
        anna["phone"], "p0@erp", "erp")  # fmt: skip
    assert (phone["rule"], phone["reason"]) == ("only_value", "the only value there is")
    assert phone["legal_basis"] == "Art. 6 (1) b"


def test_history_tells_events_of_the_id_and_versions_of_the_customer(api, anna):
    told = api.get(f"/customers/{anna['party_id']}/history").json()
    assert told["events"][0]["what"] == "was created"
    assert [one["customer_name"] for one in told["versions"]] == ["Anna Huber"]


def test_a_firm_has_its_people_and_a_person_its_firms(api, firm):
    rosalie = one(api, email="rosalie@quitte.example")
    for party in (firm, rosalie):
        [tie] = api.get(f"/customers/{party['party_id']}/contacts").json()["items"]
        assert tie["person_party_id"] == rosalie["party_id"]
        assert tie["organisation_party_id"] == firm["party_id"]
    told = api.get(f"/companies/{firm['party_id']}").json()
    assert (told["vat_id"], told["contacts"], told["branches"]) == ("DE100000000", 1, [])
    assert api.get(f"/companies/{rosalie['party_id']}").status_code == 404


def test_who_lives_alone_has_an_empty_household(api, anna):
    assert api.get(f"/customers/{anna['party_id']}/household").json()["items"] == []


def test_a_record_leads_to_its_party(api, anna):
    found = api.get("/xref/erp/p0@erp").json()["items"]
    assert [one["party_id"] for one in found] == [anna["party_id"]]
    assert api.get("/xref/erp/nobody").status_code == 404


@pytest.mark.parametrize("key", ["DE/4711", "DE%2F4711", "/a//b/"])
def test_a_key_of_a_source_may_hold_slashes(api, key):
    answer = api.get(f"/xref/erp/{key}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_the_current_build_is_named(api):
    [build] = api.get("/builds").json()["items"]
    assert (build["build_id"], build["current"], build["as_of"]) == ("b1", True, "2026-06-30")
    assert api.get("/health").json() == {"status": "ok", "build_id": "b1", "match": "ready"}


def test_after_a_restore_it_says_so_until_somebody_looked(api):
    note_restore(api.service.store, restored_at="2026-07-02T08:00:00+00:00",
                 made_at="2026-07-01T02:00:00+00:00")  # fmt: skip
    told = api.get("/health").json()
    assert (told["status"], told["unchecked_restore"]) == (
        "restored", "2026-07-01T02:00:00+00:00")  # fmt: skip
    assert checked(api.service.store, at=AT)
    assert api.get("/health").json()["status"] == "ok"


def test_an_answer_that_is_held_already_is_not_sent_again(api, anna):
    first = api.get(f"/customers/{anna['party_id']}")
    again = api.get(f"/customers/{anna['party_id']}", **{"If-None-Match": first.headers["etag"]})
    other = api.get("/customers", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, other.status_code) == (304, b"", 200)


def test_what_there_is_not_is_a_problem(api):
    for path in ("/customers/PNOBODY", "/companies/PNOBODY", "/nothing"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json().keys() >= {"type", "title", "status", "detail"}
