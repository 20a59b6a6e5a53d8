"""Starts a real server on a free port of this machine and ends it, and what it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests


def free_port() -> int:
    """A port on the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str, **options: object) -> Callable[[], bool]:
    """Whether anything but a failure of the server's own comes from this address."""

    def ask() -> bool:
        try:
            return requests.get(url, timeout=5, **options).status_code < 500  # type: ignore[arg-type]
        except requests.RequestException:
            return False

    return ask


def listens(port: int) -> Callable[[], bool]:
    """Whether somebody accepts connections there."""

    def ask() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return ask


@contextmanager
def serving(
    command: Sequence[str],
    ready: Callable[[], bool],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    patience: float = 120.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process from the moment it is ready; a failed start shows the end of its log."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _await(process, ready, log, time.monotonic() + patience)
        yield process
    finally:
        stop(process)


def _await(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, until: float
) -> None:
    while not ready():
        ended = process.poll() is not None
        if ended or time.monotonic() > until:
            said = log.read_text(errors="replace")[-2000:]
            how = f"ended with {process.returncode}" if ended else "did not get ready in time"
            raise AssertionError(f"{process.args!r} {how}: {said}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all of its group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            return
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
