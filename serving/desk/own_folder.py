"""A folder of copies for each server, and none left of a server that is dead.

In: `work/desk`. Out: a new folder in it that nobody else removes while this process lives. Alive is
who holds the lock in its folder; the system lets it go with the process, however that ends.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from filelock import FileLock, Timeout

_ALIVE = "alive.lock"


class OwnFolder:
    """Made at once; `close` removes it."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        # One at a time, so that nobody takes a folder for dead that is not locked yet.
        with FileLock(root.with_name(f"{root.name}.lock")):
            for other in root.iterdir():
                _remove_dead(other)
            self.path = root / secrets.token_hex(8)
            self.path.mkdir()
            self._alive = FileLock(self.path / _ALIVE)
            self._alive.acquire()

    def close(self) -> None:
        """With all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._alive.release(force=True)


def _remove_dead(folder: Path) -> None:
    if not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    try:
        with FileLock(folder / _ALIVE, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)
    except Timeout:
        return  # its server is alive
