"""The Desk as an application of its own, mounted below `/desk` of the API.

In: a `Desk`. Out: an ASGI application whose errors are pages and whose answers all carry the
headers that keep a browser from being used against its user.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from serving.desk import customers, health, login, people, review, simulator
from serving.desk.asking import SESSION_COOKIE, Form, Visit
from serving.desk.desk import Desk
from serving.desk.pages import FOLDER, HEADERS, page, redirect
from serving.desk.refusals import LoginNeeded, Refused
from stamm.errors import StammError, StoreBusy
from stamm.redaction import redact

ROUTERS = (
    login.router, review.router, customers.router, simulator.router, health.router, people.router,
)  # fmt: skip


def desk_application(desk: Desk) -> FastAPI:
    """All pages; no description is served, because nobody builds on them."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.middleware("http")(_guarded)
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/", _home, methods=["GET"])
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    return app


async def _guarded(request: Request, follow: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await follow(request)
    for name, value in HEADERS.items():
        if name != "Cache-Control" or not request.url.path.startswith("/desk/static/"):
            answer.headers.setdefault(name, value)
    return answer


def _home() -> Response:
    return redirect(login.HOME)


def _to_login(request: Request, _error: Exception) -> Response:
    """A page that was asked for is gone to after the login; a form is not sent again."""
    wanted = request.url.path if request.method == "GET" else ""
    answer = redirect(f"/desk/login?next={quote(wanted)}" if wanted else "/desk/login")
    answer.delete_cookie(SESSION_COOKIE, path="/desk")
    return answer


def _of_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _told(request, error.status, error.key, **error.put_in)


def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _told(request, error.status_code, "refused.not_found")


def _of_validation(request: Request, _error: Exception) -> Response:
    return _told(request, 422, "refused.no_form")


def _of_ours(request: Request, error: Exception) -> Response:
    logging.getLogger("stamm").warning("the Desk: %s", redact(str(error)))
    return _told(request, 503, "refused.not_ready", why=redact(str(error).splitlines()[0]))


def _of_store(request: Request, error: Exception) -> Response:
    logging.getLogger("stamm").warning("the operational store is busy: %s", error)
    return _told(request, 503, "refused.busy")


def _told(request: Request, status: int, key: str, **put_in: object) -> Response:
    visit = Visit(request.app.state.desk, request, Form({}), "")
    return page(visit, "told", status, key=key, put_in=put_in)


_ANSWERS = {
    LoginNeeded: _to_login,
    Refused: _of_refused,
    HTTPException: _of_http,
    RequestValidationError: _of_validation,
    StammError: _of_ours,
    StoreBusy: _of_store,
    sqlite3.OperationalError: _of_store,
}
