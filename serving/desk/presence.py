"""Who has which case open right now, so that two people do not do the same work.

In memory: it is a courtesy. What keeps a verdict from being overwritten is `serving.desk.deciding`.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

LOOKING = timedelta(minutes=3)
Case = frozenset[str]


class Presence:
    """Case → who looked at it last when."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._seen: dict[Case, dict[str, datetime]] = {}

    def looks(self, case: Case, name: str, at: datetime) -> list[str]:
        """Note that this person has it open (and no other case); tells who else has."""
        with self._turn:
            self._forget(name, at)
            self._seen.setdefault(case, {})[name] = at
            return sorted(set(self._seen[case]) - {name})

    def taken(self, name: str, at: datetime) -> set[Case]:
        """Cases that others have open."""
        with self._turn:
            self._forget("", at)
            return {case for case, people in self._seen.items() if set(people) - {name}}

    def _forget(self, name: str, at: datetime) -> None:
        self._seen = {
            case: kept
            for case, people in self._seen.items()
            if (kept := {n: t for n, t in people.items() if n != name and at - t < LOOKING})
        }
