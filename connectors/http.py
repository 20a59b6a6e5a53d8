"""One HTTP client for all systems: patient with servers, strict about where data may travel.

In: a `Request`. Out: the parsed JSON of the answer, or an error of `stamm.errors` that names
what happened. It retries what may pass (no answer, 429, 5xx, cut-off or foreign bodies) within
a budget and refuses to follow anything to another host.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from connectors.answers import not_json, place, said, why_unanswered, without_errors
from connectors.politeness import Pace
from stamm.clock import Clock
from stamm.errors import ContractBroken, CredentialsRefused, SourceError, Unreachable

if TYPE_CHECKING:
    import requests

    from connectors.credentials import Credentials

_CHUNK = 1 << 18
_TOO_DEEP = re.compile("depth|recursion", re.IGNORECASE)  # as versions of the parser put it
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Request:
    """A request as data. `path` stands below the source's address, or is a link it gave.

    `note` is not sent: what its paginator has to remember for the page after.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)  # a list is sent as many
    body: Any = None
    note: str = ""

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
    """Asks one source. `credentials` sign each request and may be renewed once on a 401."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        clock: Clock,
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        import requests

        self._url = url.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._limits = limits or Limits()
        self._pace = Pace(clock, self._limits.per_minute)
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", **(headers or {})})
        self._session.headers["User-Agent"] = "stamm"
        # A proxy set for the way out must not get what stays on this machine.
        self._session.trust_env = urlsplit(url).hostname not in _LOOPBACK

    def close(self) -> None:
        self._session.close()

    def ask(self, request: Request) -> Any:
        """The JSON of the answer; raises `Unreachable`, `CredentialsRefused`, `ContractBroken`."""
        return self._patiently(lambda: self._authorised(request))

    def _patiently(self, attempt: Callable[[], Any]) -> Any:
        waited = 0.0
        for number in range(1, self._limits.attempts + 1):
            try:
                return attempt()
            except _PassingError as passing:
                pause = self._backoff(number) if passing.pause is None else passing.pause
                patience = number < self._limits.attempts
                if not patience or waited + pause > self._limits.waiting:
                    raise passing.final from passing
                self._clock.sleep(pause)
                waited += pause
        raise AssertionError("attempts is at least 1")

    def _backoff(self, attempt: int) -> float:
        ceiling: float = min(self._limits.longest_pause, 0.5 * 2.0**attempt)
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret

    def _authorised(self, request: Request) -> Any:
        """One attempt; an expired token is renewed once, then a refusal is meant."""
        if not self._credentials.ready():
            self._renew()
        try:
            return self._parsed(self._send(request))
        except CredentialsRefused as refused:
            if refused.facts.get("status") == 403 or not self._credentials.renewable:
                raise
        self._renew()
        return self._parsed(self._send(request))

    def _renew(self) -> None:
        request = self._credentials.renewal()
        if request is not None:
            answer = self._send(request, signed=False)
            self._credentials.renewed(self._parsed(answer), answer.headers)

    def _send(self, request: Request, *, signed: bool = True) -> requests.Response:
        import requests

        url = self._within(request.path)
        params: Mapping[str, Any] | None = request.params
        method, body = request.method, request.body
        for _ in range(self._limits.redirects + 1):
            self._pace.wait()
            try:
                answer = self._session.request(
                    method,
                    url,
                    params=params,
                    json=body,
                    auth=self._sign if signed else _unsigned,
                    timeout=(self._limits.connect, self._limits.read),
                    allow_redirects=False,
                    stream=True,
                )
            except requests.RequestException as failure:
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
        import orjson

        where = f"{answer.request.method} {place(answer.url)}"
        body = self._body(answer, where)
        self._judge_status(answer, body, where)
        try:
            return without_errors(orjson.loads(body), where)
        except orjson.JSONDecodeError as failure:
            if _TOO_DEEP.search(str(failure)):
                raise ContractBroken(f"{where}: the answer is nested too deep to be read") from None
            raise _PassingError(not_json(answer, body, where)) from failure

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
        raise ContractBroken(unanswered, hint="Check the address in stamm.yaml.", status=status)

    def _retry_after(self, answer: requests.Response) -> float | None:
        """The pause a server asks for, in seconds or as a date; None if it asks for none."""
        value = answer.headers.get("Retry-After", "").strip()
        if not value:
            return None
        try:
            return max(0.0, float(value))
        except ValueError:
            pass
        try:
            return max(
                0.0, (parsedate_to_datetime(value) - self._server_now(answer)).total_seconds()
            )
        except (TypeError, ValueError):
            return None

    def _server_now(self, answer: requests.Response) -> datetime:
        date = answer.headers.get("Date")
        return parsedate_to_datetime(date) if date else self._clock.now().astimezone(UTC)

    def _unreachable(self, failure: Exception) -> Unreachable:
        return Unreachable(
            f"expected an answer from {place(self._url)}, found no answer: "
            f"{why_unanswered(failure)}",
            hint="Check the address in stamm.yaml, the network, and whether the system is up.",
        )


def _unsigned(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared
