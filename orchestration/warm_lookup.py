"""The look-up of `stamm serve`: read into memory in a process of its own, kept up with runs.

In: the data folder. Out: hits for the API. No request waits for a reading, the warehouse is let go
as soon as it is read, and a search works on another core than the answers of the server do. A
process that was killed is started again.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from dedupe.lookup import Card, Hit
from orchestration.looking_up import CurrentLookup
from serving.looking_up import find_without
from serving.suppressed import Suppressed
from stamm.errors import StammError
from stamm.home import Home
from stamm.store import Store

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_POLL_SECONDS = 2.0
_READY, _LOADING = "ready", "loading"
PROCESS = "stamm-look-up"  # its name among the processes of the server


class LookupProcess:
    """Asks the process, one card at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._turn = threading.Lock()
        self._ended = False
        self._start()

    def find(self, card: Card, limit: int, hidden: Suppressed) -> list[Hit]:
        """As `find_without`; StammError until the first reading is done."""
        return find_without(self._find, hidden, card, limit)

    def state(self) -> str:
        """`ready`, or what it waits for."""
        return str(self._asked(None))

    def close(self) -> None:
        """Nothing is lost with the process: it only reads."""
        with self._turn:
            self._ended = True
            self._stop()

    def _find(self, card: Card, limit: int) -> list[Hit]:
        found = self._asked((card, limit))
        if isinstance(found, list):
            return found
        raise StammError(
            f"a search needs the records of a run: {found}",
            hint="Ask again in some seconds; `stamm run` makes the first one.",
        )

    def _asked(self, question: tuple[Card, int] | None) -> list[Hit] | str:
        """The hits, or the state."""
        with self._turn:
            if self._ended:
                raise StammError("the server is ending")
            try:
                if not self._is_up and not self._hears():
                    return _LOADING
                self._ours.send(question)
                answer: list[Hit] | str = self._ours.recv()
            except (EOFError, OSError):
                self._start_again()
                return _LOADING
            return answer

    def _hears(self) -> bool:
        """Whether the process has said that it listens; EOFError if it ended before."""
        self._is_up = self._ours.poll() and bool(self._ours.recv())
        return self._is_up

    def _start_again(self) -> None:
        """Not more often than the process could have looked for something new."""
        if time.monotonic() - self._started < _POLL_SECONDS:
            return
        logging.getLogger("stamm").warning("the process of the look-up ended, another one starts")
        self._stop()
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(self._home, theirs), name=PROCESS, daemon=True
        )
        self._is_up, self._started = False, time.monotonic()
        self._process.start()
        theirs.close()

    def _stop(self) -> None:
        self._ours.close()
        self._process.kill()  # it may have inherited that SIGTERM is ignored
        self._process.join()


def _work(home: Home, theirs: Connection[Any, Any]) -> None:
    """The process: Ctrl+C is for the server, with which it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (
        theirs,
        closing(Store.open(home.store)) as store,
        closing(WarmLookup(home, store)) as warm,
        suppress(EOFError, OSError),
    ):
        theirs.send(True)
        while True:
            question = theirs.recv()
            theirs.send(warm.find(*question) if question else warm.state())


class WarmLookup:
    """A `CurrentLookup` that a thread of its own opens and keeps up."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home, self._store = home, store
        self._current: CurrentLookup | None = None
        self._waits_for = _LOADING
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="look-up", daemon=True)
        self._thread.start()

    def find(self, card: Card, limit: int) -> list[Hit] | str:
        """The likeliest, whoever is suppressed; what it waits for until there is a reading."""
        return self._current.lookup.find(card, limit) if self._current else self._waits_for

    def state(self) -> str:
        return _READY if self._current else self._waits_for

    def close(self) -> None:
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ending.is_set():
            try:
                self._renew()
            except StammError as failure:
                self._waits_for = str(failure).splitlines()[0]
            except Exception:  # a look-up that cannot be read must not end quietly
                self._waits_for = "the log tells what failed"
                logging.getLogger("stamm").exception("the look-up cannot be read")
            self._ending.wait(_POLL_SECONDS)

    def _renew(self) -> None:
        if self._current is None:
            self._current = CurrentLookup(self._home, self._store)
        else:
            self._current.keep_up()
