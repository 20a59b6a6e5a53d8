"""Errors as RFC 9457 problems: one shape for whatever went wrong, and never a value of anybody.

`type` is a stable name below `/problems/`, `detail` says what was expected and what was seen.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from stamm.errors import InputError, PublishError, StammError, StoreBusy, UsageError
from stamm.redaction import redact

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request cannot be understood",
    401: "A key is needed",
    403: "The key does not allow this",
    404: "Nobody and nothing to show",
    405: "Not a method of this resource",
    410: "Gone; load in full",
    413: "Too much at once",
    415: "A body of another type is needed",
    422: "The request does not fit its description",
    429: "Too many requests",
    500: "An error of ours",
    503: "Not ready",
}


class Problem(Exception):
    """An answer that is an error; `name` is the last part of its `type`."""

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.status, self.name, self.detail = status, name, detail
        self.headers, self.more = dict(headers or {}), more


class ProblemBody(BaseModel):
    """RFC 9457: what went wrong."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not-found",
                    "title": TITLES[404],
                    "status": 404,
                    "detail": "expected a golden id that may be shown, found none such",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for these statuses, for the OpenAPI description."""
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    return {
        status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def not_found(what: str) -> Problem:
    """The same for what never was, is gone, and must not be shown: nobody learns which."""
    return Problem(404, "not-found", f"expected {what} that may be shown, found none such")


def answer_problems(app: FastAPI) -> None:
    """Every error leaves `app` as a problem."""
    app.add_exception_handler(Problem, _of_problem)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(StammError, _of_ours)
    app.add_exception_handler(StoreBusy, _of_store)
    app.add_exception_handler(sqlite3.OperationalError, _of_store)
    app.add_exception_handler(Exception, _of_anything)


def _response(problem: Problem) -> Response:
    body = {
        "type": f"/problems/{problem.name}",
        "title": TITLES.get(problem.status, "An error"),
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    return Response(orjson.dumps(body), problem.status, problem.headers, MEDIA_TYPE)


def _of_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _response(error)


def _of_validation(_request: Request, error: Exception) -> Response:
    """Where and what, without the value that was sent."""
    assert isinstance(error, RequestValidationError)
    found = [
        {"where": ".".join(str(part) for part in one["loc"]), "expected": one["msg"]}
        for one in error.errors()
    ]
    detail = f"{found[0]['where']}: {found[0]['expected']}"
    return _response(Problem(422, "invalid-request", detail, errors=found))


def _of_http(_request: Request, error: Exception) -> Response:
    """What the router itself says: no such path, no such method."""
    assert isinstance(error, HTTPException)
    names = {404: "no-such-path", 405: "no-such-method", 413: "too-large"}
    name = names.get(error.status_code, "http-error")
    problem = Problem(error.status_code, name, str(error.detail), headers=error.headers)
    return _response(problem)


def _of_ours(_request: Request, error: Exception) -> Response:
    """What a command would say on the terminal."""
    assert isinstance(error, StammError)
    detail = redact(str(error))
    if isinstance(error, PublishError):
        return _response(Problem(503, "no-build", detail, headers={"Retry-After": "10"}))
    if isinstance(error, UsageError | InputError):
        return _response(Problem(422, "cannot-be-done", detail))
    logging.getLogger("stamm").error("%s", error)
    return _response(Problem(503, "not-ready", detail, headers={"Retry-After": "10"}))


def _of_store(_request: Request, error: Exception) -> Response:
    logging.getLogger("stamm").warning("the operational store is busy: %s", error)
    detail = "the operational store is held by a run; nothing was written"
    return _response(Problem(503, "store-busy", detail, headers={"Retry-After": "5"}))


def _of_anything(_request: Request, error: Exception) -> Response:
    logging.getLogger("stamm").error("the API failed", exc_info=error)
    return _response(Problem(500, "internal", "an error of ours; the log of the server tells it"))
