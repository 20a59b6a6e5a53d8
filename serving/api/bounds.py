"""No request is read without end: a body that is larger than any of ours is refused midway.

In: an ASGI application. Out: the same, whose routes get a 413 in place of the rest of the body.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST_DIGITS = 18  # Python refuses to read thousands of them
LARGEST = 2_000_000  # bytes; a business card with a picture is the largest that is sent here


class BoundedBodies:
    """Counts what arrives, whatever `Content-Length` says; it is refused without being read."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if max(read, _announced(scope)) > self._largest:
                raise HTTPException(413, f"expected a body of {self._largest} bytes at the most")
            return message

        await self._app(scope, counted, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:_MOST_DIGITS])  # a number that is cut off is still too large
    return 0
