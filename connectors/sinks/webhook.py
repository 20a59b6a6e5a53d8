"""Signed webhook: one POST per change, to a receiver that you build or a tool that takes such.

Flow: changes → POST with `webhook-id`, `webhook-timestamp`, `webhook-signature` → a result by the
answer's status. The id is the change's, so that a receiver that remembers ids does nothing twice.
It is signed by `stamm.webhooks`; docs/sinks.md shows how a receiver verifies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr, field_validator

from connectors.answers import place
from connectors.credentials import FixedHeader
from connectors.http import HttpClient, Limits, Request
from connectors.settings import HttpSink
from connectors.sinks.reasons import without_values
from connectors.sinks.sink import Change, Operation, Result, SinkSystem
from stamm.clock import Clock
from stamm.errors import ContractBroken, CredentialsRefused, Unreachable
from stamm.webhooks import key_of, signed

if TYPE_CHECKING:
    import requests

_ANSWER = 1 << 16  # bytes; all that is read of it is a key or a reason
_TYPES: Mapping[Operation, str] = {
    "create": "customer.created",
    "update": "customer.updated",
    "merge": "customer.merged",
    "withdraw": "customer.withdrawn",
    "delete": "customer.deleted",
}


class WebhookSettings(HttpSink):
    """An address that takes POST, and the secret that both sides know."""

    secret: SecretStr = Field(description="whsec_ and 24 to 64 bytes in base64.")
    previous_secret: SecretStr | None = Field(
        default=None, description="While you change it: each message is signed with both."
    )

    @field_validator("secret", "previous_secret")
    @classmethod
    def _is_akey_of(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            key_of(secret)
        return secret


class Webhook:
    """Sends one change per request, in order."""

    def __init__(self, settings: WebhookSettings, clock: Clock) -> None:
        secrets = (settings.secret, settings.previous_secret)
        self._url = settings.url
        self._clock = clock
        self._keys = [key_of(secret) for secret in secrets if secret is not None]
        self._client = HttpClient(
            settings.url,
            FixedHeader("Content-Type", "application/json"),
            clock,
            limits=Limits(
                read=30.0,
                waiting=settings.patience,
                per_minute=settings.requests_per_minute,
                answer=_ANSWER,
                redirects=0,
            ),
            seal=self._signature,
        )

    def send(self, changes: Sequence[Change]) -> Iterator[Result]:
        """A result per change; raises if the receiver refuses us, or sends us elsewhere."""
        for change in changes:
            yield self._sent(change)

    def close(self) -> None:
        self._client.close()

    def _sent(self, change: Change) -> Result:
        request = Request(
            "POST", self._url, body=self._message(change), headers={"webhook-id": change.change_id}
        )
        try:
            answer = self._client.deliver(request)
        except Unreachable as failure:
            return Result(change.change_id, "failed", None, _why(failure))
        except CredentialsRefused as failure:
            raise CredentialsRefused(
                f"{place(self._url)}: expected the signature to be accepted, found {_why(failure)}",
                hint="Check that the receiver knows the secret, and that both clocks are right.",
            ) from failure
        except ContractBroken as failure:
            if "status" not in failure.facts:
                raise
            said = _said(failure.facts.get("body"), change)
            return Result(change.change_id, "refused", None, _why(failure) + said)
        return Result(change.change_id, "sent", _text_of(answer, "external_key"))

    def _message(self, change: Change) -> dict[str, Any]:
        data = {
            "customer_id": change.party_id,
            "external_key": change.external_key,
            "fields": dict(change.fields),
        }
        if change.operation == "merge":
            data |= {
                "into_customer_id": change.into_party_id,
                "into_external_key": change.into_external_key,
            }
        return {
            "type": _TYPES[change.operation],
            "timestamp": self._clock.now().isoformat(timespec="seconds"),
            "data": data,
        }

    def _signature(self, prepared: requests.PreparedRequest) -> Mapping[str, str]:
        """Of this attempt: a receiver refuses what was signed too long ago."""
        body = prepared.body or b""
        content = body.encode() if isinstance(body, str) else body
        return signed(self._keys, str(prepared.headers["webhook-id"]), content, self._clock.now())


def _why(failure: Unreachable | CredentialsRefused | ContractBroken) -> str:
    """Without the body of the answer: it may repeat what was sent."""
    status = failure.facts.get("status")
    return f"HTTP {status}" if status else failure.message


def _said(body: object, change: Change) -> str:
    """The reason that a receiver gives in its answer, without any value that it was sent.

    Of a change without values nobody here knows what the receiver may name, so it gives none.
    """
    reason = _text_of(body, "reason") if isinstance(body, bytes) and change.fields else None
    if not reason:
        return ""
    values = [*change.fields.values(), *change.whole.values(), change.external_key]
    return f": {without_values(reason, values)}"


def _text_of(body: bytes, name: str) -> str | None:
    """A text or number out of an answer in JSON; None if there is no such."""
    import orjson

    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    value = answer.get(name) if isinstance(answer, dict) else None
    return str(value) if isinstance(value, str | int) and value != "" else None


def _open(settings: WebhookSettings, clock: Clock) -> Webhook:
    return Webhook(settings, clock)


# A request each, so a batch saves nothing: a small one is held soon against who is suppressed.
SINK = SinkSystem("webhook", WebhookSettings, _open, batch=10)
