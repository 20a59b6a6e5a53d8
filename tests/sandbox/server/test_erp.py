"""OData V2 as S/4HANA speaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from sandbox.server import running
from sandbox.server.entity_sets import ENTITY_SETS, SERVICES, EntitySet
from tests.sandbox.server.tiny_company import ROWS, S4, TIED, found

ROOT = "/erp/sap/opu/odata/sap"
PARTNERS = f"{ROOT}/API_BUSINESS_PARTNER/A_BusinessPartner"


def ask(url: str, path: str = PARTNERS, **options: object) -> requests.Response:
    params = {f"${name}": str(value) for name, value in options.items()}
    return requests.get(url + path, params=params, auth=S4, timeout=5)


def partners(url: str, **options: object) -> list[str]:
    return [row["BusinessPartner"] for row in ask(url, **options).json()["d"]["results"]]


def numbers(*wanted: int) -> list[str]:
    return [f"{number:04}" for number in wanted]


@pytest.mark.parametrize("one", ENTITY_SETS, ids=lambda one: one.name)
def test_every_entity_set_pages_whole_through_a_tie_and_hides_the_deleted(url: str, one: EntitySet):
    seen: list[Any] = []
    for skip in range(0, ROWS, 5):
        page = ask(
            url, f"{ROOT}/{one.service}/{one.name}", skip=skip, top=5, inlinecount="allpages"
        )
        assert page.json()["d"]["__count"] == str(ROWS)
        seen += page.json()["d"]["results"]
    assert [row[one.key[0]] for row in seen] == numbers(*range(ROWS))
    assert seen[0]["__metadata"]["type"] == f"{one.service}.{one.name}Type"


def test_a_composite_key_stands_in_the_uri_part_by_part(url: str):
    path = f"{ROOT}/API_BUSINESS_PARTNER/A_BusinessPartnerAddress"
    first = ask(url, path, top=1).json()["d"]["results"][0]
    tail = "A_BusinessPartnerAddress(BusinessPartner='0000',AddressID='0000')"
    assert first["__metadata"]["uri"] == f"{url}{ROOT}/API_BUSINESS_PARTNER/{tail}"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("BusinessPartner eq '0007'", [7]),
        ("BusinessPartner ge '0021'", [21, 22]),
        ("(BusinessPartner lt '0002' or BusinessPartner gt '0021')", [0, 1, 22]),
        ("BusinessPartner lt '0004' and CityName eq 'O''Hausen'", [1, 3]),
        ("BusinessPartner eq '0001' or BusinessPartner eq '0002' and CityName eq 'x'", [1]),
        # TIED is 2027-01-05, 08:00; 20 to 22 changed at 09:00, 10:00 and 11:00.
        ("LastChangeDateTime gt datetimeoffset'2027-01-05T10:00:00Z'", [22]),
        ("LastChangeDateTime ge datetimeoffset'2027-01-05T12:00:00+02:00'", [21, 22]),
        ("LastChangeDate ge datetime'2027-01-05T00:00:00'", [20, 21, 22]),  # null before
        ("LastChangeDate ge datetime'2027-01-06T00:00:00'", []),
        ("LastChangeDate gt datetime'2027-01-05T00:00:00'", []),
        ("LastChangeDate le datetime'2027-01-05T00:00:00' and BusinessPartner gt '0021'", [22]),
        ("LastChangeDate eq null and BusinessPartner lt '0001'", [0]),
        ("CreationDate lt datetime'2027-01-06T00:00:00'", range(ROWS)),
        ("CreationDate eq datetime'2027-01-05T00:00:00'", range(ROWS)),
    ],
)
def test_a_filter_selects(url: str, expression: str, expected: list[int]):
    assert partners(url, filter=expression) == numbers(*expected)
    counted = ask(url, f"{PARTNERS}/$count", filter=expression)
    assert counted.text == str(len(expected))


@pytest.mark.parametrize(
    "options",
    [
        {"filter": "BusinessPartner % 3"},
        {"filter": "BusinessPartner eq"},
        {"filter": "(BusinessPartner eq '1'"},
        {"filter": "BusinessPartner eq '1' CityName"},
        {"filter": "Nonsense eq '1'"},
        {"filter": "LastChangeDate ge datetime'yesterday'"},
        {"select": "Nonsense"},
        {"orderby": "CityName"},
        {"orderby": "BusinessPartner sideways"},
        {"top": "many"},
        {"skip": "-1"},
        {"skiptoken": "%%%"},
        {"format": "atom"},
    ],
)
def test_what_is_not_understood_is_refused_with_an_odata_error(url: str, options: dict[str, str]):
    answer = ask(url, **options)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"]["lang"] == "en"
    assert error["message"]["value"]
    assert error["code"]


def test_orders_are_by_key_or_by_moment_in_both_directions(url: str):
    assert partners(url, orderby="BusinessPartner desc", top=2) == numbers(22, 21)
    assert partners(url, orderby="LastChangeDate desc", top=4) == numbers(22, 21, 20, 19)
    assert partners(url, orderby="CreationDate,BusinessPartner", top=2) == numbers(0, 1)


def test_select_keeps_only_the_named_properties(url: str):
    row = ask(url, select="BusinessPartner,LastChangeDate", top=1).json()["d"]["results"][0]
    del row["__metadata"]
    assert row == {"BusinessPartner": "0000", "LastChangeDate": None}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """2,050 further partners of one moment: more than two of the server's own pages."""
    book = found(tmp_path_factory.mktemp("large"))
    book.execute(
        "with recursive n(i) as (select 100 union all select i + 1 from n where i < 2149) "
        "insert into record select 's4', 'business_partners', printf('%04d', i), "
        "printf('%04d', i), ?, ?, 0, json_object('BusinessPartner', printf('%04d', i)) from n",
        TIED,
        TIED,
    )
    with running(book.path.parent) as server:
        yield server.base_url


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, [1000, 1000, 73]),
        ({"orderby": "LastChangeDate desc"}, [1000, 1000, 73]),
        ({"skip": 1072, "filter": "LastChangeDateTime le datetime'2027-01-05T08:00:00'"}, [998]),
        ({"top": 1500}, [1000, 500]),
        ({"top": 1000}, [1000]),
    ],
)
def test_the_servers_own_pages_follow_next_links_to_the_end(
    large: str, options: dict[str, Any], sizes: list[int]
):
    following: str | None = large + PARTNERS
    params = {f"${name}": str(value) for name, value in options.items()}
    came, seen = [], []
    while following:
        d = requests.get(following, params=params, auth=S4, timeout=5).json()["d"]
        seen += [row["BusinessPartner"] for row in d["results"]]
        came.append(len(d["results"]))
        following, params = d.get("__next"), {}
    assert came == sizes
    assert len(set(seen)) == sum(sizes)


