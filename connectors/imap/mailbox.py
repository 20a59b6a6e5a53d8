"""One connection to an IMAP server: the few commands that reading takes, failures in our errors.

Folders are only ever examined, and headers only peeked at, so that nothing is marked as seen.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from connectors.imap.names import listed, to_wire
from connectors.imap.settings import ImapSource
from stamm.errors import ContractBroken, CredentialsRefused, InputError, SourceError, Unreachable
from stamm.redaction import register_secret

_SECONDS = 60.0
_LISTED_AT_ONCE = 50_000  # UIDs in one answer: Python's client takes a megabyte a line
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")  # RFC 5530
_UID = re.compile(rb"\bUID (\d+)")
_RECEIVED = re.compile(rb'\bINTERNALDATE "([^"]*)"')
_MESSAGES = re.compile(rb"\bMESSAGES (\d+)")


@dataclass(frozen=True)
class Folder:
    """An examined folder."""

    name: str
    uidvalidity: int
    messages: int


@dataclass(frozen=True)
class Envelope:
    """One message as FETCH tells it. `received` is ISO 8601 in UTC, or what came instead."""

    uid: int
    received: str
    headers: bytes


class Mailbox:
    """An account that has been entered. Every method may raise `SourceError`."""

    def __init__(self, source: ImapSource) -> None:
        self._place = f"{source.host}:{source.port}"
        self._imap = self._safely(lambda: _connected(source))
        self._safely(lambda: self._enter(source))

    def close(self) -> None:
        """Leave; a connection that is gone already is none to leave."""
        try:
            self._imap.logout()
        except (imaplib.IMAP4.error, OSError):
            self._imap.shutdown()

    def folders(self) -> dict[str, frozenset[str]]:
        r"""Name → marks, such as `\sent`, of every folder."""
        # Those that cannot be asked for the marks mostly tell them unasked.
        asks = {"SPECIAL-USE", "LIST-EXTENDED"} <= set(self._imap.capabilities)
        pattern = '"*" RETURN (SPECIAL-USE)' if asks else '"*"'
        return dict(listed(self._asked(lambda: self._imap.list('""', pattern))))

    def count(self, folder: str) -> int:
        """How many messages it holds, without opening it."""
        answer = self._asked(lambda: self._imap.status(to_wire(folder), "(MESSAGES)"), folder)
        found = _MESSAGES.search(b" ".join(_flat(answer)))
        if found is None:
            raise ContractBroken(f"{self._place}: expected MESSAGES of {folder}, found none")
        return int(found.group(1))

    def examine(self, folder: str) -> Folder:
        """Open a folder for reading."""
        wire = to_wire(folder)
        answer = self._asked(lambda: self._imap.select(wire, readonly=True), folder)
        validity = self._imap.response("UIDVALIDITY")[1][0]
        if validity is None:
            raise ContractBroken(f"{self._place}: expected UIDVALIDITY of {folder}, found none")
        return Folder(folder, int(validity), int(answer[0] or 0))

    def uids(self, folder: Folder, since: date | None = None) -> list[int]:
        """UIDs of the examined folder, ascending; with `since` of messages of that day or later."""
        found: set[int] = set()
        later = [] if since is None else ["SINCE", _day(since)]
        for first in range(1, folder.messages + 1, _LISTED_AT_ONCE):
            last = first + _LISTED_AT_ONCE - 1
            # The number of the last one may have changed since the folder was opened.
            span = f"{first}:{last if last < folder.messages else '*'}"
            answer = self._asked(partial(self._uid, "SEARCH", span, *later))
            found.update(map(int, b" ".join(_flat(answer)).split()))
        return sorted(found)

    def fetch(self, uids: Sequence[int], headers: Sequence[str]) -> Iterator[Envelope]:
        """The messages between the first and the last UID that are still there."""
        span = f"{uids[0]}:{uids[-1]}"
        names = " ".join(headers).upper()
        items = f"(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS ({names})])"
        return _envelopes(self._asked(lambda: self._uid("FETCH", span, items)))

    # ---- asking ----

    def _uid(self, command: str, *arguments: str) -> tuple[str, list[Any]]:
        kind, answer = self._imap.uid(command, *arguments)
        return kind, answer

    def _asked(self, command: Callable[[], tuple[str, list[Any]]], folder: str = "") -> list[Any]:
        kind, answer = self._safely(command)
        if kind == "OK":
            return list(answer)
        said = b" ".join(_flat(answer)).decode("utf-8", errors="replace")
        if any(code in said for code in _PASSING):
            raise self._gone(said)
        known = f" (there are {', '.join(sorted(self.folders()))})" if folder else ""
        raise ContractBroken(
            f"{self._place}: expected {folder or 'an answer'}{known}, found: {said}",
            hint="Check folders in stamm.yaml; they are named as people see them."
            if folder
            else "",
        )

    def _enter(self, source: ImapSource) -> None:
        user, password = source.username, source.password.get_secret_value()
        register_secret(password)
        try:
            if "AUTH=PLAIN" in self._imap.capabilities:  # takes any letters, LOGIN only ASCII
                secret = f"\0{user}\0{password}".encode()
                self._imap.authenticate("PLAIN", lambda _: secret)
            else:
                self._imap.login(user, password)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeEncodeError) as failure:
            if any(code in str(failure) for code in _PASSING):
                raise self._gone(str(failure)) from failure
            raise CredentialsRefused(
                f"{self._place}: expected user and password to be accepted, found them refused",
                hint="Check username and password in stamm.yaml; many providers want an app "
                "password.",
                status=401,  # as a web server says it of all its streams
            ) from failure
        # What is offered may grow once one is in.
        capabilities = self._imap.capability()[1]
        self._imap.capabilities = tuple(b" ".join(_flat(capabilities)).decode().upper().split())

    def _safely(self, command: Callable[[], Any]) -> Any:
        try:
            return command()
        except ssl.SSLCertVerificationError as failure:
            raise Unreachable(
                f"{self._place}: expected a certificate that is trusted, found: "
                f"{failure.verify_message}",
                hint="Name the authority that signed it as ca_file, or mend the server's.",
            ) from failure
        except (imaplib.IMAP4.abort, OSError) as failure:
            raise self._gone(str(failure)) from failure
        except imaplib.IMAP4.error as failure:
            raise ContractBroken(f"{self._place}: expected IMAP, found: {failure}") from failure

    def _gone(self, said: str) -> SourceError:
        return Unreachable(
            f"{self._place}: expected an answer, found: {said}",
            hint="Check host and port in stamm.yaml, the network, and whether the server is up. "
            "The next run goes on where this one stopped.",
        )


def _connected(source: ImapSource) -> imaplib.IMAP4:
    if source.insecure:
        return imaplib.IMAP4(source.host, source.port, timeout=_SECONDS)
    path = source.ca_file
    if path is not None and not path.is_file():
        raise InputError(
            f"sources.{source.name}.ca_file: expected a certificate, found no file {path.name!r}",
            hint="Check the path; relative ones begin at stamm.yaml.",
        )
    context = ssl.create_default_context(cafile=str(path) if path else None)
    return imaplib.IMAP4_SSL(source.host, source.port, ssl_context=context, timeout=_SECONDS)


def _day(day: date) -> str:
    return f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year:04}"


def _flat(answer: Sequence[Any]) -> list[bytes]:
    """All bytes of an answer; literals come as pairs, nothing as None."""
    parts = [part for piece in answer for part in (piece if isinstance(piece, tuple) else (piece,))]
    return [part for part in parts if isinstance(part, bytes)]


def _envelopes(answer: Sequence[Any]) -> Iterator[Envelope]:
    """A literal comes as a pair, what follows it as a piece of its own; some have no literal."""
    pieces = iter([*answer, None])
    piece = next(pieces)
    while piece is not None:
        following = next(pieces)
        head, headers = piece if isinstance(piece, tuple) else (piece, b"")
        told = head
        if isinstance(piece, tuple) and isinstance(following, bytes):
            told, following = head + b" " + following, next(pieces)
        uid, received = _UID.search(told), _RECEIVED.search(told)
        if uid and received:  # news of flags have no date
            yield Envelope(int(uid.group(1)), _moment(received.group(1)), headers)
        piece = following


def _moment(text: bytes) -> str:
    """`17-Jul-2026 02:44:25 +0200` in UTC; what is none stays as it came."""
    given = text.decode("ascii", errors="replace").strip()
    try:
        return parsedate_to_datetime(given.replace("-", " ", 2)).astimezone(UTC).isoformat()
    except (ValueError, TypeError, OverflowError):
        return given
