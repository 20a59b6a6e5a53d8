"""A real mail server on loopback, over TLS with a certificate of its own, and what it got."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.peers.serving import free_port

LOGIN = ("robot", "mail-secret-9")


@dataclass
class Mailbox:
    """Where it listens, and the mails it took."""

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.encrypted.append(session.ssl is not None)
        return "250 taken"


def _authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and (
        data.login.decode(), data.password.decode()
    ) == LOGIN  # fmt: skip
    return AuthResult(success=known, handled=False)


@contextmanager
def mail_server(certificate: Path, *, tls: bool = True) -> Iterator[Mailbox]:
    """STARTTLS and a login are demanded, unless `tls` is off."""
    box = Mailbox()
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, certificate.with_name("server.key"))

    class Server(Controller):
        def factory(self) -> SMTP:
            return SMTP(
                box, hostname="mail.test", tls_context=context, require_starttls=tls,
                auth_required=tls, authenticator=_authenticate,
            )  # fmt: skip

    box.port = free_port()
    server = Server(box, hostname="127.0.0.1", port=box.port)
    server.start()
    try:
        yield box
    finally:
        server.stop()
