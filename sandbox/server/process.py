"""The server as a process of its own: started, found again, ended; it dies with its parent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stamm.errors import StammError

_START_SECONDS = 20.0
_POLL_SECONDS = 0.03


@dataclass(frozen=True)
class Running:
    """A live server."""

    base_url: str
    pid: int


def run(folder: Path, port: int) -> None:
    """Serve until interrupted; announces itself in `<folder>/server.json`."""
    import uvicorn

    from sandbox.server.app import application

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    _announce(folder, Running(f"http://127.0.0.1:{listening.getsockname()[1]}", os.getpid()))
    config = uvicorn.Config(application(folder), log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


def run_with_parent(folder: Path, port: int) -> None:
    """Like `run`, but ends when standard input closes, which the parent's death does too."""

    def watch() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    run(folder, port)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """A server of this company: the one that is up already, or one for as long as this lasts."""
    found = _alive(folder)
    if found is not None:
        yield found
        return
    command = [sys.executable, "-m", "sandbox.server", str(folder), "--with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:  # noqa: S603 - our own
        try:
            yield _wait(folder, process)
        finally:
            process.terminate()


def _announce(folder: Path, server: Running) -> None:
    written = folder / f"server.json.{server.pid}"
    written.write_text(json.dumps({"base_url": server.base_url, "pid": server.pid}))
    written.replace(folder / "server.json")


def _alive(folder: Path, pid: int | None = None) -> Running | None:
    import requests

    try:
        known = Running(**json.loads((folder / "server.json").read_text()))
        if pid is not None and known.pid != pid:
            return None
        requests.get(f"{known.base_url}/_sandbox/health", timeout=2).raise_for_status()
    except (OSError, ValueError, requests.RequestException):
        return None
    return known


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> Running:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = _alive(folder, process.pid)
        if found is not None:
            return found
        time.sleep(_POLL_SECONDS)
    raise StammError(
        "the sandbox server did not start",
        hint=f"Run `python -m sandbox.server {folder}` to see why.",
    )
