"""What all requests of the Desk share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from serving.api.service import Service
from serving.desk.cases import Cases
from serving.desk.condition import Condition
from serving.desk.copies import Copies
from serving.desk.presence import Presence
from serving.desk.simulating import Simulations
from stamm.clock import Clock, SystemClock
from stamm.store import Store


@dataclass
class Desk:
    """`clock` is the machine's own: sessions end also where the sandbox's time stands still."""

    service: Service
    copies: Copies
    condition: Callable[[], Condition]
    simulations: Simulations
    dagster_url: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    cases: Cases = field(default_factory=Cases)
    presence: Presence = field(default_factory=Presence)

    @property
    def store(self) -> Store:
        return self.service.store

    def now(self) -> datetime:
        return self.clock.now()
