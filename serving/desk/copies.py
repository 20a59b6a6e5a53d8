"""What the last run knows of records and pairs, without ever holding the working warehouse.

In: the data folder of a project. Out: `Bench`, a copy of the warehouse as the last run left it,
with the trained models. A run is never made to wait: the file is copied as it lies there, and the
copy is thrown away if the file changed meanwhile. Copies live in a folder of this server in
`work/desk`, while it does.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.golden_tables import PARTY_TYPES
from dedupe.trained import Trained, load
from serving.desk.own_folder import OwnFolder
from stamm.duck import open_warehouse
from stamm.errors import StammError
from stamm.home import Home

if TYPE_CHECKING:
    import duckdb

# Names the run that ended last; None while one is at work or was cut off.
Ended = Callable[[], object]
_RESTRICTED = """
    select record_id, party_id from golden.xref_parties
    where party_id in (select party_id from golden.golden_parties where restricted)
"""


@dataclass(frozen=True)
class Bench:
    """One run's records, pairs and models.

    `restricted` are the records of parties that this run restricts. `hidden` are parties that
    nobody may be shown: these, and for a page (`Asked.bench`) whoever else is hidden.
    """

    run: object
    con: duckdb.DuckDBPyConnection
    models: Mapping[str, Trained]
    restricted: tuple[str, ...]
    hidden: frozenset[str]

    @property
    def thresholds(self) -> dict[str, float]:
        """Party type → bits above which records are one party."""
        return {t: m.specification.thresholds.merge_bits for t, m in self.models.items()}


class Copies:
    """Keeps the copy of the last run."""

    def __init__(self, home: Home, ended: Ended) -> None:
        self._home, self._ended = home, ended
        self._own = OwnFolder(home.work / "desk")
        self._turn = threading.Lock()
        self._bench: Bench | None = None
        self._folder: Path | None = None

    @property
    def scratch(self) -> Path:
        """Where simulations of this server make their copies."""
        return self._own.path / "simulation"

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """The copy, with a connection of this request. StammError until there is one."""
        held = self._bench
        if held is None:
            self.keep_up()
            held = self._bench
        if held is None:
            raise StammError(
                "the Desk needs the records of a run that has ended",
                hint="`stamm run` makes one, or finishes one that was cut off.",
            )
        with held.con.cursor() as cursor:
            yield replace(held, con=cursor)

    def keep_up(self) -> None:
        """Copy anew if another run has ended; keeps what it has if that cannot be done now."""
        with self._turn:
            ended = self._ended()
            if ended is None or (self._bench and self._bench.run == ended):
                return
            made = self._copied(ended)
            if made is not None:
                self._replace(*made)

    def close(self) -> None:
        """The copy goes, and the folder."""
        with self._turn:
            self._replace(None, None)
            self._own.close()

    def _copied(self, ended: object) -> tuple[Bench, Path] | None:
        """None if the warehouse changed while it was copied."""
        before = marks(self._home)
        if not before:
            return None
        folder = self._own.path / secrets.token_hex(8)
        folder.mkdir(parents=True)
        for file in _files(self._home):
            shutil.copyfile(file, folder / file.name)
        models = {kind: load(self._home.linkage, kind) for kind in PARTY_TYPES}
        if marks(self._home) != before or self._ended() != ended:
            shutil.rmtree(folder)
            return None
        con = open_warehouse(folder / self._home.warehouse.name, read_only=True)
        held = con.execute(_RESTRICTED).fetchall()
        records, parties = tuple(r for r, _ in held), frozenset(p for _, p in held)
        return Bench(ended, con, models, records, parties), folder

    def _replace(self, bench: Bench | None, folder: Path | None) -> None:
        """Requests that have begun keep their connection to the old copy."""
        old, old_folder = self._bench, self._folder
        self._bench, self._folder = bench, folder
        if old:
            old.con.close()
        if old_folder:
            shutil.rmtree(old_folder, ignore_errors=True)


def _files(home: Home) -> list[Path]:
    """The warehouse and its log."""
    return sorted(
        file for file in home.warehouse.parent.glob(home.warehouse.name + "*") if file.is_file()
    )


def marks(home: Home) -> list[tuple[str, int, int]]:
    """Names, sizes and times of what a copy is made of: equal as long as nothing changed."""
    models = home.linkage.glob("*.json")
    return [
        (file.name, found.st_size, found.st_mtime_ns)
        for file in [*_files(home), *sorted(models)]
        for found in [file.stat()]
    ]
