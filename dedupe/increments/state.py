"""Whether the tables of the last run can be continued: by what they were made, and how far.

One row in `link.state`, written in the transaction of everything else: a run that died leaves
tables and state of the run before. The ledger, which is written first, may then be ahead;
`Position` tells where it ended when these tables were made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.identity.closure import Position
from dedupe.standardise.records import MATCH_INPUT
from stamm.duck import has_table

if TYPE_CHECKING:
    import duckdb

    from dedupe.model import Model

_PACKAGE = Path(__file__).parent.parent
_STATE = "link.state"


@dataclass(frozen=True)
class LinkState:
    """`fingerprint` is what the tables are a function of, beside records and decisions."""

    fingerprint: str
    position: Position


def read_state(con: duckdb.DuckDBPyConnection) -> LinkState | None:
    """What the last run left; None where there was none."""
    if not has_table(con, "link.state"):
        return None
    row = con.execute(f"from {_STATE}").fetchone()
    return LinkState(row[0], Position(*row[1:])) if row else None


def write_state(con: duckdb.DuckDBPyConnection, state: LinkState) -> None:
    """Replace it."""
    con.execute(
        f"create or replace table {_STATE}"
        " (fingerprint varchar, memberships bigint, events bigint, aliases bigint)"
    )
    con.execute(
        f"insert into {_STATE} values (?, ?, ?, ?)", [state.fingerprint, *astuple(state.position)]
    )


def fingerprint(con: duckdb.DuckDBPyConnection, models: Mapping[str, Model]) -> str:
    """Models, specifications, code, DuckDB (whose hashes we keep), columns and bases."""
    import duckdb

    columns = con.execute(f"describe {MATCH_INPUT}").fetchall()
    parts = [
        *(model.digest + model.trained.specification.model_dump_json()
          for _, model in sorted(models.items())),
        _code(), duckdb.__version__, repr([row[:2] for row in columns]), _bases(con),
    ]  # fmt: skip
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _bases(con: duckdb.DuckDBPyConnection) -> str:
    """Survivorship reads purposes and bases of whole streams."""
    if not has_table(con, "landing.stream_basis"):
        return ""
    return repr(con.execute("from landing.stream_basis order by all").fetchall())


@lru_cache(maxsize=1)
def _code() -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix in {".py", ".yml", ".sql", ".csv"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()
