"""Encoding: the columns that comparisons look at → whole numbers, one row of them per record.

Flow: a table of standardised records → dictionaries of the values of columns that are tested
against each other → `Encoded`. Two values are equal where their numbers are, so that comparing a
pair reads two short rows; only what is not equal is looked at as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.ahead import worked_ahead
from dedupe.linking.blocking import LISTS
from dedupe.linking.signatures import Signatures
from dedupe.specification import Condition, Specification

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MISSING = 0
TEXT_TESTS = frozenset({"jaro_winkler", "levenshtein", "slip", "initial", "starts_with"})
Codes = NDArray[np.int32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Lists:
    """The entries of row i are `entries[starts[i]:starts[i + 1]]`, numbered from 1."""

    starts: Rows
    entries: Codes


@dataclass(frozen=True)
class Encoded:
    """`codes[i, place[column]]` is the number of record i's value; 0 where it has none.

    A lone entry of a list has its entry's number, a list of none or many a negative one of its own.
    `texts[column][code - 1]` is the value, or a list's entry.
    """

    codes: Codes
    place: dict[str, int]
    texts: dict[str, pa.Array]
    signatures: dict[str, Signatures]
    lists: dict[str, Lists]
    row_of: Rows

    def rows(self, rids: NDArray[np.int32]) -> Rows:
        """Where the records of these numbers lie."""
        found: Rows = self.row_of.take(rids)
        return found

    def has(self, columns: Sequence[str]) -> NDArray[np.bool_]:
        """Per row, whether the record has all these columns."""
        places = [self.place[column] for column in columns]
        return np.asarray((self.codes[:, places] != MISSING).all(axis=1))

    def values(self, column: str, chosen: NDArray[np.bool_]) -> Codes:
        """The numbers of the values of chosen rows; of a column of lists, of all their entries."""
        if column not in self.lists:
            found = self.codes[chosen, self.place[column]]
            return np.asarray(found[found != MISSING])
        lists = self.lists[column]
        return np.asarray(lists.entries[np.repeat(chosen, np.diff(lists.starts))])


def encode(con: duckdb.DuckDBPyConnection, specification: Specification, records: str) -> Encoded:
    """From a table of standardised records, all of them."""
    columns = compared_columns(specification)
    rids = _fetch(con, ["rid"], records)["rid"].to_numpy()
    place = {column: i for i, column in enumerate(columns)}
    codes = np.empty((len(rids), len(columns)), dtype=np.int32)
    texts: dict[str, pa.Array] = {}
    signatures: dict[str, Signatures] = {}
    lists: dict[str, Lists] = {}
    read_as_text = {c.column for c in conditions(specification) if c.test in TEXT_TESTS}

    def keep(read: tuple[Sequence[str], pa.Table]) -> None:
        group, fetched = read
        if group[0] in LISTS:
            (column,) = group
            codes[:, place[column]], lists[column], texts[column] = _encoded_lists(fetched[column])
            return
        numbers, words = _numbered([fetched[column] for column in group])
        for column, numbered in zip(group, np.split(numbers, len(group)), strict=True):
            codes[:, place[column]], texts[column] = numbered, words
            if column in read_as_text:
                signatures[column] = Signatures.of(words)

    # DuckDB reads the next columns while earlier ones are encoded.
    groups = _tested_together(specification, columns)
    for _ in worked_ahead(keep, ((group, _fetch(con, group, records)) for group in groups)):
        pass
    return Encoded(codes, place, texts, signatures, lists, _row_of(rids))


def without_copies(con: duckdb.DuckDBPyConnection, records: Encoded) -> NDArray[np.bool_]:
    """Per row, whether no earlier record is equal to it; from temp table `copies`."""
    distinct = np.ones(len(records.codes), dtype=np.bool_)
    copies = con.execute("select rid from copies").fetchnumpy()["rid"]
    distinct[records.rows(np.asarray(copies))] = False
    return distinct


def compared_columns(specification: Specification) -> list[str]:
    """The columns that the comparisons look at, each once."""
    found: dict[str, None] = {}
    for comparison in specification.comparisons:
        found |= dict.fromkeys(comparison.needs)
        for level in comparison.levels:
            found |= dict.fromkeys(c for c in (level.term_frequency, level.exact_chance) if c)
    for condition in conditions(specification):
        found |= dict.fromkeys(c for c in (condition.column, condition.other) if c)
    return list(found)


def conditions(specification: Specification) -> Iterator[Condition]:
    """All that its comparisons ask; of an `any_of` its parts."""
    for comparison in specification.comparisons:
        whens = [condition for level in comparison.levels for condition in level.when]
        for condition in (*comparison.silent_when, *whens):
            yield from condition.of or (condition,)


def _tested_together(specification: Specification, columns: Sequence[str]) -> list[list[str]]:
    """The columns in groups; those of one group are held against each other and share numbers."""
    group = {column: [column] for column in columns}
    for condition in conditions(specification):
        if condition.other and group[condition.column] is not group[condition.other]:
            both = group[condition.column] + group[condition.other]
            group |= dict.fromkeys(both, both)
    return list({id(members): members for members in group.values()}.values())


def _fetch(con: duckdb.DuckDBPyConnection, columns: Sequence[str], records: str) -> pa.Table:
    """In the table's own order, which is the same for each group of columns."""
    return con.execute(f"select {', '.join(columns)} from {records}").to_arrow_table()


def _numbered(columns: Sequence[pa.ChunkedArray]) -> tuple[Codes, pa.Array]:
    """(numbers of all values, one column after the other, from 1; the distinct values)."""
    import pyarrow as pa

    chunks = [chunk for column in columns for chunk in column.chunks]
    encoded = pa.chunked_array(chunks, columns[0].type).dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.concat_arrays(encoded.chunks or [pa.array([], columns[0].type)])
    numbers = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return (numbers + np.int32(1)).astype(np.int32, copy=False), encoded.dictionary


def _encoded_lists(column: pa.ChunkedArray) -> tuple[Codes, Lists, pa.Array]:
    """Numbers of lone entries, negative ones of other lists; all entries; their texts."""
    import pyarrow.compute as pc

    lengths = pc.list_value_length(column)
    present = ~lengths.is_null().to_numpy()
    sizes = lengths.fill_null(0).to_numpy().astype(np.int64)
    entries, words = _numbered([pc.list_flatten(column)])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    codes = np.where(present, -1 - np.arange(len(sizes)), MISSING).astype(np.int32)
    lone = sizes == 1
    codes[lone] = entries[starts[:-1][lone]]
    return codes, Lists(starts, entries), words


def _row_of(rids: Rows) -> Rows:
    row_of = np.full(int(rids.max(initial=0)) + 1, -1)
    row_of[rids] = np.arange(len(rids))
    return row_of
