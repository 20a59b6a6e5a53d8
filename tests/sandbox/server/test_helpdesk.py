"""Zendesk's exports and lists."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import requests

from tests.sandbox.server.tiny_company import HELP, NOW, ROWS, TIED, Book

TEXT_OR_NULL = {"type": ["string", "null"]}
SHAPES: dict[str, dict[str, Any]] = {
    "cursor": {
        "after_cursor": TEXT_OR_NULL,
        "after_url": TEXT_OR_NULL,
        "before_cursor": TEXT_OR_NULL,
        "before_url": TEXT_OR_NULL,
        "end_of_stream": {"type": "boolean"},
    },
    "time": {
        "count": {"type": "integer"},
        "end_of_stream": {"type": "boolean"},
        "end_time": {"type": "integer"},
        "next_page": TEXT_OR_NULL,
    },
    "list": {
        "meta": {
            "type": "object",
            "required": ["has_more", "after_cursor", "before_cursor"],
            "properties": {"has_more": {"type": "boolean"}},
        },
        "links": {"type": "object", "required": ["next", "prev"]},
    },
}


def ask(url: str, path: str, **params: object) -> Any:
    answer = requests.get(f"{url}/help/api/v2/{path}", params=params, auth=HELP, timeout=5)  # type: ignore[arg-type]
    answer.raise_for_status()
    return answer.json()


def shaped(answer: Any, shape: str, member: str) -> list[int]:
    """The ids of a page that has exactly the members of its kind."""
    rows = {"type": "array", "items": {"type": "object", "required": ["id"]}}
    properties = {**SHAPES[shape], member: rows}
    schema = {"properties": properties, "required": [*properties], "additionalProperties": False}
    jsonschema.validate(answer, schema)
    return [row["id"] for row in answer[member]]


def export_by_cursor(url: str, stream: str, size: int, follow: str = "cursor") -> list[int]:
    path, query = f"incremental/{stream}/cursor.json", {"start_time": 0, "per_page": size}
    answer = ask(url, path, **query)
    seen = shaped(answer, "cursor", stream)
    while not answer["end_of_stream"]:
        if follow == "url":
            answer = requests.get(answer["after_url"], auth=HELP, timeout=5).json()
        else:
            answer = ask(url, path, cursor=answer["after_cursor"], per_page=size)
        seen += shaped(answer, "cursor", stream)
    return seen


@pytest.mark.parametrize("follow", ["cursor", "url"])
@pytest.mark.parametrize("size", [1, 4, 23, 24, 1000])
def test_a_cursor_export_brings_each_record_once_through_a_tie(url: str, size: int, follow: str):
    assert export_by_cursor(url, "users", size, follow) == list(range(ROWS))


def test_a_deleted_ticket_is_exported_as_deleted_and_a_deleted_user_is_not(url: str):
    tickets = ask(url, "incremental/tickets/cursor.json", start_time=0)["tickets"]
    assert [row["id"] for row in tickets] == list(range(ROWS + 1))
    assert [row["id"] for row in tickets if row["status"] == "deleted"] == [ROWS]


def test_after_the_end_the_cursor_brings_what_changed_since(url: str, book: Book):
    end = ask(url, "incremental/users/cursor.json", start_time=0)["after_cursor"]
    book.put("zendesk", "users", "000500", {"id": 500}, changed=NOW - 120_000)
    try:
        later = ask(url, "incremental/users/cursor.json", cursor=end)
        assert shaped(later, "cursor", "users") == [500]
    finally:
        book.execute("delete from record where key = '000500'")


def test_the_last_minute_of_the_sandbox_clock_is_left_out(url: str, book: Book):
    book.put("zendesk", "users", "000600", {"id": 600}, changed=NOW - 59_000)
    book.put("zendesk", "users", "000601", {"id": 601}, changed=NOW - 60_000)
    try:
        answer = ask(url, "incremental/users/cursor.json", start_time=NOW // 1000 - 3600)
        assert shaped(answer, "cursor", "users") == [601]
    finally:
        book.execute("delete from record where key in ('000600', '000601')")


@pytest.mark.parametrize("size", [4, 21, 22, 1000])
@pytest.mark.parametrize("follow", ["end_time", "next_page"])
def test_a_time_export_overlaps_in_seconds_and_loses_nothing(url: str, size: int, follow: str):
    path = "incremental/organizations.json"
    answer = ask(url, path, start_time=TIED // 1000, per_page=size)
    seen = shaped(answer, "time", "organizations")
    for _ in range(10):
        assert answer["count"] == len(answer["organizations"])
        if answer["end_of_stream"]:
            break
        assert answer["next_page"].endswith(f"start_time={answer['end_time']}")
        if follow == "next_page":
            following = f"{answer['next_page']}&per_page={size}"
            answer = requests.get(following, auth=HELP, timeout=5).json()
        else:
            answer = ask(url, path, start_time=answer["end_time"], per_page=size)
        seen += shaped(answer, "time", "organizations")
    assert answer["end_of_stream"]
    assert sorted(set(seen)) == list(range(ROWS))


@pytest.mark.parametrize("stream", ["satisfaction_ratings", "ticket_metrics"])
@pytest.mark.parametrize("follow", ["cursor", "url"])
def test_a_list_pages_whole_by_cursor(url: str, stream: str, follow: str):
    answer = ask(url, f"{stream}.json", **{"page[size]": 5})
    seen = shaped(answer, "list", stream)
    while answer["meta"]["has_more"]:
        if follow == "url":
            answer = requests.get(answer["links"]["next"], auth=HELP, timeout=5).json()
        else:
            query = {"page[size]": 5, "page[after]": answer["meta"]["after_cursor"]}
            answer = ask(url, f"{stream}.json", **query)
        seen += shaped(answer, "list", stream)
    assert seen == list(range(ROWS))
    assert answer["links"]["next"] is None


@pytest.mark.parametrize("stream", ["tickets", "users", "organizations"])
def test_counts_are_of_live_records(url: str, stream: str):
    count = ask(url, f"{stream}/count.json")["count"]
    assert count == {"value": ROWS, "refreshed_at": "2027-01-15T08:00:00Z"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("incremental/users/cursor.json", 400),
        ("incremental/users/cursor.json?start_time=soon", 400),
        ("incremental/users/cursor.json?cursor=nonsense", 400),
        ("incremental/organizations.json", 400),
        ("incremental/organizations/cursor.json?start_time=0", 404),
        ("incremental/macros.json?start_time=0", 404),
        ("macros.json", 404),
    ],
)
def test_what_zendesk_refuses_is_refused(url: str, path: str, status: int):
    answer = requests.get(f"{url}/help/api/v2/{path}", auth=HELP, timeout=5)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_wrong_token_is_refused(url: str):
    path = f"{url}/help/api/v2/users/count.json"
    answer = requests.get(path, auth=(HELP[0], "x"), timeout=5)
    assert (answer.status_code, answer.json()) == (401, {"error": "Couldn't authenticate you"})
