"""Dagster's event log in SQLite, with its connections kept open and planned events in one write.

Dagster's own opens an engine, and has the disk confirm two files, for each of some thousand events
of a run. Same files, same tables: its own class reads what this one wrote, and the other way.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from dagster import EventLogEntry
    from dagster._core.event_api import EventHandlerFn
    from dagster._serdes import ConfigurableClassData
    from sqlalchemy import Connection, Engine

_MOST_OPEN = 8  # the index and the runs looked at last; pages that list runs look at many


class KeptEventLog(SqliteEventLogStorage):
    """One connection per shard, used by one thread at a time."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._in_use: dict[str, Connection] = {}
        super().__init__(base_dir, inst_data)
        self._db_lock = threading.RLock()  # type: ignore[assignment]  # batches come back in

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> KeptEventLog:
        return cls(inst_data=inst_data, **config_value)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """In one transaction of each shard: all or none of them, unless the disk fails between."""
        runs = dict.fromkeys(entry.run_id for entry in events)
        with self.index_connection():
            for run_id in runs:
                with self.run_connection(run_id):
                    for entry in events:
                        if entry.run_id == run_id:
                            self.store_event(entry)

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """As Dagster's, which looks at a file that here changes some hundred events later only."""
        super().watch(run_id, cursor, callback)
        watchdog, _ = self._watchers[run_id][callback]
        watchdog._patterns = [f"{self.path_for_shard(run_id)}-wal"]
        watchdog.on_modified = lambda _: watchdog._process_log()

    def dispose(self) -> None:
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A transaction; one inside another joins it."""
        with self._db_lock:
            if shard in self._in_use:
                yield self._in_use[shard]
                return
            with self._engine(shard).connect() as connection, connection.begin():
                self._in_use[shard] = connection
                try:
                    yield connection
                finally:
                    del self._in_use[shard]

    def _engine(self, shard: str) -> Engine:
        if not Path(self.path_for_shard(shard)).exists():
            self._close(shard)  # somebody wiped it
        if shard not in self._engines:
            engine = self._opened(shard)
            self._initdb(engine)
            self._engines[shard] = engine
            for other in [*self._engines][:-_MOST_OPEN]:
                if other not in self._in_use:
                    self._close(other)
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def _opened(self, shard: str) -> Engine:
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _without_waiting_for_the_disk)
        return engine

    def _close(self, shard: str) -> None:
        engine = self._engines.pop(shard, None)
        if engine is not None:
            engine.dispose()


def _without_waiting_for_the_disk(connection: Any, _: Any) -> None:
    """With a write-ahead log this loses the last events with the power, and never the file."""
    connection.execute("pragma synchronous = normal")
