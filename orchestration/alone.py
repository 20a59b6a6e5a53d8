"""One process at a time works on a data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from stamm.errors import StammError

if TYPE_CHECKING:
    from orchestration.project import Project


class AtWork(StammError):
    """Another process works on the data folder."""


@contextmanager
def alone(project: Project, *, patience: float = 0) -> Iterator[None]:
    """One run at a time in a data folder; the lock goes with its process, however that ends.

    `patience`: seconds to wait for the end of another. Raises `AtWork` after them.
    """
    lock = FileLock(project.home.root / "run.lock", timeout=patience)
    try:
        lock.acquire()
    except Timeout as held:
        raise AtWork(
            f"{project.home.root}: another run is at work here",
            hint="Wait for its end, as `stamm run --wait` does; `stamm status` shows it.",
        ) from held
    try:
        yield
    finally:
        lock.release()


def is_at_work(project: Project) -> bool:
    """Whether some process holds the data folder just now."""
    try:
        with alone(project):
            return False
    except AtWork:
        return True
