"""What targets were sent, as the sources read it back: values by record id, with when they held.

In: the ledgers, and for each target the source and stream that bring its customers. Out: rows
(record id, attribute, value, sent at, replaced at) for `landing.sent_values`. A value that comes
back is an echo if it is the one sent last, or an earlier one in a record that changed before the
later sending. A record id is what landing gives a record of that source, stream and key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from stamm.ids import record_id
from stamm.settings import SinkSettings
from stamm.store import Store

_NAME_PARTS = ("given_name", "family_name")
_LISTS = ("email", "phone")
Cell = tuple[str, str]  # record id, and the cell as `echoes` names it: city, email=…


class SentValue(NamedTuple):
    """`replaced_at` is None for the value that was sent last; moments are ISO 8601 in UTC."""

    record_id: str
    attribute: str
    value: str | None
    sent_at: str
    replaced_at: str | None


def sent_values(
    store: Store, sinks: Iterable[SinkSettings], won: Collection[Cell] = ()
) -> list[SentValue]:
    """Of all targets that a source reads back.

    `won` are the cells whose value became golden (`won_cells`): it was that system's own word, and
    stays so although it was sent there as well.
    """
    if not store.has_table("sink_sent"):
        return []
    sent = (value for sink in sinks for value in _of_sink(store, sink))
    return [one for one in sent if (one.record_id, _cell(one.attribute, one.value)) not in won]


def won_cells(winners: Iterable[tuple[str, str, str | None]]) -> set[Cell]:
    """(record id, attribute, value) of golden cells → cells of these records that won.

    Of a list only the element that won: those beside it stay echoes.
    """
    return {(record, _cell(attribute, value)) for record, attribute, value in winners}


def _cell(attribute: str, value: str | None) -> str:
    """As `echoes` names it."""
    return f"{attribute}={value}" if attribute in _LISTS else attribute


def own_records(store: Store, sink: SinkSettings) -> dict[str, str]:
    """Record id → golden id of the customers that this target was given, as they come back."""
    if sink.source is None or sink.stream is None or not store.has_table("sink_rows"):
        return {}
    rows = store.query(
        "select external_key, party_id from sink_rows where sink = ? and external_key is not null",
        [sink.name],
    )
    secret = store.secret("record_id")
    return {
        record_id(secret, sink.source, sink.stream, row["external_key"]): row["party_id"]
        for row in rows
    }


def _of_sink(store: Store, sink: SinkSettings) -> Iterator[SentValue]:
    if sink.source is None or sink.stream is None:
        return
    rows = store.query(
        "select external_key, field, value, sent_at from sink_sent where sink = ?"
        " order by external_key, seq",
        [sink.name],
    )
    secret = store.secret("record_id")
    for key, sent in groupby(rows, lambda row: str(row["external_key"])):
        told = [(row["field"], row["value"], row["sent_at"]) for row in sent]
        yield from _held(record_id(secret, sink.source, sink.stream, key), told)


def _held(record: str, told: list[tuple[str, str | None, str]]) -> Iterator[SentValue]:
    """Values in the order they were sent → from when to when each was the last word."""
    standing: dict[str, tuple[str | None, str]] = {}
    for attribute, value, moment in _with_full_names(told):
        if attribute in standing:
            yield SentValue(record, attribute, *standing[attribute], moment)
        standing[attribute] = (value, moment)
    for attribute, (value, moment) in standing.items():
        yield SentValue(record, attribute, value, moment, None)


def _with_full_names(
    told: list[tuple[str, str | None, str]],
) -> Iterator[tuple[str, str | None, str]]:
    """A target that keeps a name in one field sends back what it was sent in two."""
    parts: Mapping[str, str | None] = {}
    for attribute, value, moment in told:
        yield attribute, value, moment
        if attribute in _NAME_PARTS:
            parts = {**parts, attribute: value}
            name = " ".join(filter(None, map(parts.get, _NAME_PARTS)))
            yield "full_name", name or None, moment
