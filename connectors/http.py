"""One HTTP client for all systems: patient with servers, strict about where data may travel.

In: a `Request`. Out: the parsed JSON of the answer, or an error of `stamm.errors` that names
what happened. It retries what may pass (no answer, 429, 5xx, cut-off or foreign bodies) within
a budget and refuses to follow anything to another host.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

from connectors.answers import not_json, place, said, why_unanswered, without_errors
from connectors.json_bodies import parsed
from connectors.patience import Patience
from connectors.politeness import Pace
from stamm.clock import Clock
from stamm.errors import ContractBroken, CredentialsRefused, SourceError, Unreachable

if TYPE_CHECKING:
    import requests
    from requests.cookies import RequestsCookieJar

    from connectors.credentials import Credentials

Answered = TypeVar("Answered")

_CHUNK = 1 << 18
_FOR_EVER = 1e7  # seconds, four months
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Request:
    """A request as data. `path` stands below the source's address, or is a link it gave.

    `note` is not sent: what its paginator has to remember for the page after. `headers` are those
    of this one request.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)  # a list is sent as many
    body: Any = None
    note: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def having(self, **params: str) -> Request:
        """The same request with other parameters."""
        return replace(self, params={**self.params, **params})


@dataclass(frozen=True)
class Limits:
    """How patient and how trusting the client is. Times in seconds, sizes in bytes."""

    connect: float = 10.0
    read: float = 60.0
    attempts: int = 8
    waiting: float = 300.0  # all pauses of one request together
    longest_pause: float = 60.0
    per_minute: float | None = None  # requests; None: as many as the source allows
    answer: int = 128 << 20
    redirects: int = 3


class _PassingError(Exception):
    """A failure that may pass; `final` is raised when patience ends."""

    def __init__(self, final: SourceError, pause: float | None = None) -> None:
        super().__init__(str(final))
        self.final = final
        self.pause = pause


