"""Reads the files of one source page by page, under canonical names.

In: files in name order. Out: records with `key` and the mapped names; rows that are no records
with rule and reason. Every file's header is checked before the first record is given.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from connectors.files.address import is_remote
from connectors.files.cards import KEY
from connectors.files.met import Met
from connectors.files.places import files_of, is_there, local
from connectors.files.settings import FilesSource
from connectors.files.tables import Row, open_table
from connectors.files.values import BIRTHS, DATES, DAYS, NUMBERS, as_day, iso_date, number, plain
from connectors.records import joined_key
from connectors.source import Page, Stream, Unreadable, Window
from stamm.charset import chunks_of
from stamm.clock import Clock, SystemClock
from stamm.errors import ContractBroken, InputError

_PAGE = 5000
_COLUMNS_SHOWN = 20


class FilesReader:
    """A `connectors.source.Reader` over a file or a folder."""

    def __init__(self, source: FilesSource, clock: Clock | None = None) -> None:
        self._source = source
        self._clock = clock or SystemClock()
        self._key = source.key or (KEY,)

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:  # noqa: ARG002
        """All records; `resume` is the number of rows already given and the files' fingerprint."""
        with files_of(self._source, window) as files, closing(Met()) as seen:
            self._check(files)
            yield from self._pages(files, seen, resume)

    def _pages(self, files: list[Path], seen: Met, resume: str | None) -> Iterator[Page]:
        stamps = {path: _stamp(path) for path in files}
        fingerprint = _fingerprint(files)
        done = _resumed(resume, fingerprint)
        rows = self._rows(stamps)
        for _ in range(0, done, _PAGE):
            self._page(rows, seen)  # keys met before the stop still count as met
        page = self._page(rows, seen)
        while True:
            following = self._page(rows, seen)
            done += _PAGE
            token = f"{done}:{fingerprint}" if following is not None else None
            records, unreadable = page or ([], [])
            yield Page(records, token, unreadable=unreadable)
            if following is None:
                return
            page = following

    def total(self, stream: Stream) -> int | None:  # noqa: ARG002
        """Files do not tell; but they must be there, and those of this machine have their columns.

        Nothing is fetched for it.
        """
        if is_remote(self._source.path):
            is_there(self._source, self._clock.now())
        else:
            self._check(local(self._source))
        return None

    def close(self) -> None:
        """Nothing stays open."""

    def _check(self, files: list[Path]) -> None:
        for path in files:
            with open_table(path, self._source) as table:
                if table.columns is not None:
                    self._check_columns(path, table.columns)

    def _rows(self, stamps: Mapping[Path, object]) -> Iterator[Row]:
        for path, stamp in stamps.items():
            with open_table(path, self._source) as table:
                yield from table.rows
            if _stamp(path) != stamp:
                raise _changed()

    def _check_columns(self, path: Path, columns: tuple[str, ...]) -> None:
        wanted = {name: f"map.{ours}" for ours, name in self._source.map.items()}
        wanted = {**dict.fromkeys(self._key, "key"), **wanted}
        missing = [name for name in wanted if name not in columns]
        if not missing:
            return
        name = missing[0]
        near = difflib.get_close_matches(name, columns, n=1)
        raise InputError(
            f"{path.name}: expected the column{'s' * (len(missing) > 1)} "
            f"{', '.join(map(repr, missing))}, found {', '.join(columns[:_COLUMNS_SHOWN])}",
            hint=f"Change sources.{self._source.name}.{wanted[name]}"
            + (f" to {near[0]!r}" if near else "")
            + ", or restore the column. If all columns look run together, set `delimiter`; "
            "if a title stands above them, `rows_above`.",
            missing=missing,
        )

    def _page(
        self, rows: Iterator[Row], seen: Met
    ) -> tuple[list[dict[str, Any]], list[Unreadable]] | None:
        judged = [self._record(row, seen) for row in islice(rows, _PAGE)]
        if not judged:
            return None
        unreadable = [piece for piece in judged if isinstance(piece, Unreadable)]
        return [piece for piece in judged if not isinstance(piece, Unreadable)], unreadable

    def _record(self, row: Row, seen: Met) -> dict[str, Any] | Unreadable:
        if isinstance(row, Unreadable):
            return row
        cells = {name: plain(value) for name, value in row.items()}
        parts = [cells.get(name) for name in self._key]
        if all(part is None for part in parts):
            return _refused("key_missing", f"no {' + '.join(self._key)}", cells)
        texts = ["" if part is None else str(part) for part in parts]
        key = joined_key(texts) if len(texts) > 1 else texts[0]
        if not seen.add(key):
            return _refused("key_doubled", "an earlier row has the same key", cells)
        return self._mapped(key, row, cells)

    def _mapped(self, key: str, row: Mapping[str, Any], cells: Mapping[str, Any]) -> dict[str, Any]:
        names = self._source.map or {name: name for name in cells if name != KEY}
        record = {"key": key, **{ours: cells.get(theirs) for ours, theirs in names.items()}}
        for name in DATES & record.keys():
            if isinstance(row.get(names[name]), date):  # a cell that is a date, not a text of one
                continue
            read = iso_date(str(record[name]), self._source.date_format, birth=name in BIRTHS)
            _put(record, name, read)
        for name in DAYS & record.keys():
            record[name] = as_day(record[name])
        for name in NUMBERS & record.keys():
            if isinstance(row.get(names[name]), str):  # a text, not a number as one
                _put(record, name, number(str(record[name]), self._source.decimal))
        return record


def _put(record: dict[str, Any], name: str, read: str | None) -> None:
    """The value as read, or none and what was given beside it.

    The record goes on to be judged: one odd value is no reason to lose a person, and where a
    stream cannot do without it, the version that landed before stays.
    """
    given, record[name] = record[name], read
    if given and read is None:
        record[f"{name}_as_given"] = given


def _refused(rule: str, reason: str, cells: Mapping[str, Any]) -> Unreadable:
    return Unreadable(rule, reason, json.dumps(cells, ensure_ascii=False, default=str))


def _stamp(path: Path) -> object:
    """Moves when the file is written to or put in another one's place; None: it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = hashlib.sha256()
        for chunk in chunks_of(path):
            content.update(chunk)
        digest.update(path.name.encode())
        digest.update(content.digest())
    return digest.hexdigest()


def _resumed(token: str | None, fingerprint: str) -> int:
    if token is None:
        return 0
    done, _, expected = token.partition(":")
    if expected != fingerprint:
        raise _changed()
    return int(done)


def _changed() -> ContractBroken:
    return ContractBroken(
        "the files changed while they were read",
        hint="Nothing is lost: the next run reads them anew. Whoever writes them had better write "
        "under another name and rename.",
    )
