"""Misbehaviour on request: each fault is asked for over `/_sandbox/faults` and used up by answers.

An ASGI layer around the vendor APIs: it counts every request and bends an answer if a fault fits.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = {
    "too_many_requests": "429 with Retry-After",
    "server_error": "500 with an HTML page",
    "down": "503 without a body",
    "slow": "the answer comes late",
    "cut_off": "the connection ends in the middle of the body",
    "expired_token": "401 although the credentials are right",
    "empty": "a list without records",
    "duplicate_pages": "each record of a page twice",
    "unknown_field": "every record has a field nobody declared",
}
_LISTS = ("results", "data", "contacts", "lists", "campaigns", "events", "tickets", "users")
_MORE_LISTS = ("organizations", "satisfaction_ratings", "ticket_metrics")
_KEPT = 10_000  # requests remembered one by one


@dataclass
class Fault:
    """One misbehaviour, for the next `times` requests whose path holds `path`."""

    system: str
    kind: str
    times: int = 1
    path: str = ""
    seconds: float = 1.0
    after: int = 0  # fitting requests that are still answered well

    def fits(self, path: str) -> bool:
        if not path.startswith(f"/{self.system}/") or self.path not in path or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        return True


@dataclass
class Control:
    """Faults to come and requests seen."""

    faults: list[Fault] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def routes(self) -> list[Route]:
        return [
            Route("/_sandbox/faults", self._faults, methods=["POST", "DELETE"]),
            Route("/_sandbox/requests", self._requests, methods=["GET", "DELETE"]),
            Route("/_sandbox/health", lambda _: JSONResponse({"ok": True})),
        ]

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
            return JSONResponse({"faults": 0})
        asked = await request.json()
        if asked.get("kind") not in KINDS:
            return JSONResponse({"error": f"kind: expected one of {', '.join(KINDS)}"}, 400)
        self.faults.append(Fault(**asked))
        return JSONResponse({"faults": len(self.faults)})

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.requests.clear()
            self.recent.clear()
        return JSONResponse({"counts": self.requests, "recent": list(self.recent)})

    def seen(self, path: str, query: str) -> Fault | None:
        """Count a request; the fault it meets, if any."""
        self.requests[path] += 1
        self.recent.append(f"{path}?{query}")
        fault = next((one for one in self.faults if one.fits(path)), None)
        if fault:
            fault.times -= 1
        return fault


class Misbehaving:
    """The vendor APIs with their faults."""

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self._app = app
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self._app(scope, receive, send)
            return
        fault = self._control.seen(scope["path"], scope["query_string"].decode())
        refused = _refusal(fault) if fault else None
        if refused is not None:
            await refused(scope, receive, send)
        elif fault is None:
            await self._app(scope, receive, send)
        else:
            await self._bent(fault, scope, receive, send)

    async def _bent(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(m.get("body", b"") for m in messages[1:])
        start = messages[0]
        if fault.kind == "cut_off":
            # The declared length stays, the rest never comes: the server closes the connection.
            await send(start)
            await send({"type": "http.response.body", "body": body[: len(body) // 2]})
            return
        changed = json.dumps(_changed(json.loads(body), fault.kind)).encode()
        headers = [(k, v) for k, v in start["headers"] if k != b"content-length"]
        length = (b"content-length", str(len(changed)).encode())
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": changed})


def _refusal(fault: Fault) -> Response | None:
    if fault.kind == "too_many_requests":
        headers = {"Retry-After": str(max(int(fault.seconds), 1))}
        return Response("Too Many Requests", 429, headers)
    if fault.kind == "server_error":
        page = "<html><body><h1>500 Internal Server Error</h1></body></html>"
        return Response(page, 500, media_type="text/html")
    if fault.kind == "down":
        return Response(None, 503)
    if fault.kind == "expired_token":
        return JSONResponse({"errors": [{"status": "401", "title": "expired"}]}, 401)
    return None


def _changed(document: Any, kind: str) -> Any:
    holder = document.get("d", document)
    name = next((n for n in (*_LISTS, *_MORE_LISTS) if isinstance(holder.get(n), list)), None)
    if name is None:
        return document
    rows = holder[name]
    if kind == "empty":
        holder.update({name: []})
        holder.update({n: 0 for n in ("total", "count") if n in holder})
        holder.update({"__count": "0"} if "__count" in holder else {})
    elif kind == "duplicate_pages":
        holder[name] = [row for row in rows for _ in range(2)]
    else:
        holder[name] = [{**row, "x_unannounced": "new"} for row in rows]
    return document
