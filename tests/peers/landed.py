"""A landing of its own for one source of a real system, and what lies in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.extract import LoadResult, opened
from connectors.progress import ProgressLog
from connectors.registry import declared, systems
from stamm.clock import Clock
from stamm.settings import SourceSettings
from tests.connectors.sandboxed import Landing


class Source:
    """One source, read stream by stream as a run reads it."""

    def __init__(
        self, folder: Path, system: str, clock: Clock | None = None, **settings: Any
    ) -> None:
        known = systems()[system]
        raw = {"system": system, "name": "peer", **settings}
        self.settings: SourceSettings = known.settings.model_validate(raw)
        self.system = declared({system: known}, [self.settings])[system]
        self.landing = Landing(folder)
        if clock:
            self.landing.clock = clock

    def read(self, *, full: bool = False) -> dict[str, LoadResult]:
        """All streams, one after the other."""
        with opened(self.settings, self.landing.clock) as reader:
            return {
                stream.name: self.landing.extract_with(reader, self.settings, stream, full=full)
                for stream in self.system.streams_of(self.settings)
            }

    def read_one(self, name: str, *, full: bool = False) -> LoadResult:
        return self.landing.extract(self.settings, self.system.stream(name), full=full)

    def records(self, stream: str) -> dict[str, dict[str, Any]]:
        """Key → record, of those that live."""
        found = self.landing.records(self.settings, self.system.stream(stream))
        assert len({key for key, _ in found}) == len(found)
        return {key: json.loads(raw) for key, raw in found}

    def undeclared(self) -> list[str]:
        """How the server's records differ from what the connector declares of them."""
        log = ProgressLog(self.landing.store)
        return [
            f"{stream.name}: {noted.drift}"
            for stream in self.system.streams_of(self.settings)
            for noted in log.drift(self.settings.name, stream.name)
        ]
