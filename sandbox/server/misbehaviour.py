"""An ASGI layer around the vendor APIs: counts each request and bends its answer if a fault fits.

Only bent answers are parsed; all others go through as they are.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.server.control import Control
from sandbox.server.faults import Fault

_LISTS = (
    *("results", "data", "contacts", "lists", "campaigns", "events", "tickets", "users"),
    *("organizations", "satisfaction_ratings", "ticket_metrics"),
)
_PAGE = "<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>"


class Misbehaving:
    """The vendor APIs with their faults."""

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self._app = app
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self._app(scope, receive, send)
            return
        now = time.monotonic()
        fault = self._control.met(scope["path"], scope["query_string"].decode(), now)
        refused = _refusal(fault, now) if fault else None
        if fault is None:
            await self._app(scope, receive, send)
        elif refused is not None:
            await refused(scope, receive, send)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        elif fault.kind == "capped_pages":
            fault.cap(scope)
            await self._app(scope, receive, send)
        else:
            await self._bent(fault.kind, scope, receive, send)

    async def _bent(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        start, body = messages[0], b"".join(m.get("body", b"") for m in messages[1:])
        if kind == "cut_off":
            # The declared length stays, the rest never comes: the server closes the connection.
            await send(start)
            await send({"type": "http.response.body", "body": body[: len(body) // 2]})
            return
        changed = orjson.dumps(_changed(orjson.loads(body), kind)) if _is_json(start) else body
        headers = [(k, v) for k, v in start["headers"] if k != b"content-length"]
        length = (b"content-length", str(len(changed)).encode())
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": changed})


def _is_json(start: Message) -> bool:
    return any(k == b"content-type" and b"json" in v for k, v in start["headers"])


def _refusal(fault: Fault, now: float) -> Response | None:
    if fault.kind in {"too_many_requests", "rate_limit"}:
        return Response("Too Many Requests", 429, {"Retry-After": str(fault.retry_after(now))})
    if fault.kind == "server_error":
        return Response(_PAGE, 500, media_type="text/html")
    if fault.kind == "down":
        return Response(None, 503)
    if fault.kind == "expired_token":
        return JSONResponse({"errors": [{"status": "401", "title": "expired"}]}, 401)
    return None


def _changed(document: Any, kind: str) -> Any:
    """The answer with its list of records bent; an answer without a list stays as it is."""
    holder = document.get("d", document)
    name = next((one for one in _LISTS if isinstance(holder.get(one), list)), None)
    if name is None:
        return document
    rows = holder[name]
    if kind == "empty":
        holder[name] = []
        holder.update({n: type(holder[n])(0) for n in ("__count", "total", "count") if n in holder})
    elif kind == "duplicate_pages":
        holder[name] = [row for row in rows for _ in range(2)]
    else:
        holder[name] = [_with_a_new_field(row) for row in rows]
    return document


def _with_a_new_field(row: Any) -> Any:
    return {**row, "x_unannounced": "new"} if isinstance(row, dict) else row
