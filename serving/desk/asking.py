"""One request at the Desk: who asks, in which language, with which form; and what is noted of it.

`seated(role)` is the dependency of each page behind the login. A form counts only if it comes from
a page of this very session; a request from another site is refused before anything is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request

from serving.api.reads import Read
from serving.api.views import View
from serving.desk import audit, sessions
from serving.desk.copies import Bench
from serving.desk.desk import Desk
from serving.desk.refusals import LoginNeeded, Refused
from serving.desk.sessions import Session
from serving.desk.texts import LANGUAGES, Say, preferred, speaker
from serving.desk.users import Role
from stamm.store import Store

SESSION_COOKIE = "stamm_desk"
VISITOR_COOKIE = "stamm_desk_visitor"  # stands in for a session in the forms before the login
LANGUAGE_COOKIE = "stamm_desk_language"
_HOLDERS = "select distinct party_id from xref_parties where record_id in (select unnest($r))"
_LONGEST_FORM = 64 * 1024


@dataclass(frozen=True)
class Form:
    """What a page sent; a field that is not there is empty."""

    fields: dict[str, list[str]]

    def one(self, name: str) -> str:
        return self.fields.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])


@dataclass(frozen=True)
class Visit:
    """What a page needs, also before the login."""

    desk: Desk
    request: Request
    form: Form
    token: str

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def language(self) -> str:
        chosen = self.request.cookies.get(LANGUAGE_COOKIE, "")
        accepts = self.request.headers.get("accept-language", "")
        return chosen if chosen in LANGUAGES else preferred(accepts)

    @property
    def say(self) -> Say:
        return speaker(self.language)

    @property
    def csrf(self) -> str:
        return sessions.csrf_of(self.store, self.token)

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else ""


@dataclass(frozen=True)
class Asked(Visit):
    """A request of somebody who is logged in."""

    session: Session

    @property
    def name(self) -> str:
        return self.session.user.name

    @cached_property
    def view(self) -> View:
        """The one view of the published build that the whole page is read from."""
        return self.desk.service.published.current()

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """The last run; `hidden` are also those whom the published build or a suppression hides,
        and the ids under which the build still shows records that the run restricts."""
        with self.desk.copies.bench() as bench:
            holders = self._holders(bench.restricted)
            yield replace(bench, hidden=bench.hidden | holders | self.view.hidden.parties)

    def _holders(self, restricted: tuple[str, ...]) -> set[str]:
        """Ids that hold these records in the build; asked once per page."""
        if restricted and restricted not in self._held:
            rows = self.view.rows(_HOLDERS, {"r": restricted})
            self._held[restricted] = {row["party_id"] for row in rows}
        return self._held.get(restricted, set())

    @cached_property
    def _held(self) -> dict[tuple[str, ...], set[str]]:
        return {}

    def note(self, action: str, subject: str = "", detail: str = "") -> None:
        """Into the audit trail."""
        audit.note(
            self.store, self.name, action, at=self.desk.now(), subject=subject, detail=detail
        )

    def log_reads(self, operation: str, purpose: str, people: Iterable[str]) -> None:
        """Whose data this page shows, into the log of reads, before they leave."""
        at, build = datetime.now(UTC), self.view.build.build_id
        self.desk.service.reads.add(
            [
                Read(at, f"desk:{self.name}", purpose, f"desk {operation}", build, party)
                for party in dict.fromkeys(people)
            ]
        )


async def read_form(request: Request) -> Form:
    """The fields of a form; Refused if it is too long or comes from another site."""
    if request.method != "POST":
        return Form({})
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "refused.other_site")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise Refused(413, "refused.too_long")
    try:
        return Form(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        raise Refused(422, "refused.no_form") from None


Sent = Annotated[Form, Depends(read_form)]


def visit(request: Request, form: Sent) -> Visit:
    """Anybody. A form needs the token of the page that it was on."""
    desk: Desk = request.app.state.desk
    token = request.cookies.get(VISITOR_COOKIE, "")
    found = Visit(desk, request, form, token)
    if request.method == "POST":
        _check_form(found)
    return found


def seated(role: Role | None = None) -> Callable[..., Asked]:
    """The dependency of a page for everybody who is logged in, or only for this role."""

    def _seated(request: Request, form: Sent) -> Asked:
        desk: Desk = request.app.state.desk
        token = request.cookies.get(SESSION_COOKIE, "")
        session = sessions.session_of(desk.store, token, at=desk.now()) if token else None
        if session is None:
            raise LoginNeeded
        asked = Asked(desk, request, form, token, session)
        if request.method == "POST":
            _check_form(asked)
        if role and session.user.role != role:
            asked.note("was refused", subject=request.url.path)
            raise Refused(403, "refused.role")
        return asked

    return _seated


def _check_form(found: Visit) -> None:
    if not found.token or not sessions.is_csrf(found.store, found.token, found.form.one("csrf")):
        raise Refused(403, "refused.csrf")
