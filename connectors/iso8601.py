"""ISO 8601 moments as the shop, mail and help systems write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from connectors.source import Record


def moment(wire: str) -> datetime:
    """In UTC. Without a zone the text is taken as UTC; raises ValueError if it is no moment."""
    parsed = datetime.fromisoformat(wire)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def first_of(*fields: str) -> Callable[[Record], datetime | None]:
    """Reads the first of these fields that is set."""

    def read(record: Record) -> datetime | None:
        for field in fields:
            value = record.get(field)
            if value:
                return moment(value)
        return None

    return read