class HttpClient:
    """Asks one system. `credentials` sign each request and may be renewed once on a 401.

    `seal` gives headers that hang on the request as it leaves, anew at each attempt. Safe for
    several threads: each has connections of its own, which stay open from one stream to the next;
    pace, token and the cookies of a login are one for all.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        clock: Clock,
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        seal: Callable[[requests.PreparedRequest], Mapping[str, str]] | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._limits = limits or Limits()
        self._seal = seal
        self._pace = Pace(clock, self._limits.per_minute)
        self._headers = {"Accept": "application/json", **(headers or {}), "User-Agent": "stamm"}
        self._renewing = threading.Lock()
        self._renewals = 0
        self._login: RequestsCookieJar | None = None
        self._own = threading.local()
        self._sessions: list[requests.Session] = []

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def _session(self) -> requests.Session:
        """This thread's own."""
        import requests

        if not hasattr(self._own, "session"):
            session = requests.Session()
            session.headers.update(self._headers)
            # A proxy set for the way out must not get what stays on this machine.
            session.trust_env = urlsplit(self._url).hostname not in _LOOPBACK
            self._own.session = session
            self._sessions.append(session)
        own: requests.Session = self._own.session
        return own

    def ask(self, request: Request) -> Any:
        """The JSON of the answer; raises `Unreachable`, `CredentialsRefused`, `ContractBroken`."""
        return self._patiently(lambda: self._authorised(request))

    def deliver(self, request: Request) -> bytes:
        """The body of an answer that says yes, whatever it holds; raises as `ask` does."""
        return self._patiently(lambda: self._taken(self._send(request)))

    def _taken(self, answer: requests.Response) -> bytes:
        body = self._body(answer, _asked(answer))
        self._judge_status(answer, body, _asked(answer))
        return body

    def _patiently(self, attempt: Callable[[], Answered]) -> Answered:
        limits = self._limits
        patience = Patience(
            self._clock,
            attempts=limits.attempts,
            waiting=limits.waiting,
            longest_pause=limits.longest_pause,
        )
        while True:
            try:
                return attempt()
            except _PassingError as passing:
                if passing.pause is not None:  # what is asked of one is meant for all
                    self._pace.hold(timedelta(seconds=passing.pause))
                if not patience.again(passing.pause):
                    raise passing.final from passing

    def _authorised(self, request: Request) -> Any:
        """One attempt; an expired token is renewed once, then a refusal is meant."""
        known = self._renewals
        if not self._credentials.ready():
            self._renew(known)
            known = self._renewals
        try:
            return self._parsed(self._send(request))
        except CredentialsRefused as refused:
            if refused.facts.get("status") == 403 or not self._credentials.renewable:
                raise
        self._renew(known)
        return self._parsed(self._send(request))

    def _renew(self, known: int) -> None:
        """A fresh token, unless another thread has just got one: `known` were there before."""
        with self._renewing:
            if self._renewals != known:
                return
            request = self._credentials.renewal()
            if request is not None:
                answer = self._send(request, signed=False)
                document, self._login = self._parsed(answer), answer.cookies
                self._credentials.renewed(document, answer.headers)
            self._renewals += 1

    def _send(self, request: Request, *, signed: bool = True) -> requests.Response:
        import requests

        url = self._within(request.path)
        params: Mapping[str, Any] | None = request.params
        method, body = request.method, request.body
        for _ in range(self._limits.redirects + 1):
            self._pace.wait()
            try:
                answer = self._session().request(
                    method,
                    url,
                    params=params,
                    json=body,
                    headers=request.headers,
                    auth=self._sign if signed else _unsigned,
                    # A login may live in a cookie, and only one thread's session was given it.
                    cookies=self._login if signed else None,
                    timeout=(self._limits.connect, self._limits.read),
                    allow_redirects=False,
                    stream=True,
                )
            except requests.RequestException as failure:
                self._pace.heard(None)
                raise _PassingError(self._unreachable(failure)) from failure
            self._pace.heard(answer.headers)
            if answer.status_code not in (301, 302, 303, 307, 308):
                return answer
            url, params = self._within(answer.headers.get("Location", ""), url), None
            if answer.status_code == 303:
                method, body = "GET", None
            answer.close()
        raise ContractBroken(f"{place(url)}: more than {self._limits.redirects} redirects")

    def _sign(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        # As `auth`, because a ~/.netrc would otherwise replace the header in silence.
        prepared.headers.update(self._credentials.headers())
        if self._seal is not None:
            prepared.headers.update(self._seal(prepared))
        return prepared

    def _within(self, link: str, seen_at: str | None = None) -> str:
        """The absolute address of a path or link; raises if it leaves the source's host."""
        if seen_at is None and not urlsplit(link).netloc:
            return f"{self._url}/{link.lstrip('/')}"
        target = urljoin(seen_at or f"{self._url}/", link)
        if urlsplit(target)[:2] != urlsplit(self._url)[:2]:
            raise ContractBroken(
                f"{place(self._url)} points to another host: {place(target)}; not followed",
                hint="Data and credentials stay with the host named in stamm.yaml.",
            )
        return target

    def _parsed(self, answer: requests.Response) -> Any:
        where, body = _asked(answer), self._taken(answer)
        try:
            document = parsed(body)
        except RecursionError:
            raise ContractBroken(f"{where}: the answer is nested too deep to be read") from None
        except ValueError as failure:
            raise _PassingError(not_json(answer, body, where, failure)) from failure
        return without_errors(document, where)

    def _body(self, answer: requests.Response, where: str) -> bytes:
        """The whole body, never more than the limit."""
        import requests

        pieces, size = [], 0
        try:
            for piece in answer.iter_content(_CHUNK):
                size += len(piece)
                if size > self._limits.answer:
                    raise ContractBroken(
                        f"{where}: the answer is larger than {self._limits.answer >> 20} MB",
                        hint="Ask for smaller pages.",
                    )
                pieces.append(piece)
        except requests.RequestException as failure:
            cut = Unreachable(f"{where}: the answer was cut off after {size:,} bytes")
            raise _PassingError(cut) from failure
        finally:
            answer.close()
        return b"".join(pieces)

    def _judge_status(self, answer: requests.Response, body: bytes, where: str) -> None:
        status = answer.status_code
        if status < 300:
            return
        found = f"found HTTP {status}{said(answer, body)}"
        if status in (401, 403):
            raise CredentialsRefused(
                f"{where}: expected the credentials to be accepted, {found}",
                hint="Check the user or key in stamm.yaml, its validity and its rights.",
                status=status,
            )
        unanswered = f"{where}: expected an answer, {found}"
        if status in (408, 425, 429) or status >= 500:
            raise _PassingError(Unreachable(unanswered, status=status), self._retry_after(answer))
        hint = "Check the address in stamm.yaml."
        raise ContractBroken(unanswered, hint=hint, status=status, body=body)

    def _retry_after(self, answer: requests.Response) -> float | None:
        """The pause a server asks for, in seconds or as a date; None if it asks for none."""
        value = answer.headers.get("Retry-After", "").strip()
        if not value:
            return None
        try:
            seconds = float(value)
        except ValueError:
            seconds = self._until(value, answer)
        # Longer than anybody waits is told as such; neither inf nor nan is a time.
        return min(max(0.0, seconds), _FOR_EVER) if not math.isnan(seconds) else None

    def _until(self, date: str, answer: requests.Response) -> float:
        """Seconds to a date by the server's own clock; NaN if it is none."""
        try:
            return (parsedate_to_datetime(date) - self._server_now(answer)).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return math.nan

    def _server_now(self, answer: requests.Response) -> datetime:
        date = answer.headers.get("Date")
        return parsedate_to_datetime(date) if date else self._clock.now().astimezone(UTC)

    def _unreachable(self, failure: Exception) -> Unreachable:
        import requests

        return Unreachable(
            f"expected an answer from {place(self._url)}, found no answer: "
            f"{why_unanswered(failure)}",
            hint="Check the address in stamm.yaml, the network, and whether the system is up.",
            timed_out=isinstance(failure, requests.ReadTimeout),
        )


def _asked(answer: requests.Response) -> str:
    return f"{answer.request.method} {place(answer.url)}"


def _unsigned(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared
