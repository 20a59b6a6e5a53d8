"""One process at a time works on a data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from stamm.errors import StammError

if TYPE_CHECKING:
    from orchestration.project import Project


@contextmanager
def alone(project: Project) -> Iterator[None]:
    """One run at a time in a data folder; the lock goes with its process, however that ends."""
    lock = FileLock(project.home.root / "run.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as held:
        raise StammError(
            f"{project.home.root}: another run is at work here",
            hint="Wait for its end; `stamm status` and `stamm ui` show it.",
        ) from held
    try:
        yield
    finally:
        lock.release()
