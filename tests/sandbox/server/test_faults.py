"""Every kind of misbehaviour, for every vendor's lists."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from sandbox.server.faults import KINDS, Fault, page_cap
from tests.sandbox.server.conftest import Misbehave
from tests.sandbox.server.tiny_company import HELP, MAIL, ROWS, S4

ERP = "/erp/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_BusinessPartner"
# system → (path, the list in the answer, a parameter that asks for 10 records)
LISTS: dict[str, tuple[str, str, str]] = {
    "erp": (f"{ERP}?$inlinecount=allpages", "results", "$top"),
    "shop": ("/shop/api/search/customer", "data", "limit"),
    "mail": ("/mail/v3/contacts", "contacts", "limit"),
    "help": ("/help/api/v2/incremental/tickets/cursor.json?start_time=0", "tickets", "per_page"),
}
AUTH: dict[str, dict[str, Any]] = {
    "erp": {"auth": S4},
    "mail": {"headers": MAIL},
    "help": {"auth": HELP},
}


class Vendors:
    """One list of each vendor."""

    def __init__(self, url: str, token: dict[str, str]) -> None:
        self.url, self._token = url, token

    def ask(self, system: str, size: int | None = None) -> requests.Response:
        path, _, parameter = LISTS[system]
        asked = {parameter: size} if size else {}
        if system == "shop":
            body = {**asked, "total-count-mode": 1}
            return requests.post(self.url + path, json=body, headers=self._token, timeout=5)
        return requests.get(self.url + path, params=asked, timeout=5, **AUTH[system])

    def rows(self, system: str, size: int | None = None) -> list[Any]:
        answer = self.ask(system, size).json()
        rows: list[Any] = answer.get("d", answer)[LISTS[system][1]]
        return rows


@pytest.fixture
def vendors(url: str, token: dict[str, str]) -> Vendors:
    return Vendors(url, token)


@pytest.mark.parametrize("system", LISTS)
@pytest.mark.parametrize(
    ("kind", "status"),
    [("too_many_requests", 429), ("server_error", 500), ("down", 503), ("expired_token", 401)],
)
def test_a_refusal_happens_as_often_as_asked_and_then_the_answer_is_right(
    vendors: Vendors, misbehave: Misbehave, system: str, kind: str, status: int
):
    misbehave(system, kind, times=2, seconds=7)
    answers = [vendors.ask(system) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    expected = "7" if kind == "too_many_requests" else None
    assert answers[0].headers.get("Retry-After") == expected
    if kind == "server_error":
        assert answers[0].text.startswith("<html>")


@pytest.mark.parametrize("system", LISTS)
def test_a_cut_off_answer_breaks_the_connection_in_the_middle(
    vendors: Vendors, misbehave: Misbehave, system: str
):
    misbehave(system, "cut_off")
    with pytest.raises(requests.RequestException):
        vendors.ask(system)
    assert vendors.ask(system).ok


@pytest.mark.parametrize("system", LISTS)
def test_bent_answers_are_still_json(vendors: Vendors, misbehave: Misbehave, system: str):
    right = vendors.rows(system)
    misbehave(system, "empty")
    assert vendors.rows(system) == []
    misbehave(system, "duplicate_pages")
    assert vendors.rows(system) == [row for row in right for _ in range(2)]
    misbehave(system, "unknown_field")
    assert vendors.rows(system) == [{**row, "x_unannounced": "new"} for row in right]
    assert vendors.rows(system) == right


@pytest.mark.parametrize(
    ("system", "total"), [("erp", ("d", "__count")), ("shop", ("total",)), ("mail", ("count",))]
)
def test_an_empty_answer_says_that_there_is_nothing(
    vendors: Vendors, misbehave: Misbehave, system: str, total: tuple[str, ...]
):
    misbehave(system, "empty")
    answer = vendors.ask(system).json()
    for step in total:
        answer = answer[step]
    assert answer == ("0" if system == "erp" else 0)


@pytest.mark.parametrize("system", LISTS)
def test_a_page_is_capped_in_silence(vendors: Vendors, misbehave: Misbehave, system: str):
    misbehave(system, "capped_pages", times=2, rows=3)
    assert vendors.rows(system, 10) == vendors.rows(system, 10) == vendors.rows(system, 3)
    assert len(vendors.rows(system, 10)) == 10
    misbehave(system, "capped_pages")
    assert len(vendors.rows(system, 10)) == 5
    assert "__next" not in vendors.ask("erp", 10).text


def test_capped_pages_go_on_where_the_capped_one_ended(vendors: Vendors, misbehave: Misbehave):
    misbehave("help", "capped_pages", times=100, rows=4)
    answer = vendors.ask("help").json()
    seen = [row["id"] for row in answer["tickets"]]
    while not answer["end_of_stream"]:
        answer = requests.get(answer["after_url"], auth=HELP, timeout=5).json()
        seen += [row["id"] for row in answer["tickets"]]
    assert seen == list(range(ROWS + 1))


def test_a_slow_answer_is_late_and_right(vendors: Vendors, misbehave: Misbehave):
    misbehave("mail", "slow", seconds=0.3)
    began = time.monotonic()
    assert len(vendors.rows("mail", 2)) == 2
    assert time.monotonic() - began >= 0.3


def test_the_export_limit_holds_for_exports_only(vendors: Vendors, misbehave: Misbehave, url: str):
    misbehave("help", "rate_limit")
    answers = [vendors.ask("help", 1) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert 50 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert requests.get(f"{url}/help/api/v2/users/count.json", auth=HELP, timeout=5).ok


def test_a_window_of_the_rate_limit_slides():
    fault = Fault("help", "rate_limit", seconds=60)
    path = "/help/api/v2/incremental/users/cursor.json"
    assert not any(fault.meets(path, float(second)) for second in range(10))
    assert fault.meets(path, 30.0)
    assert fault.retry_after(30.0) == 30  # the first request leaves the window at 60
    assert not fault.meets(path, 60.0)
    assert fault.meets(path, 60.5)


def test_a_fault_waits_for_its_path_and_its_turn():
    fault = Fault("erp", "down", path="A_SalesOrder", after=1)
    orders, partners = "/erp/x/A_SalesOrder", "/erp/x/A_BusinessPartner"
    met = [fault.meets(path, 0.0) for path in (partners, orders, partners, orders, orders)]
    assert met == [False, False, False, True, False]
    assert not Fault("erp", "down").meets("/shop/api/search/customer", 0.0)


def test_without_a_fault_a_page_has_the_asked_size():
    assert page_cap({}, 10) == 10


@pytest.mark.parametrize("asked", [{"system": "erp"}, {"system": "erp", "kind": "sulks"}])
def test_a_fault_nobody_knows_is_refused(url: str, asked: dict[str, str]):
    answer = requests.post(f"{url}/_sandbox/faults", json=asked, timeout=5)
    assert answer.status_code == 400
    assert "kind" in answer.json()["error"]


def test_a_fault_leaves_an_answer_that_is_no_list_alone(url: str, misbehave: Misbehave):
    misbehave("erp", "unknown_field")
    assert requests.get(f"{url}{ERP}/$count", auth=S4, timeout=5).text == str(ROWS)


def test_every_kind_is_tested_here():
    tested = {"too_many_requests", "server_error", "down", "expired_token", "cut_off", "empty"}
    tested |= {"duplicate_pages", "unknown_field", "capped_pages", "slow", "rate_limit"}
    assert tested == set(KINDS)


def test_requests_are_counted_and_listed(url: str, vendors: Vendors):
    requests.delete(f"{url}/_sandbox/requests", timeout=5)
    for _ in range(2):
        vendors.ask("mail", 2)
    seen = requests.get(f"{url}/_sandbox/requests", timeout=5).json()
    assert seen == {
        "counts": {"/mail/v3/contacts": 2},
        "recent": ["/mail/v3/contacts?limit=2"] * 2,
    }
