"""One sandbox company for all tests of this folder, and a way to read its records."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.advance import AdvanceSummary, advance
from sandbox.company import create

CUSTOMERS = 3000

Bodies = Callable[[str, str], list[dict[str, Any]]]


@dataclass(frozen=True)
class Book:
    """Read access to a company's file."""

    folder: Path

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "company.db")) as db:
            return db.execute(sql, values).fetchall()

    def bodies(self, system: str, stream: str) -> list[dict[str, Any]]:
        sql = "select body from record where system = ? and stream = ? and deleted = 0 order by key"
        return [json.loads(body) for (body,) in self.rows(sql, system, stream)]

    def everything(self) -> list[tuple[Any, ...]]:
        return self.rows("select * from record order by system, stream, key")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("company")
    create(folder, customers=CUSTOMERS, seed=7)
    return Book(folder)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("small")
    create(folder, customers=120, seed=3)
    return Book(folder)


@pytest.fixture(scope="session")
def advanced(
    small: Book, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Book, Book, AdvanceSummary]]:
    """(before, after, what happened)."""
    folder = tmp_path_factory.mktemp("advanced") / "company"
    shutil.copytree(small.folder, folder)
    yield small, Book(folder), advance(folder, days=30)
