"""The records of one party type in memory: blocking keys, standardised values, frequencies.

Read once from the private warehouse; a look-up then asks DuckDB only to hash the card's values.
Sizes at a million records: about 15 bytes a key, and the standardised values as Arrow columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.blocking import keys_sql
from dedupe.linking.encoding import compared_columns
from dedupe.linking.term_frequencies import frequency_terms
from dedupe.specification import Specification
from dedupe.trained import Trained

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Record = dict[str, Any]
Hashes = NDArray[np.uint64]
# Smallest blocks first until so many records are found: a look-up must answer in milliseconds, and
# what only shares a frequent value with hundreds of others is no answer anyway.
MOST_CANDIDATES = 150


@dataclass(frozen=True)
class Sorted:
    """Hashes in order, with a value each."""

    hashes: Hashes
    values: NDArray[Any]

    def equal_to(self, one: np.uint64) -> NDArray[Any]:
        """The values of one hash."""
        return self.values[
            np.searchsorted(self.hashes, one) : np.searchsorted(self.hashes, one, side="right")
        ]


@dataclass(frozen=True)
class Index:
    """`rows` lie by position, which the keys' values name; see `_rows_sql`."""

    trained: Trained
    keys: Sorted
    frequencies: dict[str, Sorted]
    rows: pa.Table

    @staticmethod
    def load(con: duckdb.DuckDBPyConnection, trained: Trained) -> Index:
        """From `link.<party_type>_records` and the frequencies beside them."""
        specification = trained.specification
        con.execute(f"create or replace temp table indexed as {_rows_sql(specification)}")
        rows = con.table("indexed").to_arrow_table().combine_chunks()
        keys = con.execute(
            f"select k, position from ({_keys_sql(specification)}) order by k, position"
        ).fetchnumpy()
        con.execute("drop table indexed")
        frequencies = {
            level.term_frequency: _frequency(con, specification.party_type, level.term_frequency)
            for _, level in frequency_terms(trained)
        }
        return Index(trained, Sorted(keys["k"], keys["position"]), frequencies, rows)

    def candidates(self, hashes: Sequence[np.uint64]) -> NDArray[np.int64]:
        """Positions of the records that share a blocking key, at most MOST_CANDIDATES."""
        blocks = sorted((self.keys.equal_to(one) for one in hashes), key=len)
        found: dict[int, None] = {}
        for block in blocks:
            if found and len(found) + len(block) > MOST_CANDIDATES:
                break
            found.update(dict.fromkeys(block[:MOST_CANDIDATES].tolist()))
        return np.fromiter(found, dtype=np.int64)

    def records(self, positions: NDArray[np.int64]) -> list[tuple[Any, ...]]:
        """The records at these positions, as tuples in the order of `rows`' columns."""
        taken = self.rows.take(positions)
        return list(zip(*(column.to_pylist() for column in taken.columns), strict=True))


def key_values(specification: Specification, record: Record) -> Iterator[tuple[int, list[str]]]:
    """(place of the rule, values) for each blocking key of a record; see `key_hash_sql`."""
    for place, rule in enumerate(specification.blocking_rules):
        parts = [listed(record.get(column)) for column in rule.columns]
        for values in product(*parts):
            yield place, list(values)


def key_hash_sql(place: int, key: str) -> str:
    """What the index holds of a rule's key, itself the hash that blocking makes."""
    return f"hash({place}, {key})"


def listed(value: Any) -> list[str]:
    """A value or a list of them, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _rows_sql(specification: Specification) -> str:
    """One row per record: its position as rid, ids, and the standardised columns, each once."""
    rules = [column for rule in specification.blocking_rules for column in rule.columns]
    terms = [lv.term_frequency for c in specification.comparisons for lv in c.levels]
    columns = dict.fromkeys([*compared_columns(specification), *filter(None, terms), *rules])
    return (
        "select row_number() over (order by r.record_id) - 1 as rid, r.record_id, x.party_id,"
        " case g.party_type when 'person' then g.full_name else g.company_name end as party_name,"
        f" {', '.join(f'r.{column}' for column in columns)}"
        f" from link.{specification.party_type}_records as r"
        " inner join golden.xref_parties as x on x.record_id = r.record_id"
        " left join golden.golden_parties as g on g.party_id = x.party_id order by r.record_id"
    )


def _keys_sql(specification: Specification) -> str:
    return " union all ".join(
        f"select {key_hash_sql(place, 'k')} as k, rid::integer as position"
        f" from ({keys_sql(rule, 'indexed')}) where k is not null"
        for place, rule in enumerate(specification.blocking_rules)
    )


def _frequency(con: duckdb.DuckDBPyConnection, party_type: str, column: str) -> Sorted:
    found = con.execute(
        "select hash(value) as k, bits::float as bits"
        f" from link.{party_type}_frequency_{column} order by k"
    ).fetchnumpy()
    return Sorted(found["k"], found["bits"])
