"""`/_sandbox/…`: ask for faults, see which requests came, know that the server lives."""

from __future__ import annotations

import os
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server.faults import Fault

_KEPT = 10_000  # requests remembered one by one


@dataclass
class Control:
    """Faults to come and requests seen."""

    folder: Path
    faults: list[Fault] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def routes(self) -> list[Route]:
        return [
            Route("/_sandbox/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/requests", self._requests, methods=["GET", "DELETE"]),
            Route("/_sandbox/health", self._health),
        ]

    def met(self, path: str, query: str, now: float) -> Fault | None:
        """Count a request; the fault it meets, if any."""
        self.requests[path] += 1
        self.recent.append(f"{path}?{query}")
        return next((one for one in self.faults if one.meets(path, now)), None)

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"ok": True, "pid": os.getpid(), "folder": str(self.folder)})

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
        elif request.method == "POST":
            try:
                self.faults.append(Fault(**await request.json()))
            except (TypeError, ValueError) as failure:
                return JSONResponse({"error": str(failure)}, 400)
        return JSONResponse({"faults": len(self.faults)})

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.requests.clear()
            self.recent.clear()
        return JSONResponse({"counts": self.requests, "recent": list(self.recent)})
