"""A source's list of re-keyed records → pairs of record ids, old and new.

In: a CSV file with the columns source, stream, old_key, new_key, the keys as the source spells
them. Raw keys stay in that file; only record ids come out.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from stamm.errors import InputError

if TYPE_CHECKING:
    from stamm.store import Store

COLUMNS = ("source", "stream", "old_key", "new_key")


def read_rekeyed(file: str, store: Store) -> list[tuple[str, str]]:
    """(old, new) record ids. Raises InputError naming the line that does not fit."""
    from stamm.ids import record_id

    secret = store.secret("record_id")
    path = Path(file)
    if not path.is_file():
        raise InputError(f"{path}: expected a CSV file, found none")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if missing := set(COLUMNS) - set(rows.fieldnames or ()):
            raise InputError(
                f"{path}: expected the columns {', '.join(COLUMNS)}, "
                f"found none called {', '.join(sorted(missing))}"
            )
        pairs = []
        for row in rows:
            source, stream, old, new = (row[c] for c in COLUMNS)
            if not all((source, stream, old, new)):
                raise InputError(f"{path}, line {rows.line_num}: expected a value in every column")
            ids = (record_id(secret, source, stream, key) for key in (old, new))
            pairs.append((next(ids), next(ids)))
    return pairs
