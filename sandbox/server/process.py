"""The server as a process of its own: started, found again, ended; it dies with its parent.

`<folder>/server.json` tells address and process id. It is only believed if the server that
answers there says that it serves this folder.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stamm.errors import StammError

_START_SECONDS = 60.0  # with several of them on two cores; one that dies is told at once
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02
_PARENT_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Running:
    """A live server."""

    base_url: str
    pid: int


def run(folder: Path, port: int, announced: Callable[[str], None] | None = None) -> None:
    """Serve until interrupted; announces itself in `<folder>/server.json`, and to `announced`.

    Raises OSError if the port is taken.
    """
    import uvicorn

    from sandbox.server.app import application

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()  # who asks before the server is up waits instead of being refused
        here = Running(f"http://127.0.0.1:{listening.getsockname()[1]}", os.getpid())
        _announce(folder, here)
        if announced:
            announced(here.base_url)
        config = uvicorn.Config(
            application(folder),
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        uvicorn.Server(config).run(sockets=[listening])


def run_with_parent(folder: Path, port: int) -> None:
    """Like `run`, but ends when its parent does, however that ended."""
    threading.Thread(target=_die_with, args=(os.getppid(),), daemon=True).start()
    run(folder, port)


def _die_with(parent: int) -> None:
    """Standard input closes with the parent; unless a fork of the parent holds it open too."""
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin], [], [], _PARENT_POLL_SECONDS)
        if readable and not os.read(sys.stdin.fileno(), 1):
            break
    os._exit(0)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """A server of this company: the one that is up already, or one for as long as this lasts."""
    found = _alive(folder)
    if found is not None:
        yield found
        return
    command = [sys.executable, "-m", "sandbox.server", str(folder), "--with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=_environment()) as process:  # noqa: S603 - our own
        try:
            yield _wait(folder, process)
        finally:
            _end(process)


def _environment() -> dict[str, str]:
    """The child finds this package where the parent found it, from whatever folder it runs in."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _announce(folder: Path, server: Running) -> None:
    written = folder / f"server.json.{server.pid}"
    written.write_text(json.dumps({"base_url": server.base_url, "pid": server.pid}))
    written.replace(folder / "server.json")


def _alive(folder: Path) -> Running | None:
    try:
        known = Running(**json.loads((folder / "server.json").read_text()))
        health = _health(known.base_url)
    except (OSError, ValueError, TypeError, http.client.HTTPException):
        return None
    same = (health.get("pid"), health.get("folder")) == (known.pid, str(folder.resolve()))
    return known if same else None


def _health(base_url: str) -> dict[str, object]:
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=2)
    try:
        connection.request("GET", "/_sandbox/health")
        health: dict[str, object] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return health


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> Running:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = _alive(folder)
        if found is not None and found.pid == process.pid:
            return found
        time.sleep(_POLL_SECONDS)
    raise StammError(
        "the sandbox server did not start",
        hint=f"Run `python -m sandbox.server {folder}` to see why.",
    )
