"""Whose turn it is with the private warehouse: one run writes it, or many commands read it.

DuckDB lets nobody write a file that another process has open, be it to read: a run at work would
die of it. So who would read meanwhile is refused, and a run that begins waits for the last reader.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from orchestration.alone import AtWork
from orchestration.announcing import announce
from stamm.duck import open_warehouse
from stamm.errors import StammError

if TYPE_CHECKING:
    import duckdb

    from stamm.home import Home

# Seconds. A look-up reads millions of records in half a minute, an evaluation takes minutes.
_READERS_TAKE = 600.0
_POLL = 0.05


@contextmanager
def written(home: Home, *, patience: float = _READERS_TAKE) -> Iterator[None]:
    """The turn of a run: nobody reads meanwhile.

    `patience`: seconds to wait for readers. Raises `StammError` after them: that is no other run,
    which would do this one's work, so it has to be told.
    """
    with _turn(home, fcntl.LOCK_EX, patience) as is_ours:
        if not is_ours:
            raise StammError(
                f"{home.warehouse}: another command has been reading it for {patience:g} s",
                hint="`stamm evaluate`, `train` and `lookup` take longest; end it, then run.",
            )
        yield


@contextmanager
def last_run(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse as the last run left it, read-only. `AtWork` while the next one writes it."""
    if not home.warehouse.exists():
        open_warehouse(home.warehouse, read_only=True)  # raises: no run yet
    with _turn(home, fcntl.LOCK_SH, 0) as is_ours:
        if not is_ours:
            raise AtWork(
                f"{home.root}: a run is at work here and writes what this would read",
                hint="Wait for its end; `stamm status` shows it. What is published can be read at "
                "any time: `stamm query`.",
            )
        with open_warehouse(home.warehouse, read_only=True) as con:
            yield con


@contextmanager
def _turn(home: Home, kind: int, patience: float) -> Iterator[bool]:
    """Whether it is ours, within these seconds; it ends with the process, however that ends."""
    with (home.root / "look.lock").open("a") as file:
        try:
            ours = _locked(file, kind, 0)
            if patience and not ours:
                announce(f"waiting for a command that reads the warehouse, {patience:g} s at most")
                ours = _locked(file, kind, patience)
            yield ours
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)  # also for a child process that has the file still


def _locked(file: IO[str], kind: int, patience: float) -> bool:
    last = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= last:
                return False
            time.sleep(_POLL)
        else:
            return True
