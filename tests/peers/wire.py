"""A wire between a client and a real server: passes bytes on, and keeps what the client sent.

In: the port of a server on this machine. Out: a port of its own, each request that went through,
and how many connections it took; so that requests are counted where the server gets them.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 1 << 16


@dataclass
class Wire:
    """What was sent, a piece per connection, oldest first."""

    port: int
    sent: list[bytearray] = field(default_factory=list)

    @property
    def connections(self) -> int:
        return len(self.sent)

    def asked(self, pattern: bytes) -> list[str]:
        """Every request that matches, in the order of their coming."""
        return [
            found.decode(errors="replace")
            for piece in list(self.sent)
            for found in re.findall(pattern, bytes(piece), re.DOTALL)
        ]


@contextmanager
def wired(server: int, tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """A wire to that port, cut at the end; clients speak TLS with it if it has an identity."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        wire = Wire(int(listening.getsockname()[1]))
        threading.Thread(target=_accept, args=(listening, wire, server, tls), daemon=True).start()
        yield wire
        listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, wire: Wire, server: int, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_joined, args=(client, wire, server, tls), daemon=True).start()


def _joined(client: socket.socket, wire: Wire, server: int, tls: ssl.SSLContext | None) -> None:
    """One connection, until either end closes it."""
    if tls is not None:
        try:
            client = tls.wrap_socket(client, server_side=True)
        except OSError:  # the client does not trust it
            client.close()
            return
    kept = bytearray()
    wire.sent.append(kept)
    with client, socket.create_connection(("127.0.0.1", server)) as there:
        back = threading.Thread(target=_pass, args=(there, client), daemon=True)
        back.start()
        _pass(client, there, kept)
        back.join()


def _pass(source: socket.socket, target: socket.socket, kept: bytearray | None = None) -> None:
    """Until one end closes; then the other is closed as well."""
    with suppress(OSError):
        while piece := source.recv(_CHUNK):
            if kept is not None:
                kept += piece
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
