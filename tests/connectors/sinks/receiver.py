"""A CRM that takes signed webhooks: a real server on loopback that fails at random.

It verifies signatures with the very code that docs/sinks.md gives to who builds a receiver,
remembers ids, and keeps customers by golden id.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

DOCS = Path(__file__).parents[3] / "docs" / "sinks.md"
SECRET = "whsec_" + "c3RhbW0tdGVzdC1zZWNyZXQtb2YtMzItYnl0ZXMhISE="


def documented_verification() -> Callable[[dict[str, str], bytes, str], bool]:
    """`is_genuine`, out of the documentation."""
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    verification: Callable[[dict[str, str], bytes, str], bool] = names["is_genuine"]
    return verification


@dataclass
class Receiver:
    """`faults` are drawn from for each request; rows that `refuses` names get a 422."""

    url: str = ""
    faults: tuple[str, ...] = ("none",)
    refuses: Callable[[dict[str, Any]], bool] = lambda _: False
    secret: str = SECRET
    dice: Random = field(default_factory=lambda: Random(7))
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    effects: list[tuple[str, str, str]] = field(default_factory=list)  # id, type, customer
    requests: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    said: str = ""  # instead of its own reason
    turn: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], Any]:
        """Status, headers and document; status 0 drops the connection."""
        with self.turn:
            return self._answer(headers, body)

    def _answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], Any]:
        self.requests.append(headers)
        self.bodies.append(body)
        if not documented_verification()(headers, body, self.secret):
            return 401, {}, {"reason": "the signature is wrong"}
        fault = self.dice.choice(self.faults)
        if fault == "500":
            return 500, {"Content-Type": "text/html"}, "<html>oops"
        if fault == "429":
            return 429, {"Retry-After": "1"}, None
        message = json.loads(body)
        if self.refuses(message["data"]):
            name = message["data"].get("fields", {}).get("family_name")
            return 422, {}, {"reason": self.said or f"{name} has no such country"}
        customer = message["data"].get("customer_id", "")
        if headers["webhook-id"] not in {effect[0] for effect in self.effects}:
            self.effects.append((headers["webhook-id"], message["type"], customer))
            self._take(message["type"], customer, message["data"])
        return (0, {}, None) if fault == "dropped" else (200, {}, {"external_key": f"K-{customer}"})

    def _take(self, kind: str, customer: str, data: dict[str, Any]) -> None:
        if kind == "customer.deleted":
            self.customers.pop(customer, None)
        elif kind in ("customer.created", "customer.updated"):
            held = self.customers.setdefault(customer, {})
            for mark in ("withdrawn", "into"):
                held.pop(mark, None)
            held |= data["fields"]
        elif customer in self.customers:
            merged = kind == "customer.merged"
            mark = {"into": data["into_customer_id"]} if merged else {"withdrawn": True}
            self.customers[customer] = mark


@contextmanager
def receiving(**options: Any) -> Iterator[Receiver]:
    """A receiver that answers while the block runs."""
    receiver = Receiver(**options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            announced = int(self.headers["Content-Length"])
            body = self.rfile.read(announced)
            if len(body) < announced:  # its sender died
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, document = receiver.answer(headers, body)
            if not status:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            text = document if isinstance(document, str) else json.dumps(document)
            content = b"" if document is None else text.encode()
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A sender that was killed is not this server's fault."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/stamm"
    serve = {"poll_interval": 0.01}
    threading.Thread(target=server.serve_forever, kwargs=serve, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
