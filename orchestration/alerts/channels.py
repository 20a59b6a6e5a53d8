"""How an alert leaves: a signed POST, or a mail over SMTP.

Each channel raises `StammError` or `OSError` where it could not; nobody waits for one longer than
some seconds, as a run stands behind it.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import TYPE_CHECKING, Protocol

from orchestration.alerts.kinds import PUBLISHED_STANDS, Alert
from stamm.alert_settings import AlertMail, AlertSettings, AlertWebhook
from stamm.clock import Clock
from stamm.errors import ContractBroken, StammError
from stamm.webhooks import key_of, signed

if TYPE_CHECKING:
    import requests

_SECONDS = 10.0
_ANSWER = 1 << 16  # bytes; nothing of it is read
_NOT_THIS_ONE = (400, 413, 422)  # what a receiver says of a message rather than of its sender


class AlertRefused(StammError):
    """The receiver works and will not have this very alert; it may well take another."""


class Channel(Protocol):
    """One way to tell."""

    def tell(self, alert: Alert) -> None:
        """Returns once it is taken; raises `AlertRefused`, or `StammError` or `OSError` else."""
        ...


def channels(settings: AlertSettings, clock: Clock) -> Mapping[str, Channel]:
    """Those that stamm.yaml names."""
    found: dict[str, Channel] = {}
    if settings.webhook is not None:
        found["webhook"] = WebhookChannel(settings, settings.webhook, clock)
    if settings.email is not None:
        found["email"] = MailChannel(settings, settings.email)
    return found


def links(alert: Alert, settings: AlertSettings) -> dict[str, str]:
    """Where to read on: the runbook, and the run in Dagster if its pages have an address."""
    found = {"runbook": f"{settings.runbook}#{alert.kind.name}"}
    if settings.ui and alert.run_id:
        found["run"] = f"{settings.ui.rstrip('/')}/runs/{alert.run_id}"
    return found


class WebhookChannel:
    """Standard Webhooks; the message's id is the alert's, also when it is sent once more."""

    def __init__(self, settings: AlertSettings, webhook: AlertWebhook, clock: Clock) -> None:
        self._settings, self._webhook, self._clock = settings, webhook, clock

    def tell(self, alert: Alert) -> None:
        from contextlib import closing

        from connectors.credentials import FixedHeader
        from connectors.http import HttpClient, Limits, Request

        limits = Limits(
            connect=_SECONDS, read=_SECONDS, attempts=2, waiting=_SECONDS, answer=_ANSWER,
            redirects=0,
        )  # fmt: skip
        client = HttpClient(
            self._webhook.url, FixedHeader("Content-Type", "application/json"), self._clock,
            limits=limits, seal=self._seal,
        )  # fmt: skip
        headers = {"webhook-id": alert.alert_id}
        with closing(client):
            body = self._message(alert)
            try:
                client.deliver(Request("POST", self._webhook.url, body=body, headers=headers))
            except ContractBroken as failure:
                if failure.facts.get("status") in _NOT_THIS_ONE:
                    raise AlertRefused(failure.message) from None
                raise

    def _message(self, alert: Alert) -> dict[str, object]:
        return {
            "type": alert.kind.event,
            "timestamp": alert.raised_at,
            "data": {
                "alert": alert.kind.name,
                "says": alert.kind.says,
                "run_id": alert.run_id,
                "stage": alert.stage,
                "checks": list(alert.checks),
                "todo": alert.kind.todo,
                **links(alert, self._settings),
            },
        }

    def _seal(self, prepared: requests.PreparedRequest) -> Mapping[str, str]:
        body = prepared.body or b""
        content = body.encode() if isinstance(body, str) else body
        keys = [key_of(self._webhook.secret)]
        return signed(keys, str(prepared.headers["webhook-id"]), content, self._clock.now())


class MailChannel:
    """One mail per alert to all addresses; its Message-ID is the alert's."""

    def __init__(self, settings: AlertSettings, mail: AlertMail) -> None:
        self._settings, self._mail = settings, mail

    def tell(self, alert: Alert) -> None:
        try:
            with self._server() as server:
                if self._mail.username is not None and self._mail.password is not None:
                    server.login(self._mail.username, self._mail.password.get_secret_value())
                server.send_message(self._message(alert))
        except smtplib.SMTPDataError as failure:
            kind = AlertRefused if failure.smtp_code >= 500 else StammError
            raise kind(f"{self._mail.host}: {_why(failure)}") from None
        except (smtplib.SMTPException, UnicodeError) as failure:  # a password beyond ASCII
            raise StammError(f"{self._mail.host}: {_why(failure)}") from None

    def _server(self) -> smtplib.SMTP:
        """A connection over TLS whose certificate is verified, unless settings say none."""
        mail, trusted = self._mail, ssl.create_default_context()
        if mail.tls == "implicit":
            return smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=trusted)
        server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
        if mail.tls == "starttls":
            try:
                server.starttls(context=trusted)
            except BaseException:
                server.close()
                raise
        return server

    def _message(self, alert: Alert) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = alert.subject
        message["From"] = self._mail.sender
        message["To"] = ", ".join(self._mail.to)
        message["Message-ID"] = f"<{alert.alert_id}@stamm.invalid>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text_of(alert, self._settings))
        return message


def text_of(alert: Alert, settings: AlertSettings) -> str:
    """The alert for a person."""
    lines = {
        "What": alert.kind.says, "Where": alert.stage, "Checks": ", ".join(alert.checks),
        "Run": alert.run_id, "When": alert.raised_at, "To do": alert.kind.todo,
        "Runbook": links(alert, settings)["runbook"],
        "Its page": links(alert, settings).get("run", ""),
    }  # fmt: skip
    told = [f"{name + ':':<9} {text}" for name, text in lines.items() if text]
    return "\n".join([*told, "", PUBLISHED_STANDS, ""])


def _why(failure: Exception) -> str:
    """The server's code without its words, which repeat addresses."""
    code = getattr(failure, "smtp_code", None)
    return f"{type(failure).__name__}{f' {code}' if code else ''}"
