"""`/changes` and `/snapshot`: to follow what may be seen of the published build, and to begin.

A consumer loads the snapshot, keeps its `X-Cursor`, and from then on asks for the changes behind
the cursor that it has. Whoever replays them holds what the snapshot holds.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from serving.api.asking import ARROW, Asked
from serving.api.customers import MayRead
from serving.api.problems import Problem, described
from serving.api.views import View
from serving.changes import FIELDS, PERMISSIONS, Operation
from serving.feed import contents_sql, read_changes
from serving.withheld import bounds, tell_withheld, withheld_before

router = APIRouter(tags=["feed"])
NDJSON = "application/x-ndjson"
_ROWS = 10_000  # a piece of the snapshot
_MAX_CURSOR = 2**62


class Since(BaseModel):
    """Where the consumer is."""

    model_config = ConfigDict(extra="forbid")

    since: int = Field(
        default=0, ge=0, le=_MAX_CURSOR, description="`next` of the answer before, or `X-Cursor`."
    )
    limit: int = Field(default=1000, ge=1, le=10_000)


class ChangeTold(BaseModel):
    """One entry. ADD and SPLIT bring all values, MOD those that changed; DEL, MERGE (into
    `other_party_id`) and a WITHDRAW without fields take the party away; one with fields replaces
    them, as MOD does, because a permission or an address was withdrawn."""

    cursor: int
    build_id: str
    at: datetime
    operation: Operation
    party_id: str
    other_party_id: str | None
    fields: dict[str, Any]


class ChangesTold(BaseModel):
    """`next` is the cursor to go on from; `more` says whether anything lies behind it now."""

    items: list[ChangeTold]
    next: int
    more: bool


@router.get(
    "/changes",
    response_model=ChangesTold,
    responses=described(401, 403, 410, 422, 429, 503),
    summary="What became different behind a cursor, in order",
)
def changes(asked: MayRead, asking: Annotated[Since, Query()]) -> Response:
    """The same cursor gives the same entries again. 410: load `/snapshot` and go on from there."""
    _tell(asked)
    floor, last = bounds(asked.store)
    # Opened after `last` was read: it knows whoever is hidden in the build of those entries.
    view = asked.service.published.current()
    if not floor <= asking.since <= last:
        raise Problem(
            410,
            "cursor-gone",
            f"expected a cursor from {floor} to {last}, found {asking.since}: load /snapshot",
            floor=floor,
            last=last,
        )
    entries = read_changes(asked.store, asking.since, asking.limit, view.hidden)
    found = [one for one in entries if one.cursor <= last]
    after = found[-1].cursor if found else asking.since
    rows = [_told(asdict(one), view) for one in found]
    people = [one.party_id for one in found if one.fields]
    return asked.answer("changes", people, {"items": rows, "next": after, "more": after < last})


@router.get(
    "/snapshot",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "One line per party: `party_id` and `fields`; or an Arrow stream. "
            "`X-Cursor` says from where `/changes` goes on.",
            "content": {NDJSON: {"schema": {"type": "string"}}, ARROW: {}},
        },
        **described(401, 403, 422, 429, 503),
    },
    summary="All parties as the feed tells them",
)
def snapshot(asked: MayRead, accept: Annotated[str, Header(max_length=500)] = NDJSON) -> Response:
    """NDJSON, or Arrow with `Accept: application/vnd.apache.arrow.stream`; streamed in any size."""
    _tell(asked)
    _, last = bounds(asked.store)
    # Opened after `last` was read: entries that come between are replayed on what has them already.
    view = asked.service.published.current()
    asked.log("snapshot", [None])
    headers = {"ETag": asked.etag, "X-Cursor": str(last), "Cache-Control": "private, no-cache",
               "Vary": "Accept"}  # fmt: skip
    if ARROW in accept:
        return StreamingResponse(_arrow(view), 200, headers, ARROW)
    return StreamingResponse(_lines(view), 200, headers, NDJSON)


def _told(entry: dict[str, Any], view: View) -> dict[str, Any]:
    """Without an id that only points to somebody who is hidden."""
    hidden = entry["other_party_id"] in view.hidden.parties
    return {**entry, "other_party_id": None} if hidden else entry


def _tell(asked: Asked) -> None:
    """Log what is withheld now and was not when the build was told."""
    view = asked.view
    touched = view.changed | withheld_before(asked.store)
    if not touched:
        return
    with view.cursor() as con:
        shown = con.execute(
            f"select * from ({contents_sql(con)}) where list_contains(?, party_id)",
            [sorted(touched)],
        ).fetchall()
    tell_withheld(asked.store, view.build, dict(shown), touched, datetime.now(UTC))


def _lines(view: View) -> Iterator[bytes]:
    with view.cursor() as con:
        con.execute(f"{contents_sql(con)} order by party_id")
        while rows := con.fetchmany(_ROWS):
            yield "".join(
                f'{{"party_id":{json.dumps(party)},"fields":{content}}}\n'
                for party, content in rows
            ).encode()


def _arrow(view: View) -> Iterator[bytes]:
    """The stream in pieces: what the writer has put down since the last one."""
    import pyarrow as pa

    with view.cursor() as con:
        reader = con.execute(_typed_sql()).to_arrow_reader(_ROWS)
        pieces = _Pieces()
        with pa.ipc.new_stream(pa.PythonFile(pieces, mode="w"), reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
                yield pieces.taken()
        yield pieces.taken()


class _Pieces(io.RawIOBase):
    """A file that is taken away piece by piece."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        return len(self._held[-1])

    def taken(self) -> bytes:
        """All that was written since it was asked last."""
        held, self._held = b"".join(self._held), []
        return held


def _typed_sql() -> str:
    """The columns of the feed in their own types."""
    golden = ", ".join(f'g."{name}"' for name in FIELDS)
    permissions = ", ".join(f"coalesce(c.{name}, false) as {name}" for name in PERMISSIONS)
    return (
        f"select g.party_id, {golden}, {permissions} from golden_parties as g "
        "left join customer_360 as c on c.party_id = g.party_id order by g.party_id"
    )
