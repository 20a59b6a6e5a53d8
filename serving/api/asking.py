"""One request: who asks, for what purpose, of which view; and how it is answered.

`asked(scope)` is the dependency that every route has. It refuses what has no key, not the scope or
asks too often, and answers 304 where the asker holds the very answer. `Asked.answer` logs whose
data leave before they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from math import ceil
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dedupe.identity import ledger
from serving.api.keys import Key, Scope, key_of
from serving.api.problems import Problem, not_found
from serving.api.reads import Read
from serving.api.service import Service
from serving.api.views import View
from stamm.store import Store

ARROW = "application/vnd.apache.arrow.stream"  # the other form that an answer may be asked for in
_BEARER = HTTPBearer(
    auto_error=False, description="A key of `stamm key create`, as `Authorization: Bearer …`."
)
Purpose = Annotated[
    str,
    Header(
        alias="X-Purpose",
        description="Why the data are read; it is logged with the name of the key.",
        min_length=1,
        max_length=200,
        pattern=r"^[ -~]*[!-~][ -~]*$",
        examples=["order 4711: delivery address"],
    ),
]


class Unchanged(Exception):
    """The asker holds this answer already."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


@dataclass(frozen=True)
class Asked:
    """What a route needs."""

    service: Service
    request: Request
    key: Key
    purpose: str

    @cached_property
    def view(self) -> View:
        """The one view that the whole answer is read from."""
        return self.service.published.current()

    @property
    def store(self) -> Store:
        return self.service.store

    @property
    def etag(self) -> str:
        """Of this path with this query, in this version of the view and in this form."""
        url = self.request.url
        form = ARROW if ARROW in self.request.headers.get("accept", "") else ""
        content = f"{self.view.version} {url.path}?{url.query} {form}"
        return f'"{blake2b(content.encode(), digest_size=12).hexdigest()}"'

    def answer(self, operation: str, people: Iterable[str], body: Any) -> Response:
        """The body as JSON, once it is logged that it leaves."""
        self.log(operation, people)
        headers = {"ETag": self.etag, "Cache-Control": "private, no-cache"}
        return Response(as_json(body), 200, headers, "application/json")

    def log(self, operation: str, people: Iterable[str | None]) -> None:
        """One entry for each person; None is the whole build."""
        at, build = datetime.now(UTC), self.view.build.build_id
        self.service.reads.add(
            [
                Read(at, self.key.key_id, self.purpose, operation, build, party)
                for party in dict.fromkeys(people)
            ]
        )

    def party(self, asked: str, what: str = "a golden id") -> str:
        """The id that answers for this one in the build. Problem 404 if none may be shown."""
        into = answering(self.view, self.store, asked)
        if into is None:
            raise not_found(what)
        return into


def answering(view: View, store: Store, asked: str) -> str | None:
    """The id that answers for this one in the build; None if none may be shown.

    The build's own word comes first: the ledger may be a run ahead of what is published.
    """
    if view.holds(asked):
        return asked
    bound = {"p": asked}
    found = view.rows("select resolves_to from retired_parties where party_id = $p", bound)
    into = found[0]["resolves_to"] if found else None
    if into is None and ledger.is_minted(store, asked):
        into = ledger.resolve(store, asked)
    return str(into) if into is not None and view.holds(into) else None


def asked(scope: Scope) -> Callable[..., Asked]:
    """The dependency of a route that needs this scope."""

    def _asked(
        request: Request,
        purpose: Purpose,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> Asked:
        service: Service = request.app.state.service
        key = _admitted(service, credentials, scope)
        found = Asked(service, request, key, purpose)
        if request.method == "GET" and "if-none-match" in request.headers:
            _answer_if_unchanged(found, request.headers["if-none-match"])
        return found

    return _asked


def _admitted(
    service: Service, credentials: HTTPAuthorizationCredentials | None, scope: Scope
) -> Key:
    key = key_of(service.store, credentials.credentials) if credentials else None
    if key is None:
        raise Problem(
            401,
            "no-key",
            "expected `Authorization: Bearer` with a key that is valid, found none",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if scope not in key.scopes:
        held = ", ".join(sorted(key.scopes))
        raise Problem(403, "scope-missing", f"expected a key with the scope {scope}, found {held}")
    seconds = service.rates.wait(key.key_id, key.per_minute)
    if seconds:
        raise Problem(
            429,
            "too-many-requests",
            f"expected at most {key.per_minute} requests a minute with this key",
            headers={"Retry-After": str(ceil(seconds))},
        )
    return key


def _answer_if_unchanged(found: Asked, held: str) -> None:
    if found.etag in {one.strip().removeprefix("W/") for one in held.split(",")}:
        raise Unchanged(found.etag)


def as_json(body: Any) -> bytes:
    """Money has two digits behind the point and stays exact as a number; moments are UTC."""
    return orjson.dumps(body, default=_plain, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(type(value).__name__)


def without_empty(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without what nothing is known of."""
    return {name: value for name, value in row.items() if value is not None}
