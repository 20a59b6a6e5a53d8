"""Find the parties that a card may be: candidates by blocking keys, weighed as linking weighs.

`Lookup.open` reads both party types into memory; `find` then answers in milliseconds, without
the warehouse, so that a warm process can go on while a run writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dedupe.answers.explain import Step, prior_weight
from dedupe.linking.scoring import probability
from dedupe.linking.term_frequencies import frequency_terms
from dedupe.lookup import standardised
from dedupe.lookup.card import Card
from dedupe.lookup.hashing import Hasher
from dedupe.lookup.index import Index, Record, key_hash_sql, key_values, listed
from dedupe.lookup.names import NameContext
from dedupe.lookup.weighing import Row, TermBits, Weigher
from dedupe.trained import load

if TYPE_CHECKING:
    import duckdb

PARTY_TYPES = ("person", "organisation")


@dataclass(frozen=True)
class Hit:
    """A party that the card may be, by the record of it that fits best.

    `prior_weight` and the steps add up to `weight` (bits).
    """

    party_id: str
    party_type: str
    party_name: str | None
    record_id: str
    weight: float
    probability: float
    prior_weight: float
    steps: tuple[Step, ...]


class Lookup:
    """All that a look-up needs, in memory."""

    def __init__(
        self, searches: dict[str, _Search], context: NameContext, firms: dict[str, str]
    ) -> None:
        self._searches = searches
        self._context = context
        self._firms = firms

    @staticmethod
    def open(con: duckdb.DuckDBPyConnection, work_dir: Path) -> Lookup:
        """From the private warehouse and the trained models in `work_dir`.

        Raises InputError where nothing was linked yet.
        """
        searches = {t: _Search(Index.load(con, load(work_dir, t))) for t in PARTY_TYPES}
        firms = con.execute("select domain, name from link.domain_firms").fetchall()
        return Lookup(searches, NameContext.load(con), dict(firms))

    def find(self, card: Card, limit: int = 5, at_least: float = 0.05) -> list[Hit]:
        """The likeliest people and firms, best first, at most `limit` of each."""
        person = standardised.person(card, self._context, self._firms.get)
        found = self._searches["person"].find(person, limit, at_least)
        firm = standardised.organisation(card)
        found += self._searches["organisation"].find(firm, limit, at_least)
        return sorted(found, key=lambda hit: (-hit.weight, hit.party_id))


class _Weighed(NamedTuple):
    """A candidate, before it is explained."""

    party_id: str
    weight: float
    codes: list[int]
    terms: list[float]
    row: Row

    @property
    def probability(self) -> float:
        return probability(self.weight)


class _Search:
    """One party type."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._columns = index.rows.column_names
        self._weigher = Weigher(index.trained, self._columns)
        shown = ("party_id", "party_name", "record_id")
        self._party, self._name, self._record = (self._columns.index(c) for c in shown)
        self._hasher = Hasher()

    def find(self, record: Record, limit: int, at_least: float) -> list[Hit]:
        keys, bits = self._hashed(record)
        ours = tuple(record.get(name) for name in self._columns)
        codes_with = self._weigher.codes_of(ours)
        best: dict[str, _Weighed] = {}
        for theirs in self._index.records(self._index.candidates(keys)):
            one = self._weighed(ours, theirs, codes_with(theirs), bits)
            if one.party_id not in best or one.weight > best[one.party_id].weight:
                best[one.party_id] = one
        ranked = sorted(best.values(), key=lambda one: (-one.weight, one.party_id))
        return [self._hit(ours, one) for one in ranked[:limit] if one.probability >= at_least]

    def _weighed(self, ours: Row, theirs: Row, codes: list[int], bits: TermBits) -> _Weighed:
        terms = self._weigher.terms(codes, ours, theirs, bits)
        party_id, weight = theirs[self._party], self._weigher.weight(codes, terms)
        return _Weighed(party_id, weight, codes, terms, theirs)

    def _hit(self, ours: Row, one: _Weighed) -> Hit:
        steps = self._weigher.steps(one.codes, one.terms, ours, one.row)
        party_type = self._index.trained.specification.party_type
        name, record_id = one.row[self._name], one.row[self._record]
        return Hit(
            one.party_id, party_type, name, record_id, one.weight, one.probability,
            prior_weight(self._index.trained), steps,
        )  # fmt: skip

    def _hashed(self, record: Record) -> tuple[list[np.uint64], TermBits]:
        """Hashes of the record's blocking keys and the bits of its values, in one query."""
        keys = list(key_values(self._index.trained.specification, record))
        columns = [level.term_frequency for _, level in frequency_terms(self._index.trained)]
        values = [(column, value) for column in columns for value in listed(record.get(column))]
        asked = [
            key_hash_sql(place, f"hash({', '.join('?' * len(parts))})") for place, parts in keys
        ]
        asked += ["hash(?)"] * len(values)
        if not asked:
            return [], {}
        given = [part for _, parts in keys for part in parts] + [value for _, value in values]
        hashes = self._hasher.hashes(asked, given)
        bits: TermBits = {column: {} for column in columns}
        for (column, value), one in zip(values, hashes[len(keys) :], strict=True):
            known = self._index.frequencies[column].equal_to(one)
            bits[column][value] = float(known[0]) if len(known) else 0.0
        return hashes[: len(keys)], bits
