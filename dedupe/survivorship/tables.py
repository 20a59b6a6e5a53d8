"""Members and what each attribute came to → rows of `golden_parties` and `golden_lineage`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dedupe.linking.arriving import BATCH
from dedupe.standardise.kinds import COMPANY
from dedupe.standardise.values import parts_of
from dedupe.survivorship.contests import FROM_COMPANY_NAME, REASONS, Choice
from dedupe.survivorship.legal_forms import written
from dedupe.survivorship.members import (
    NONE,
    TOLD,
    Codes,
    Column,
    Members,
    Numbers,
    distinct,
    encoded,
    first_of_runs,
    texts_of,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_ATTRIBUTES = (
    "title", "given_name", "family_name", "full_name", "company_name", "legal_form",
    "birth_date", "email", "phone", "street", "house_number", "postcode", "city", "country",
    "vat_id", "website_domain",
)  # fmt: skip
PARTIES_COLUMNS = f"""
    party_id varchar, party_type varchar,
    {", ".join(f"{a} {'date' if a == 'birth_date' else 'varchar'}" for a in _ATTRIBUTES)},
    restricted boolean, records integer, sources varchar[], first_seen timestamp,
    last_seen timestamp, cohesion double"""
LINEAGE_COLUMNS = """
    party_id varchar, attribute varchar, record_id varchar, rule varchar, observed_at timestamp,
    purpose varchar, legal_basis varchar, retention varchar"""

NEVER = np.iinfo(np.int64).max


class Cells(NamedTuple):
    """An attribute of all parties: the value of each, the record it is from, and why it won.

    `pinned_at` has the moment of each pinned value, in microseconds since 1970, else `NEVER`.
    """

    group: str
    values: Column
    records: Codes
    reasons: Codes
    pinned_at: Numbers | None = None


def cells_of(members: Members, group: str, choice: Choice) -> dict[str, Cells]:
    """What the attributes of a group came to; where a value is missing there is no cell."""
    found: dict[str, Cells] = {}
    for attribute, codes in choice.values.items():
        records = np.where(codes == NONE, NONE, choice.records)
        values = Column(codes, members.columns[attribute].texts)
        found[attribute] = Cells(group, values, records, choice.reasons)
    return found


def legal_forms(con: duckdb.DuckDBPyConnection, names: Cells) -> Cells:
    """The legal form of each name that a firm bears now."""
    import pyarrow as pa

    borne = names.values.seen()
    texts = names.values.texts.take(borne)
    parts = parts_of(con, COMPANY, texts.unique())  # what is pinned may be there already
    told = dict(zip(parts["raw"].to_pylist(), parts["legal_form"].to_pylist(), strict=True))
    forms = [written(told[name]) for name in texts.to_pylist()]
    form, in_commerce = encoded(pa.chunked_array([forms], pa.string()))
    of_name = np.full(len(names.values.texts) + 1, NONE, np.int32)
    of_name[borne] = form
    codes = of_name[names.values.codes]
    reasons = np.full(len(codes), REASONS.index(FROM_COMPANY_NAME), np.int32)
    records = np.where(codes == NONE, NONE, names.records)
    return Cells(names.group, Column(codes, in_commerce), records, reasons, names.pinned_at)


def golden_rows(members: Members, cells: Mapping[str, Cells], cohesion: pa.Table) -> pa.Table:
    """One row per party, without its type; `cohesion` has what is known of it by party id."""
    import pyarrow as pa

    parties, starts = members.party_ids, members.starts
    restricted = np.logical_or.reduceat(members.numbers("restricted") != 0, starts)
    first = np.minimum.reduceat(members.numbers("first_seen", NEVER), starts)
    last = np.maximum.reduceat(members.numbers("observed_at", -NEVER), starts)
    values = [cell.values for cell in cells.values()]
    with ThreadPoolExecutor(2) as side_by_side:
        texts = list(side_by_side.map(lambda value: texts_of(value.texts, value.codes), values))
    return pa.table({"party_id": parties} | dict(zip(cells, texts, strict=True)) | {
        "restricted": pa.array(restricted),
        "records": pa.array(np.diff(starts, append=len(members.party)), pa.int32()),
        "sources": _sources(members),
        "first_seen": pa.array(first, pa.timestamp("us"), mask=first == NEVER),
        "last_seen": pa.array(last, pa.timestamp("us"), mask=last == -NEVER),
        "cohesion": _cohesion(parties, cohesion),
    })  # fmt: skip


def lineage_rows(members: Members, cells: Mapping[str, Cells]) -> pa.RecordBatchReader:
    """One row per cell, by party and attribute; made in batches as they are read."""
    import pyarrow as pa

    texts, moment = pa.dictionary(pa.int32(), pa.string()), pa.timestamp("us")
    schema = pa.schema([
        ("party_id", texts), ("attribute", texts), ("record_id", texts), ("rule", texts),
        ("observed_at", moment), *((name, texts) for name in TOLD),
    ])  # fmt: skip
    return pa.RecordBatchReader.from_batches(schema, _lineage_batches(members, cells, schema))


def _lineage_batches(
    members: Members, cells: Mapping[str, Cells], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    attributes = sorted(cells)
    records = np.column_stack([cells[a].records for a in attributes]).ravel()
    reasons = np.column_stack([cells[a].reasons for a in attributes]).ravel()
    told = [_Told(members, name, [cells[a].group for a in attributes]) for name in TOLD]
    observed = members.numbers("observed_at", NEVER)
    parties, record_ids = members.party_ids, members.record_ids
    stated = np.flatnonzero(records != NONE)
    for start in range(0, len(stated), BATCH):
        cell = stated[start : start + BATCH]
        party, attribute = np.divmod(cell, len(attributes))
        record = records[cell]
        seen = _seen([cells[a] for a in attributes], party, attribute, observed[record])
        yield pa.record_batch(
            [
                _among(parties, party), _among(pa.array(attributes), attribute),
                _among(record_ids, record), _among(pa.array(REASONS), reasons[cell]),
                pa.array(seen, schema.field("observed_at").type, mask=seen == NEVER),
                *(one.of(record, attribute) for one in told),
            ],
            schema=schema,
        )  # fmt: skip


def _seen(cells: Sequence[Cells], party: Numbers, attribute: Numbers, observed: Numbers) -> Numbers:
    """When each value was observed: its record, or what somebody pinned."""
    for place, cell in enumerate(cells):
        if cell.pinned_at is not None:
            pinned = np.where(attribute == place, cell.pinned_at[party], NEVER)
            observed = np.where(pinned == NEVER, observed, pinned)
    return observed


class _Told:
    """Purpose, legal basis or retention of cells, by their record and the place of their group."""

    def __init__(self, members: Members, name: str, groups: list[str]) -> None:
        self._of_record = members.told(name)
        self._own = [
            (np.array([group == own for group in groups]), members.told(name, own).codes)
            for own in members.own_basis
            if own in groups
        ]

    def of(self, records: Codes, places: Numbers) -> pa.Array:
        codes = self._of_record.codes[records]
        for has_own, own in self._own:
            codes = np.where(has_own[places], own[records], codes)
        return _among(self._of_record.texts, codes)


def _among(texts: pa.Array, places: Numbers | Codes) -> pa.DictionaryArray:
    """The texts in these places, null for `NONE`; of a long array only what lies between them."""
    import pyarrow as pa

    held = places[places != NONE]
    first, end = (int(held.min()), int(held.max()) + 1) if len(held) else (0, 0)
    within = pa.array(places - first, pa.int32(), mask=places == NONE)
    return pa.DictionaryArray.from_arrays(within, texts.slice(first, end - first))


def _sources(members: Members) -> pa.Array:
    """The names of each party's sources, in their order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = members.source.texts
    rank = np.argsort(pc.sort_indices(names).to_numpy())
    every = max(len(names), 1)
    held = distinct(members.party.astype(np.int64) * every + rank[members.source.codes])
    offsets = np.append(first_of_runs(held // every), len(held))
    values = names.sort().take(pa.array(held % every))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _cohesion(parties: pa.Array, known: pa.Table) -> pa.Array:
    """1.0 for a party with nothing to hold together."""
    import pyarrow.compute as pc

    row = pc.index_in(parties, known["party_id"].combine_chunks())
    return known["cohesion"].combine_chunks().take(row).fill_null(1.0)
