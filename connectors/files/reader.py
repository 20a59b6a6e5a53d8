"""Reads the files of one source page by page, under canonical names.

In: files in name order. Out: records with `key` and the mapped names; rows that are no records
with rule and reason. Every file's header is checked before the first record is given.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from connectors.files.cards import KEY
from connectors.files.settings import FilesSource
from connectors.files.tables import SUFFIXES, Row, open_table
from connectors.files.values import DATES, NUMBERS, iso_date, number, plain
from connectors.source import Page, Stream, Unreadable, Window
from stamm.errors import ContractBroken, InputError

_PAGE = 5000
_COLUMNS_SHOWN = 20


class FilesReader:
    """A `connectors.source.Reader` over a file or a folder."""

    def __init__(self, source: FilesSource) -> None:
        self._source = source
        self._key = source.key or (KEY,)

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:  # noqa: ARG002
        """All records; `resume` is the number of rows already given and the files' fingerprint."""
        files = self._files()
        fingerprint = _fingerprint(files)
        done = _resumed(resume, fingerprint)
        rows = self._rows(files)
        seen: set[str] = set()
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
        """Files do not tell; but they must be there and have their columns."""
        self._rows(self._files())
        return None

    def close(self) -> None:
        """Nothing stays open."""

    def _files(self) -> list[Path]:
        path, suffixes = self._source.path, SUFFIXES[self._source.format]
        if path.is_file():
            return [path]
        if path.is_dir():
            return sorted(p for p in path.iterdir() if p.suffix.lower() in suffixes)
        raise InputError(
            f"sources.{self._source.name}.path: expected a file or folder, found none at "
            f"{path.name!r}",
            hint="Check the path; relative ones begin at stamm.yaml.",
        )

    def _rows(self, files: list[Path]) -> Iterator[Row]:
        tables = []
        for path in files:
            table = open_table(path, self._source)
            if table.columns is not None:
                self._check_columns(path, table.columns)
            tables.append(table)
        return (row for table in tables for row in table.rows)

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
            + ", or restore the column. If all columns look run together, set `delimiter`.",
            missing=missing,
        )

    def _page(
        self, rows: Iterator[Row], seen: set[str]
    ) -> tuple[list[dict[str, Any]], list[Unreadable]] | None:
        judged = [self._record(row, seen) for row in islice(rows, _PAGE)]
        if not judged:
            return None
        unreadable = [piece for piece in judged if isinstance(piece, Unreadable)]
        return [piece for piece in judged if not isinstance(piece, Unreadable)], unreadable

    def _record(self, row: Row, seen: set[str]) -> dict[str, Any] | Unreadable:
        if isinstance(row, Unreadable):
            return row
        cells = {name: plain(value) for name, value in row.items()}
        parts = [cells.get(name) for name in self._key]
        if all(part is None for part in parts):
            return _refused("key_missing", f"no {' + '.join(self._key)}", cells)
        key = "|".join("" if part is None else str(part) for part in parts)
        if key in seen:
            return _refused("key_doubled", "an earlier row has the same key", cells)
        seen.add(key)
        return self._mapped(key, cells)

    def _mapped(self, key: str, cells: Mapping[str, Any]) -> dict[str, Any] | Unreadable:
        names = self._source.map or {name: name for name in cells if name != KEY}
        record = {"key": key, **{ours: cells.get(theirs) for ours, theirs in names.items()}}
        for name in DATES & record.keys():
            given = record[name]
            record[name] = iso_date(str(given), self._source.date_format) if given else None
            if given and record[name] is None:
                record[f"{name}_as_given"] = given  # one odd date is no reason to lose a person
        for name in NUMBERS & record.keys():
            given = record[name]
            if isinstance(given, str):
                record[name] = number(given, self._source.decimal)
                if record[name] is None:
                    return _refused("not_a_number", f"{name} is no number", cells)
        return record


def _refused(rule: str, reason: str, cells: Mapping[str, Any]) -> Unreadable:
    return Unreadable(rule, reason, json.dumps(cells, ensure_ascii=False, default=str))


def _fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _resumed(token: str | None, fingerprint: str) -> int:
    if token is None:
        return 0
    done, _, expected = token.partition(":")
    if expected != fingerprint:
        raise ContractBroken("the files changed while they were read")
    return int(done)