def test_without_credentials_the_answer_is_html(url: str):
    answer = requests.get(url + PARTNERS, auth=("x", "y"), timeout=5)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_unknown_services_and_entity_sets_are_named(url: str):
    assert ask(url, f"{ROOT}/API_NOTHING/A_Thing").status_code == 403
    answer = ask(url, f"{ROOT}/API_BUSINESS_PARTNER/A_Thing")
    assert answer.status_code == 404
    assert "A_Thing" in answer.json()["error"]["message"]["value"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_metadata_declare_every_entity_set_with_its_key(url: str, service: str):
    root = ElementTree.fromstring(ask(url, f"{ROOT}/{service}/$metadata").content)
    schema = "{http://schemas.microsoft.com/ado/2008/09/edm}"
    keys = {
        str(kind.get("Name")): tuple(str(p.get("Name")) for p in kind.iter(f"{schema}PropertyRef"))
        for kind in root.iter(f"{schema}EntityType")
    }
    sets = [one for one in ENTITY_SETS if one.service == service]
    assert keys == {f"{one.name}Type": one.key for one in sets}
    document = ask(url, f"{ROOT}/{service}/").json()
    assert document == {"d": {"EntitySets": [one.name for one in sets]}}


def test_the_creation_day_of_the_tiny_company_is_what_the_filters_assume():
    assert TIED == 1_799_136_000_000  # 2027-01-05T08:00:00Z
