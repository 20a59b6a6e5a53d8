"""Look-ups that keep up with runs: read into memory, and read again after a run has ended.

In: the data folder and the operational store. Out: hits that may be shown, of the last run that
could be read; while the next one is at work, answers are those of the run before.
"""

from __future__ import annotations

from dedupe.lookup import Card, Hit, Lookup
from orchestration.runs import RunLog
from orchestration.turns import last_run
from serving.looking_up import find_shown
from stamm.errors import StammError
from stamm.home import Home
from stamm.store import Store


class CurrentLookup:
    """Reads the warehouse when it is made, and lets it go at once."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home, self._store, self._log = home, store, RunLog(store)
        self._as_of = self._log.last_ended()
        self.lookup = self._read()

    def find(self, card: Card, limit: int) -> list[Hit]:
        """As `serving.looking_up.find_shown`."""
        self.keep_up()
        return find_shown(self.lookup, self._store, card, limit)

    def keep_up(self) -> None:
        """Read again if a run has ended since."""
        ended = self._log.last_ended()
        if ended == self._as_of:
            return
        try:
            self.lookup = self._read()
        except StammError:  # the next run is at work: asked again with the next card
            return
        self._as_of = ended

    def _read(self) -> Lookup:
        with last_run(self._home) as con:
            return Lookup.open(con, self._home.linkage)
