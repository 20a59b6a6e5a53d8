"""Match input + crosswalk → the records of all parties of a type as columns of numbers.

The records of a party stand side by side, and a text is its place among the distinct texts of its
attribute: numbers are compared, sorted and gathered in a fraction of the time. Texts are read again
only where the values of one party differ, and where golden rows are written.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe.survivorship.candidates import (
    LAST_POSITION,
    LISTS,
    Concerned,
    element_sql,
    members_sql,
    value_sql,
)
from dedupe.survivorship.prepare import OwnBasis, read_own_basis
from dedupe.survivorship.rules import Attribute, PartyType, Rules

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

NONE = -1
Codes = NDArray[np.int32]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
TOLD = ("purpose", "legal_basis", "retention")
_AS_THEY_ARE = ["record_id", "restricted", "echoing", "first_seen", "observed_at", "source_rank"]
_TEXTS = ("party_id", "source", "system", "stream", *TOLD)


class Column(NamedTuple):
    """`codes` says of each record which of `texts` it has, or `NONE`."""

    codes: Codes
    texts: pa.Array

    def seen(self) -> Numbers:
        """The texts that some record has, in their order."""
        flags = np.zeros(len(self.texts) + 1, np.bool_)
        flags[self.codes] = True
        return np.flatnonzero(flags[:-1])


class Elements(NamedTuple):
    """What records with several mail addresses or numbers have: a row for each, in their order."""

    records: Codes
    codes: Codes


class Members:
    """Records in the order of (party, record id), numbered from zero; so are the parties."""

    def __init__(
        self, rows: pa.Table, attributes: Sequence[Attribute], own_basis: OwnBasis
    ) -> None:
        names = (*_TEXTS, *attributes)
        with ThreadPoolExecutor(2) as side_by_side:
            ordering = side_by_side.submit(_order, rows)
            encoding = side_by_side.map(lambda name: encoded(rows[name]), names)
            self._order = ordering.result()
            found = [Column(codes[self._order], texts) for codes, texts in encoding]
        self.own_basis, self._rows = own_basis, rows
        self._texts: dict[str, Column] = dict(zip(_TEXTS, found, strict=False))
        self.columns: dict[Attribute, Column] = dict(
            zip(attributes, found[len(_TEXTS) :], strict=True)
        )
        self.elements = {a: self._elements(a) for a in LISTS.keys() & self.columns.keys()}
        self.starts = first_of_runs(self._texts["party_id"].codes)
        self.party = runs(self.starts, rows.num_rows)
        self._rows = rows.select(_AS_THEY_ARE)  # the texts are in the columns now

    @property
    def source(self) -> Column:
        return self._texts["source"]

    @property
    def record_ids(self) -> pa.Array:
        """One per record."""
        return self._ordered("record_id")

    @property
    def party_ids(self) -> pa.Array:
        """One per party."""
        party = self._texts["party_id"]
        return party.texts.take(party.codes[self.starts])

    @functools.cached_property
    def source_ranks(self) -> Numbers:
        """From 0 up, the best source has the largest."""
        ranks = self.numbers("source_rank")
        return np.asarray(ranks - ranks.min(initial=0))

    @functools.cached_property
    def recency(self) -> Numbers:
        """From 0 up, the last observed has the largest; what has no time was seen in 1970."""
        return np.asarray(np.unique(self.numbers("observed_at"), return_inverse=True)[1])

    def numbers(self, name: str, missing: int = 0) -> Numbers:
        """A column of numbers, or of moments in microseconds since 1970; `missing` for none."""
        values = self._rows[name].cast("int64").fill_null(missing).to_numpy()
        return np.asarray(values[self._order])

    def told(self, name: str, group: str = "") -> Column:
        """Purpose, legal basis or retention of each record, as its stream says it of this group.

        The texts are the same for all groups.
        """
        import pyarrow as pa

        held, codes = self._texts[name], self._texts[name].codes.copy()
        own = [row for rows in self.own_basis.values() for row in rows if row[name] is not None]
        for place, row in enumerate(own, start=len(held.texts)):
            if row["field_group"] == group:
                codes[self._is("system", row["system"]) & self._is("stream", row["stream"])] = place
        texts = pa.array([row[name] for row in own], pa.string())
        return Column(codes, pa.concat_arrays([held.texts, texts]))

    def left_out(self, group: str, purposes: Sequence[str]) -> Flags:
        """Records held for a purpose whose values are no candidates."""
        purpose = self.told("purpose", group)
        listed = [text in purposes for text in purpose.texts.to_pylist()]
        return np.array([*listed, False])[purpose.codes]

    def _is(self, name: str, text: str | None) -> Flags:
        column = self._texts[name]
        listed = [known == text for known in column.texts.to_pylist()]
        return np.array([*listed, False])[column.codes]

    def _ordered(self, name: str) -> pa.Array:
        return self._rows[name].combine_chunks().take(self._order)

    def _elements(self, attribute: Attribute) -> Elements:
        """Their texts are added to those of the attribute."""
        lists = self._ordered(LISTS[attribute])
        lengths = lists.value_lengths().fill_null(0).to_numpy()
        one = self.columns[attribute]
        codes, texts = _joined(one.texts, lists.flatten())
        self.columns[attribute] = Column(one.codes, texts)
        return Elements(np.repeat(np.arange(len(lengths), dtype=np.int32), lengths), codes)


def read_members(
    con: duckdb.DuckDBPyConnection, party_type: PartyType, rules: Rules, concerned: Concerned
) -> Members:
    """Those of the records concerned that are of this type."""
    attributes = tuple(dict.fromkeys(a for rule in rules.of(party_type) for a in rule.attributes))
    values = ", ".join(f"{_value_sql(a)} as {a}" for a in attributes)
    lists = "".join(f", {_several_sql(a)} as {LISTS[a]}" for a in attributes if a in LISTS)
    # A relation gives Arrow in as many threads as DuckDB has; a statement's result does not.
    rows = con.sql(
        f"select party_id, record_id, source, system, stream, {', '.join(TOLD)}, restricted,"
        f" echoing, first_seen, observed_at, source_rank, {values}{lists}"
        f" from ({members_sql(rules.source_priority, concerned)}) where party_type = '{party_type}'"
    )
    return Members(rows.to_arrow_table(), attributes, read_own_basis(con))


def first_of_runs(codes: NDArray[Any]) -> Numbers:
    """Where each run of equal numbers begins."""
    return np.flatnonzero(np.diff(codes, prepend=NONE - 1))


def distinct(numbers: Numbers) -> Numbers:
    """Sorted; for numbers that are nearly in order already, as those of parties are."""
    ordered = np.sort(numbers, kind="stable")
    return ordered[first_of_runs(ordered)]


def runs(starts: Numbers, rows: int) -> Codes:
    """For each row, the number of its run."""
    lengths = np.diff(starts, append=rows)
    return np.repeat(np.arange(len(starts), dtype=np.int32), lengths)


def encoded(values: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Each value as its place among the distinct ones, and these."""
    found = values.combine_chunks().dictionary_encode()
    return found.indices.fill_null(NONE).to_numpy(), found.dictionary


