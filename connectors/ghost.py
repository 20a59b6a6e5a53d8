"""Ghost: members, their subscribing and unsubscribing, and the newsletters, over its Admin API.

Flow: REST `/ghost/api/admin/<resource>/` → landing. Try it: `stamm check`.
Source: Ghost 5 documentation, "Admin API"; `EventRepository.js` and `MemberBREADService.js` of
5.130; verified against a running server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from connectors.bases import MARKETING, MEASUREMENT
from connectors.http import Request
from connectors.iso8601 import first_of, moment
from connectors.paging import Answered, HttpReader, http_reader, less, member, records_of
from connectors.settings import HttpSource
from connectors.source import About, Cursor, FieldGroup, Record, Stream, System, Window
from stamm.clock import Clock
from stamm.errors import ContractBroken
from stamm.redaction import register_secret

_API = "/ghost/api/admin"
_VERSION = {"Accept-Version": "v5.130"}
_VALID = timedelta(minutes=5)  # the server takes no token that is older, whatever its own end says
_RENEWED_AFTER = timedelta(minutes=4)
_WIRE = "%Y-%m-%d %H:%M:%S"  # as its database writes moments (UTC); the filter compares text


class GhostSource(HttpSource):
    """A site and the Admin API key of an integration.

    `url` is the address below which `/ghost` lies: https://news.example.
    """

    api_key: SecretStr = Field(description="The integration's Admin API key, id:secret.")

    @field_validator("api_key")
    @classmethod
    def _has_two_parts(cls, key: SecretStr) -> SecretStr:
        name, _, secret = key.get_secret_value().partition(":")
        try:
            usable = bool(name and bytes.fromhex(secret))
        except ValueError:
            usable = False
        if not usable:
            raise PydanticCustomError(
                "api_key", "expected an Admin API key, id:secret with the secret in hexadecimal"
            )
        return key


class AdminKey:
    """Signs a token of five minutes (RFC 7519, HS256) and, before it expires, the next one.

    The server judges a token's age by its own clock. Where it refuses one, it is asked for the
    time, and tokens bear that from then on.
    """

    renewable = True

    def __init__(self, key: str, clock: Clock) -> None:
        self._id, _, secret = key.partition(":")
        register_secret(key)
        register_secret(secret)
        self._secret = bytes.fromhex(secret)
        self._clock = clock
        self._ahead = timedelta()  # the server's clock of ours
        self._token = ""
        self._signed_at = clock.now()

    def ready(self) -> bool:
        """Nobody is asked for a token: the key itself makes it."""
        return True

    def headers(self) -> Mapping[str, str]:
        if not self._token or self._clock.now() >= self._signed_at + _RENEWED_AFTER:
            self._sign()
        return {"Authorization": f"Ghost {self._token}"}

    def renewal(self) -> Request:
        """What everybody may ask; its answer tells the time."""
        return Request("GET", f"{_API}/site/")

    def renewed(self, answer: Any, headers: Mapping[str, str]) -> None:  # noqa: ARG002 - protocol
        try:
            there = parsedate_to_datetime(headers["Date"])
        except (KeyError, ValueError):
            return  # the refusal stands
        self._ahead = there - self._clock.now()
        self._token = ""

    def _sign(self) -> None:
        self._signed_at = self._clock.now()
        at = int((self._signed_at + self._ahead).timestamp())
        claims = {"iat": at, "exp": at + int(_VALID.total_seconds()), "aud": "/admin/"}
        content = f"{_encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': self._id})}.{_encoded(claims)}"
        signature = hmac.new(self._secret, content.encode(), hashlib.sha256).digest()
        self._token = f"{content}.{_base64(signature)}"
        register_secret(self._token)


def _encoded(part: Mapping[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class IdPages:
    """Pages in order of the id, each from the last id on; its total counts what is left.

    No page tells a total: who signs up meanwhile comes last and is read as well.
    """

    member: str
    size: int = 100  # more is cut down to it in silence
    without: tuple[str, ...] = ()

    def first(self, stream: Stream, window: Window) -> Request:  # noqa: ARG002 - read whole
        return Request("GET", stream.path, {"order": "id asc", "limit": str(self.size)})

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = records_of(stream, body, self.member)
        if not rows or self.counted(stream, body) <= len(rows):
            return Answered(self._kept(rows), None)
        last = member(stream, rows[-1], "id")
        return Answered(self._kept(rows), request.having(filter=f"id:>'{last}'"))

    def _kept(self, rows: list[Record]) -> list[Record]:
        return [less(row, self.without) for row in rows]

    def count(self, stream: Stream) -> Request:
        return Request("GET", stream.path, {"limit": "1"})

    def counted(self, stream: Stream, body: Any) -> int:
        return int(member(stream, body, "meta", "pagination", "total"))


@dataclass(frozen=True)
class EventPages:
    """Events of one type, newest first (the server knows no other order), by moment and id.

    The moment alone is not enough, for many events share one. A request's note is its filter
    without the place in the list; only the first page counts the whole window.
    """

    kind: str
    size: int = 500
    without: tuple[str, ...] = ()

    def first(self, stream: Stream, window: Window) -> Request:
        wanted = f"type:{self.kind}"
        if window.since:
            wanted += f"+data.created_at:>='{window.since:{_WIRE}}'"
        if window.end:
            wanted += f"+data.created_at:<='{window.end:{_WIRE}}'"
        params = {"filter": wanted, "limit": str(self.size)}
        return replace(Request("GET", stream.path, params), note=wanted)

    def answered(self, stream: Stream, request: Request, body: Any) -> Answered:
        rows = records_of(stream, body, "events")
        left, wanted = self.counted(stream, body), request.note
        total = left if request.params["filter"] == wanted else None
        events = [self._flat(row) for row in rows]
        if not rows or left <= len(rows):
            return Answered(events, None, total)
        at = f"{_happened(stream, rows[-1]):{_WIRE}}"
        last = member(stream, rows[-1], "data", "id")
        older = f"{wanted}+(data.created_at:<'{at}',(data.created_at:'{at}'+id:<'{last}'))"
        return Answered(events, request.having(filter=older), total)

    def _flat(self, row: Any) -> Any:
        """The event as one record: its content lies one level deeper than its type."""
        if not isinstance(row, dict) or not isinstance(row.get("data"), dict):
            return row
        return {"type": row.get("type"), **less(row["data"], self.without)}

    def count(self, stream: Stream) -> Request:
        return Request("GET", stream.path, {"filter": f"type:{self.kind}", "limit": "1"})

    def counted(self, stream: Stream, body: Any) -> int:
        return int(member(stream, body, "meta", "pagination", "total"))


def _happened(stream: Stream, row: Any) -> datetime:
    wire = member(stream, row, "data", "created_at")
    try:
        return moment(wire)
    except (TypeError, ValueError) as failure:
        raise ContractBroken(
            f"{stream.name}: expected data.created_at to be a moment, found none",
            hint="Events are paged by it. Look at the newest events in the site's database.",
        ) from failure


_CHANGED = Cursor("updated_at", first_of("updated_at", "created_at"))

STREAMS = (
    Stream(
        "members",
        ("id",),
        MARKETING,
        f"{_API}/members/",
        cursor=_CHANGED,
        # Who has it unsubscribes the member, without a login.
        paginate=IdPages("members", without=("unsubscribe_url",)),
        incremental=False,  # subscriptions, labels and counts change and leave updated_at
        mandatory=("email",),
        field_groups=(
            FieldGroup(
                "engagement",
                (
                    "email_count", "email_opened_count", "email_open_rate", "last_seen_at",
                    "geolocation",
                ),
                MEASUREMENT,
            ),
        ),
    ),
    Stream(
        "member_events",
        ("id",),
        MARKETING,
        f"{_API}/members/events/",
        cursor=Cursor("created_at", first_of("created_at")),
        # Both stand there as they are now, and would grow old in an event that never changes.
        paginate=EventPages("newsletter_event", without=("member", "newsletter")),
        sweep=timedelta(days=7),
        mandatory=("member_id", "subscribed", "created_at"),
    ),
    Stream(
        "newsletters",
        ("id",),
        MARKETING,
        f"{_API}/newsletters/",
        cursor=_CHANGED,
        paginate=IdPages("newsletters"),
        incremental=False,  # there are few
        mandatory=("name",),
    ),
)  # fmt: skip

ABOUT = About(
    title="Ghost 5",
    category="e-mail",
    rights="A custom integration; its Admin API key may do all that an administrator may.",
    limits="None of the server's own for this API. A page holds 100 members, however many are"
    " asked for.",
    verified="Ghost 5.130, the server from its package, SQLite.",
    traps=(
        "An unsubscribe, a label and its renaming leave a member's updated_at as it was, so"
        " members are read whole each time; when and by whom was unsubscribed stands in"
        " member_events.",
        "Many events share one moment (an import, a newsletter for all): paging by"
        " created_at < last loses those beyond the page. Paging goes by moment and id.",
        "Events come newest first only, and a page of them holds the member as it is now.",
        "A bound in a filter is compared as text where the database is SQLite: one with T and Z"
        " leaves out what happened on that day. limit=all of events brings none.",
        "A deleted member takes its events along.",
        "A token's age is judged by the server's clock: where ours is minutes behind, it is refused"
        " until the server was asked for the time.",
        "A moment that is not readable in the database is shown as the present one.",
        "newsletters of a member names the active ones; archiving one leaves it out for all.",
        "A token older than five minutes is refused, whatever its own end says; the key signs"
        " the next one before.",
    ),
)


def _open(source: GhostSource, clock: Clock) -> HttpReader:
    return http_reader(source, AdminKey(source.api_key.get_secret_value(), clock), clock, _VERSION)


SYSTEM = System("ghost", GhostSource, STREAMS, _open, ABOUT)
