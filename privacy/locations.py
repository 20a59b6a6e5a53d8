"""Reads `locations.yml`, the list of all places that hold personal data."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from stamm.yaml_text import read_yaml

_FILE = Path(__file__).with_name("locations.yml")


class Location(BaseModel):
    """One kind of place. Without `tables` it is the file's bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: str
    tables: tuple[str, ...] = ()
    holds: str
    written_by: str
    data: Literal["plain", "pseudonymous"]
    kept: Literal["for_ever", "rebuilt", "builds", "while_at_work"]

    def covers(self, path: str, table: str | None) -> bool:
        """Whether a file below the data folder, or a table in it, is this place."""
        if not _pattern(self.path).fullmatch(path):
            return False
        if table is None:
            return not self.tables
        return any(_pattern(pattern).fullmatch(table) for pattern in self.tables)


def load() -> tuple[Location, ...]:
    """All listed places, in the order of the file."""
    rows = read_yaml(_FILE)
    return tuple(Location.model_validate(row) for row in rows)


def location_of(path: str, table: str | None) -> Location | None:
    """The listed place that covers a file or table; None if it is not listed."""
    return next((place for place in load() if place.covers(path, table)), None)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """`*` stays within one folder, `**` does not."""
    parts = re.split(r"(\*\*|\*)", glob)
    meaning = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts))
