"""A process that extracts one stream, and how it is killed.

Run: `python -m tests.peers.extracting < job`; the job is JSON with system and settings of the
source, the stream, the landing folder and how long a page is held (`PAUSE`; without it, none is).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from connectors.checkpoint import Checkpoint
from connectors.current import CurrentVersions
from connectors.extract import extract_with, opened
from connectors.landing import load_folder, stream_folder
from connectors.loading import OpenLoad
from stamm.clock import SystemClock
from tests.connectors.sandboxed import small_pages
from tests.peers.landed import Source

PAGES = 3  # between two checkpoints
SIZE = 4  # records a page
PAUSE = 0.1  # seconds a page
HELD = 60.0  # seconds a page behind those at which it is killed: it never ends before


def main(job: dict[str, Any]) -> None:
    take, taken = OpenLoad.take, count(1)

    def slowly(load: OpenLoad, page: Any) -> None:
        is_behind = next(taken) > 2 * PAGES
        time.sleep(HELD if job["pause"] and is_behind else job["pause"])
        take(load, page)

    OpenLoad.take = slowly  # type: ignore[method-assign]
    source = Source(Path(job["folder"]), job["system"], SystemClock(), **job["settings"])
    stream = small_pages(source.system.stream(job["stream"]), SIZE)
    with opened(source.settings, source.landing.clock) as reader:
        extract_with(
            reader, source.settings, stream, landing_root=source.landing.root,
            store=source.landing.store, clock=source.landing.clock, checkpoint_pages=PAGES,
        )  # fmt: skip


def reading(
    system: str, settings: Mapping[str, Any], stream: str, folder: Path, pause: float = 0.0
) -> subprocess.Popen[bytes]:
    """The process, just started."""
    job = {
        "system": system, "settings": dict(settings), "stream": stream, "folder": str(folder),
        "pause": pause,
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.peers.extracting"], stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(json.dumps(job).encode())
    process.stdin.close()
    return process


def kill_after(
    process: subprocess.Popen[bytes], pages: Callable[[], list[str]], number: int
) -> None:
    """A moment after the server was asked for so many pages, be the last one taken or not."""
    deadline = time.monotonic() + 120
    try:
        while len(pages()) < number:
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline, f"{len(pages())} pages asked, not {number}"
            time.sleep(0.01)
        time.sleep(random.uniform(0, 1.5 * PAUSE))
    finally:
        process.send_signal(signal.SIGKILL)
        ended = process.wait()
    assert ended == -signal.SIGKILL


def checkpoint(stream: str, folder: Path) -> Checkpoint | None:
    """What the dead process had committed; each part that it names is on disk."""
    place = stream_folder(folder / "landing", "peer", stream)
    current = CurrentVersions(place)
    at = current.checkpoint()
    current.close()
    for part in at.parts if at else ():
        assert (load_folder(place, at.load_id) / part.name).stat().st_size == part.size
    return at


if __name__ == "__main__":
    main(json.load(sys.stdin))
