"""The application: all routes, one way to fail, one description (`/openapi.json`, `/docs`).

In: a `Service`, and a `Desk` where people work on it. Out: an ASGI application, with the Desk
below `/desk`; `stamm serve` runs it under uvicorn.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline

from serving.api import changes, consents, customers, judgements, lookups, matching, parts
from serving.api.asking import Unchanged
from serving.api.bounds import BoundedBodies
from serving.api.problems import ProblemBody, answer_problems
from serving.api.service import Service
from serving.desk.app import desk_application
from serving.desk.desk import Desk

_ABOUT = """Golden customers of the published build, nobody suppressed or restricted among them.

Every route but `/health` needs a key (`Authorization: Bearer …`, made by `stamm key create`) and
says why it asks (`X-Purpose`). Answers carry an `ETag`; `If-None-Match` gives 304 while nothing
has changed. Errors are problems (RFC 9457)."""


def application(service: Service, desk: Desk | None = None) -> FastAPI:
    """The API over this service; when it ends, the log of reads is written to its end."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        service.reads.close()

    app = FastAPIOffline(  # its pages of the description load nothing from elsewhere
        title="Stamm", version="1", description=_ABOUT, lifespan=lifespan
    )
    app.state.service = service
    app.add_middleware(BoundedBodies)
    answer_problems(app)
    app.add_exception_handler(Unchanged, _unchanged)
    for module in (customers, parts, lookups, matching, changes, judgements, consents):
        app.include_router(module.router)
    _describe_problems(app)
    if desk is not None:
        app.mount("/desk", desk_application(desk))
    return app


def _unchanged(_request: Request, answer: Exception) -> Response:
    assert isinstance(answer, Unchanged)
    return Response(status_code=304, headers={"ETag": answer.etag, "Vary": "Accept"})


def _describe_problems(app: FastAPI) -> None:
    """`/openapi.json` with the shape of a problem in place of FastAPI's own error."""
    original = app.openapi

    def openapi() -> dict[str, object]:
        described = original()
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas["ProblemBody"] = ProblemBody.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        return described

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
