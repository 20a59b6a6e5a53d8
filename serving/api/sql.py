"""Queries of our own, each a file of the folder `queries`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_QUERIES = Path(__file__).with_name("queries")


@cache
def query_text(name: str) -> str:
    """A query by its name."""
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")
