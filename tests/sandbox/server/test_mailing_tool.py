"""Brevo's lists: limits, order, ranges."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.server.mailing_tool import LISTS
from tests.sandbox.server.tiny_company import MAIL, ROWS


def ask(url: str, path: str = "/v3/contacts", **params: object) -> Any:
    return requests.get(f"{url}/mail{path}", params=params, headers=MAIL, timeout=5)  # type: ignore[arg-type]


def numbers(answer: Any, member: str = "contacts") -> list[int]:
    return [row["id"] for row in answer.json()[member]]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_every_list_pages_whole_and_an_offset_beyond_the_end_is_empty(
    url: str, path: str, sort: str
):
    one = LISTS[path]
    seen: list[int] = []
    for offset in range(0, ROWS + 5, 5):
        answer = ask(url, path, limit=5, offset=offset, sort=sort)
        assert answer.json().get("count") == (ROWS if one.counted else None)
        seen += numbers(answer, one.stream)
    assert seen == sorted(range(ROWS), reverse=sort == "desc")


def test_the_newest_come_first_unless_sorted(url: str):
    assert numbers(ask(url, limit=2)) == [22, 21]


def test_contacts_changed_since_a_moment_with_its_offset(url: str):
    answer = ask(url, modifiedSince="2027-01-05T11:00:00.000+01:00", sort="asc")
    assert numbers(answer) == [21, 22]
    assert answer.json()["count"] == 2


def test_the_report_has_whole_days_and_without_a_range_the_last_thirty(url: str):
    events = "/v3/smtp/statistics/events"
    day = {"startDate": "2027-01-05", "endDate": "2027-01-05"}
    assert len(numbers(ask(url, events, **day), "events")) == ROWS
    before = {"startDate": "2027-01-01", "endDate": "2027-01-04"}
    assert numbers(ask(url, events, **before), "events") == []
    assert len(numbers(ask(url, events), "events")) == ROWS
    assert numbers(ask(url, events, days=5), "events") == []  # 11 to 15 January


@pytest.mark.parametrize("path", LISTS)
def test_a_limit_beyond_the_largest_is_refused(url: str, path: str):
    largest = LISTS[path].largest
    assert ask(url, path, limit=largest).status_code == 200
    answer = ask(url, path, limit=largest + 1)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v3/contacts", {"modifiedSince": "yesterday"}),
        ("/v3/contacts", {"offset": "-1"}),
        ("/v3/contacts", {"sort": "up"}),
        ("/v3/smtp/statistics/events", {"startDate": "2027-01-01"}),
        ("/v3/smtp/statistics/events", {"startDate": "2027-01-02", "endDate": "2027-01-01"}),
        ("/v3/smtp/statistics/events", {"startDate": "2026-01-01", "endDate": "2026-04-01"}),
        ("/v3/smtp/statistics/events", {"startDate": "1.1.2026", "endDate": "2026-01-01"}),
        ("/v3/smtp/statistics/events", {"days": "91"}),
    ],
)
def test_what_brevo_refuses_is_refused(url: str, path: str, params: dict[str, str]):
    answer = ask(url, path, **params)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_ninety_days_are_the_longest_range(url: str):
    events = "/v3/smtp/statistics/events"
    longest = {"startDate": "2026-10-18", "endDate": "2027-01-15"}  # both days count: 90
    assert ask(url, events, **longest).status_code == 200
    longer = {**longest, "startDate": "2026-10-17"}
    assert ask(url, events, **longer).status_code == 400


def test_a_wrong_key_is_refused(url: str):
    answer = requests.get(f"{url}/mail/v3/contacts", headers={"api-key": "x"}, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
