"""How far an open load has come: what a later process needs to go on with it, as text."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from connectors.landing import Part


@dataclass(frozen=True)
class Checkpoint:
    """How far an open load has come; `reading` is the number of the pass over the window."""

    load_id: str
    mode: str
    since: str | None
    started_at: str  # the pass: moved only where the window is read again
    before: int  # live records when the load began
    reading: int
    next_token: str | None = None
    at_end: bool = False
    restarts: int = 0
    pages: int = 0
    rows: int = 0
    upserts: int = 0
    deletes: int = 0
    duplicates: int = 0
    rejected: int = 0
    rejected_rows: int = 0
    withdrawn_rows: int = 0
    server_total: int | None = None
    cursor_from: str | None = None
    cursor_to: str | None = None
    parts: tuple[Part, ...] = ()
    rejected_parts: tuple[Part, ...] = ()
    drift: tuple[tuple[str, str, str, str, int], ...] = ()
    until: str | None = None  # the end of a stretch that is read again
    # Records without a key were met. What was last met before this pass may be one of them.
    nameless: int = -1


def as_text(checkpoint: Checkpoint) -> str:
    """As the cache beside landing keeps it."""
    return json.dumps(asdict(checkpoint))


def of_text(text: str) -> Checkpoint:
    """What `as_text` gave."""
    raw = json.loads(text)
    for name in ("parts", "rejected_parts"):
        raw[name] = tuple(Part(**part) for part in raw[name])
    return Checkpoint(**raw)


def restarted(checkpoint: Checkpoint, reading: int, started_at: str) -> Checkpoint:
    """The same load, its window read again from the first page; landed parts stay valid."""
    return replace(
        checkpoint,
        reading=reading,
        started_at=started_at,
        next_token=None,
        at_end=False,
        server_total=None,
        nameless=-1,
        duplicates=checkpoint.duplicates + checkpoint.rejected,  # which the new pass meets again
        rejected=0,
        restarts=checkpoint.restarts + 1,
    )
