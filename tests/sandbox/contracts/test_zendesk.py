"""The sandbox's incremental exports against Zendesk's own specification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from jsonschema import Draft202012Validator

from sandbox.server import credentials

FILE = Path(__file__).with_name("zendesk-incremental.openapi.yml")
AUTH = (f"{credentials.ZENDESK_EMAIL}/token", credentials.ZENDESK_API_TOKEN)
# Dangling reference → an example in the file that shows the object.
SHOWN_IN = {
    "TicketObject": ("CursorBasedExportIncrementalTicketsResponse", "tickets"),
    "UserObject": ("CursorBasedExportIncrementalUsersResponse", "users"),
    "OrganizationObject": ("ExportIncrementalOrganizationsResponse", "organizations"),
}
# Fields that the specification's prose leaves open to what an account defines.
OPEN = {"user_fields", "organization_fields"}


def mended() -> dict[str, Any]:
    """The components of the specification as JSON Schema."""
    schemas = yaml.safe_load(FILE.read_text(encoding="utf-8"))["components"]["schemas"]
    for name, (response, member) in SHOWN_IN.items():
        assert name not in schemas
        schemas[name] = shape(schemas[response]["example"][member][0])
    return {"components": {"schemas": nullable(schemas)}}


def shape(example: Any, name: str = "") -> dict[str, Any]:
    """What an example shows: the fields there are, and of which type; any may be null."""
    if isinstance(example, dict):
        fields = {key: shape(value, key) for key, value in example.items()}
        closed = name not in OPEN
        return {
            "type": ["object", "null"],
            "properties": fields,
            "additionalProperties": not closed,
        }
    if isinstance(example, list):
        item = shape(example[0]) if example else {}
        return {"type": ["array", "null"], "items": item}
    if isinstance(example, bool):
        return {"type": ["boolean", "null"]}
    if isinstance(example, int):
        return {"type": ["integer", "null"]}
    if name == "value":  # of a custom field: the type is the account's choice
        return {"type": ["string", "integer", "boolean", "null"]}
    return {"type": ["string", "null"]}


def nullable(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable`, which the file uses under 3.1, in JSON Schema's words."""
    if isinstance(schema, list):
        return [nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: nullable(value) for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") is True:
        changed["type"] = [schema["type"], "null"]
    return changed


def strict(components: dict[str, Any], response: str) -> dict[str, Any]:
    """The response with every member that it names, and no other."""
    schema = components["components"]["schemas"][response]
    # Zendesk announces `count` and cursors for each page; the file requires nothing.
    return {**components, **schema, "required": [*schema["properties"]]}


EXPORTS = [
    ("incremental/tickets/cursor", "CursorBasedExportIncrementalTicketsResponse", "tickets"),
    ("incremental/tickets", "TimeBasedExportIncrementalTicketsResponse", "tickets"),
    ("incremental/users/cursor", "CursorBasedExportIncrementalUsersResponse", "users"),
    ("incremental/users", "TimeBasedExportIncrementalUsersResponse", "users"),
    ("incremental/organizations", "ExportIncrementalOrganizationsResponse", "organizations"),
]


@pytest.mark.parametrize("ending", ["", ".json"])
@pytest.mark.parametrize(("path", "response", "member"), EXPORTS)
def test_every_page_of_an_export_is_as_zendesk_specifies_it(
    url: str, path: str, response: str, member: str, ending: str
):
    validator = Draft202012Validator(strict(mended(), response))
    answer = requests.get(
        f"{url}/help/api/v2/{path}{ending}",
        params={"start_time": "0", "per_page": "5"},
        auth=AUTH,
        timeout=5,
    ).json()
    pages, records = 1, list(answer[member])
    while True:
        assert [e.message for e in validator.iter_errors(answer)] == []
        if answer["end_of_stream"]:
            break
        following = answer.get("after_url") or f"{answer['next_page']}&per_page=5"
        answer = requests.get(following, auth=AUTH, timeout=5).json()
        pages, records = pages + 1, records + answer[member]
    assert len(records) > 5
    assert pages > 1


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"id": "12"}, {"tags": "a,b"}])
def test_the_mended_schema_refuses_what_zendesk_does_not_send(wrong: dict[str, Any]):
    validator = Draft202012Validator(
        strict(mended(), "CursorBasedExportIncrementalTicketsResponse")
    )
    right = {
        "after_cursor": "x",
        "after_url": "y",
        "before_cursor": None,
        "before_url": None,
        "end_of_stream": True,
        "tickets": [{"id": 1, "tags": []}],
    }
    assert validator.is_valid(right)
    assert not validator.is_valid({**right, "tickets": [{"id": 1, "tags": [], **wrong}]})