def texts_of(texts: pa.Array, codes: NDArray[Any]) -> pa.Array:
    """The texts that these numbers stand for; null for `NONE`."""
    import pyarrow as pa

    return texts.take(pa.array(codes, pa.int32(), mask=codes == NONE))


def _value_sql(attribute: Attribute) -> str:
    return f"only_{attribute}" if attribute in LISTS else value_sql(attribute)


def _several_sql(attribute: Attribute) -> str:
    elements = f"{LISTS[attribute]}[:{LAST_POSITION}]"
    cleaned = f"list_transform({elements}, lambda element: {element_sql(attribute, 'element')})"
    return f"case when len({LISTS[attribute]}) > 1 then {cleaned} end"


def _order(rows: pa.Table) -> Numbers:
    import pyarrow.compute as pc

    keys = [("party_id", "ascending"), ("record_id", "ascending")]
    return np.asarray(pc.sort_indices(rows.select(["party_id", "record_id"]), keys))


def _joined(texts: pa.Array, more: pa.Array) -> tuple[Codes, pa.Array]:
    """`more` as places in `texts`, which gains what it lacks."""
    import pyarrow as pa

    both = pa.concat_arrays([texts, more]).dictionary_encode()
    # Distinct texts come first, so their places stay.
    return both.indices.fill_null(NONE).to_numpy()[len(texts) :], both.dictionary
