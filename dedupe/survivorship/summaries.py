"""Members → per party and group of attributes: do its records differ, and the best if they do not.

Most parties' records all say the same; then no value has to be looked at, only whose word counts
first. Each attribute becomes numbers, equal where the values are; with the records of a party side
by side, the smallest and the largest of them say whether they differ.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.arriving import arriving
from dedupe.survivorship.candidates import GROUP_BASIS, LISTS, MEMBERS, value_sql
from dedupe.survivorship.rules import Attribute, Criterion, PartyType, Rules
from dedupe.survivorship.winners import OF_THE_RECORD, SUMMARIES, digits_sql

if TYPE_CHECKING:
    import duckdb

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
_NONE = 0  # records and values are numbered from 1


def write_summaries(
    con: duckdb.DuckDBPyConnection, party_type: PartyType, rules: Rules, own_basis: Collection[str]
) -> None:
    """Temp table `survivorship_summaries`, one row per party of this type.

    `<group>_differ`, and `<group>_best`, the number of the record that wins if they do not; null
    where none has a value that may be golden. `own_basis` names the groups that some stream holds
    on a basis of its own.
    """
    import pyarrow as pa

    members = _Members(con, party_type, rules)
    columns = {"party_no": pa.array(members.parties, pa.int32())}
    for rule in rules.of(party_type):
        codes = {attribute: members.codes(attribute) for attribute in rule.attributes}
        # A country alone is no address.
        said = np.logical_or.reduce([c != _NONE for a, c in codes.items() if a != "country"])
        told = said & ~members.left_out(rule.group if rule.group in own_basis else "")
        differ = np.logical_or.reduce([members.differ(told, code) for code in codes.values()])
        for attribute in codes.keys() & LISTS.keys():
            differ |= members.several(attribute)
        best = members.best(told, tuple(c for c in rule.order if c in OF_THE_RECORD))
        columns[f"{rule.group}_differ"] = pa.array(differ)
        columns[f"{rule.group}_best"] = pa.array(best, pa.int32(), mask=best == _NONE)
    with arriving(con, pa.table(columns)) as rows:
        con.execute(f"create or replace temp table {SUMMARIES} as from {rows}")


class _Members:
    """The records of one party type as arrays, in the order of their numbers: party by party.

    The table has an order of its own, the same for each column that is fetched from it.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, party_type: PartyType, rules: Rules) -> None:
        self._con = con
        self._rows = f"from {MEMBERS} as member where party_type = '{party_type}'"
        self._left_out_purposes = list(rules.not_from_purposes)
        digits = ", ".join(f"{digits_sql(c, rules)} as {c}" for c in OF_THE_RECORD)
        told = con.execute(f"select record_no, party_no, {digits} {self._rows}").fetchnumpy()
        self._order = np.argsort(told["record_no"])
        self._records = told["record_no"][self._order]
        self._digits = {c: told[c][self._order].astype(np.int64) for c in OF_THE_RECORD}
        self._left_out: dict[str, Flags] = {}
        self._ranks: dict[tuple[Criterion, ...], tuple[Numbers, Numbers]] = {}
        party = told["party_no"][self._order]
        self._starts = np.flatnonzero(np.diff(party, prepend=_NONE))
        self.parties = party[self._starts]

    def codes(self, attribute: Attribute) -> Numbers:
        """Per record: equal numbers for equal values, `_NONE` for none."""
        value = f"only_{attribute}" if attribute in LISTS else value_sql(attribute)
        said = self._con.execute(f"select {value} as said {self._rows}").to_arrow_table()["said"]
        numbers = [
            chunk.indices.fill_null(_NONE - 1).to_numpy()
            for chunk in said.dictionary_encode().unify_dictionaries().chunks
        ]
        return np.concatenate([np.empty(0, np.int32), *numbers])[self._order] + 1

    def left_out(self, group: str) -> Flags:
        """Per record: is it held for a purpose whose values are no candidates?

        `group` is empty, or names one that some stream holds for a purpose of its own.
        """
        if group not in self._left_out:
            self._left_out[group] = self._find_left_out(group)
        return self._left_out[group]

    def _find_left_out(self, group: str) -> Flags:
        basis = self._con.execute(
            f"select system, stream, purpose from {GROUP_BASIS}"
            " where field_group = ? and purpose is not null", [group],
        ).fetchall()  # fmt: skip
        own = " ".join("when system = ? and stream = ? then ?" for _ in basis)
        purpose = f"case {own} else purpose end" if own else "purpose"
        return self._flags(
            f"list_contains(?, {purpose})",
            [self._left_out_purposes, *(told for row in basis for told in row)],
        )

    def differ(self, told: Flags, codes: Numbers) -> Flags:
        """Per party: do these of its records say different things?"""
        most = np.maximum.reduceat(np.where(told, codes, _NONE), self._starts)
        return np.asarray(
            np.minimum.reduceat(np.where(told, codes, len(codes) + 1), self._starts) < most
        )

    def several(self, attribute: Attribute) -> Flags:
        """Per party: has one of its records several values?"""
        return np.logical_or.reduceat(self._flags(f"len({LISTS[attribute]}) > 1"), self._starts)

    def best(self, told: Flags, order: tuple[Criterion, ...]) -> Numbers:
        """Per party: the number of the first of these records by these criteria, or `_NONE`."""
        last = len(self._records)
        by_rank, rank = self._ranked(order)
        first = np.minimum.reduceat(np.where(told, rank, last), self._starts)
        return np.append(self._records[by_rank], _NONE)[first]

    def _ranked(self, order: tuple[Criterion, ...]) -> tuple[Numbers, Numbers]:
        """Places of the records, best first; ties go to the smaller record. Their ranks."""
        if order not in self._ranks:
            by_rank = np.arange(len(self._records))
            for criterion in reversed(order):
                # Stable, so what was sorted by before is what decides among equals.
                by_rank = by_rank[np.argsort(-self._digits[criterion][by_rank], kind="stable")]
            rank = np.empty_like(by_rank)
            rank[by_rank] = np.arange(len(by_rank))
            self._ranks[order] = by_rank, rank
        return self._ranks[order]

    def _flags(self, condition: str, bound: list[Any] | None = None) -> Flags:
        found = self._con.execute(
            f"select coalesce({condition}, false) as flag {self._rows}", bound or []
        ).fetchnumpy()["flag"]
        return np.asarray(found[self._order], dtype=np.bool_)
