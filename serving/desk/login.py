"""Coming and going: `/login`, `/logout`, `/language`, `/password`."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.desk import audit, sessions, throttle
from serving.desk.asking import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    VISITOR_COOKIE,
    Asked,
    Visit,
    seated,
    visit,
)
from serving.desk.pages import page, redirect
from serving.desk.texts import LANGUAGES
from serving.desk.users import let_in, set_password
from stamm.errors import UsageError

router = APIRouter()
HOME = "/desk/review"
Anybody = Annotated[Visit, Depends(visit)]
Seated = Annotated[Asked, Depends(seated())]
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "testserver")
_YEAR = 365 * 24 * 3600


@router.get("/login")
def login_page(came: Anybody) -> Response:
    """The form; whoever has no visitor's token yet gets one with it."""
    return _form(came)


@router.post("/login")
def login(came: Anybody) -> Response:
    """A new session with a new token, or the same refusal for every reason."""
    name, password, at = came.form.one("name").strip(), came.form.one("password"), came.desk.now()
    wait = throttle.seconds_to_wait(came.store, name, came.address, at=at)
    if wait:
        answer = _form(came, 429, say_wait=-(-wait // 60))
        answer.headers["Retry-After"] = str(wait)
        return answer
    user = let_in(came.store, name, password)
    if user is None:
        with came.store.transaction():
            throttle.failed(came.store, name, came.address, at=at)
            audit.note(came.store, "nobody", "failed to log in", at=at, detail=came.address)
        return _form(came, 401, is_wrong=True)
    old = came.request.cookies.get(SESSION_COOKIE)
    with came.store.transaction():
        throttle.succeeded(came.store, name)
        if old:
            sessions.end(came.store, old)
        token = sessions.begin(came.store, user.name, at=at)
        audit.note(came.store, user.name, "logged in", at=at, detail=came.address)
    answer = redirect(_within(came.form.one("next")))
    _set(came, answer, SESSION_COOKIE, token)
    answer.delete_cookie(VISITOR_COOKIE, path="/desk")
    return answer


@router.post("/logout")
def logout(asked: Seated) -> Response:
    """The session ends on the server; the cookie goes, and what the browser kept of pages."""
    with asked.store.transaction():
        sessions.end(asked.store, asked.token)
        asked.note("logged out")
    answer = redirect("/desk/login")
    answer.delete_cookie(SESSION_COOKIE, path="/desk")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@router.post("/language")
def language(came: Anybody) -> Response:
    """Remember the language that was chosen."""
    return _spoken(came)


@router.post("/my-language")
def my_language(asked: Seated) -> Response:
    """The same for who is logged in."""
    return _spoken(asked)


@router.get("/password")
def password_page(asked: Seated) -> Response:
    """The form for another password."""
    return page(asked, "password", mistake=None)


@router.post("/password")
def password(asked: Seated) -> Response:
    """The old one is asked for again; all sessions of the user end but this one begins anew."""
    at, old, new = asked.desk.now(), asked.form.one("old"), asked.form.one("new")
    if throttle.seconds_to_wait(asked.store, asked.name, asked.address, at=at):
        return page(asked, "password", 429, mistake=asked.say("login.wait", minutes=15))
    if let_in(asked.store, asked.name, old) is None:
        with asked.store.transaction():
            throttle.failed(asked.store, asked.name, asked.address, at=at)
            asked.note("gave a wrong old password", subject=asked.name, detail=asked.address)
        return page(asked, "password", 422, mistake=asked.say("password.old_is_wrong"))
    try:
        set_password(asked.store, asked.name, new, at=at, by=asked.name)
    except UsageError:
        return page(asked, "password", 422, mistake=asked.say("password.rules"))
    answer = redirect(HOME)
    _set(asked, answer, SESSION_COOKIE, sessions.begin(asked.store, asked.name, at=at))
    return answer


def _form(came: Visit, status: int = 200, *, is_wrong: bool = False,
          say_wait: int = 0) -> Response:  # fmt: skip
    known = came.token or secrets.token_urlsafe(32)
    visitor = Visit(came.desk, came.request, came.form, known)
    wanted = came.form.one("next") or came.request.query_params.get("next", "")
    answer = page(visitor, "login", status, is_wrong=is_wrong, minutes=say_wait,
                  wanted=_within(wanted))  # fmt: skip
    if not came.token:
        _set(came, answer, VISITOR_COOKIE, known)
    return answer


def _spoken(came: Visit) -> Response:
    chosen = came.form.one("language")
    answer = redirect(_within(came.form.one("back")))
    if chosen in LANGUAGES:
        _set(came, answer, LANGUAGE_COOKIE, chosen, max_age=_YEAR)
    return answer


def _set(
    came: Visit, answer: Response, name: str, value: str, *, max_age: int | None = None
) -> None:
    """Sent back over TLS only, but for a browser on this machine."""
    local = came.request.url.hostname in _LOOPBACK and came.request.url.scheme == "http"
    answer.set_cookie(
        name, value, path="/desk", httponly=True, samesite="strict", secure=not local,
        max_age=max_age,
    )  # fmt: skip


def _within(path: str) -> str:
    """A page of the Desk, never of another site."""
    safe = path.startswith("/desk/") and not set(path) & set("\\\r\n") and "//" not in path
    return path if safe and not path.startswith("/desk/log") else HOME
