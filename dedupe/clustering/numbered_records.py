"""The records of one party type by record id: their positions in clustering, from 0.

Linkage numbers its records too (`rid`), sparsely after increments. Arrays lead from one to the
other, which costs less than joins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

UNKNOWN = -1
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class NumberedRecords:
    """`table` has record_id, created_at and rid (null if linkage does not know the record)."""

    table: pa.Table

    @staticmethod
    def of(con: duckdb.DuckDBPyConnection, party_type: str, only: str = "") -> NumberedRecords:
        """All match-input records of a type, or those in the table `only` that were linked."""
        rows = (
            f"link.{party_type}_inputs where record_id in (select record_id from {only})"
            if only
            else "intermediate.int_parties__match_input as i"
            f" left join link.{party_type}_records as r using (record_id)"
            f" where i.party_type = '{party_type}'"
        )
        return NumberedRecords(
            con.execute(
                f"select record_id, created_at, rid from {rows} order by record_id"
            ).to_arrow_table()
        )

    def __len__(self) -> int:
        return len(self.rids)

    @cached_property
    def rids(self) -> Numbers:
        """By position; `UNKNOWN` where linkage does not know the record."""
        return _numbers(self.table["rid"])

    @cached_property
    def _position_of(self) -> Numbers:
        positions = np.full(self.rids.max(initial=UNKNOWN) + 1, UNKNOWN, dtype=np.int64)
        known = np.flatnonzero(self.rids != UNKNOWN)
        positions[self.rids[known]] = known
        return positions

    def positions(self, rids: Numbers) -> Numbers:
        """Of linkage's numbers; `UNKNOWN` for those of other records."""
        if not len(self._position_of):
            return np.full(len(rids), UNKNOWN, dtype=np.int64)
        found = self._position_of.take(rids, mode="clip")
        found[rids >= len(self._position_of)] = UNKNOWN
        return found

    def positions_of_ids(self, record_ids: Collection[str]) -> dict[str, int]:
        """Of those record ids that are here."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not record_ids:  # most often nobody judged, and a million ids need not be looked at
            return {}
        asked = sorted(record_ids)
        found = pc.index_in(pa.array(asked, pa.string()), value_set=self.table["record_id"])
        pairs = zip(asked, found.to_pylist(), strict=True)
        return {record_id: place for record_id, place in pairs if place is not None}

    def of_positions(self, column: str, positions: Numbers) -> pa.ChunkedArray:
        """What a column says of the records at these positions."""
        return self.table[column].take(positions)


def _numbers(column: pa.ChunkedArray) -> Numbers:
    return np.asarray(column.fill_null(UNKNOWN).to_numpy(), dtype=np.int64)
