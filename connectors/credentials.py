"""How a client proves who it is: Basic, a key in a header, or an OAuth token that expires."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from connectors.http import Request
from stamm.errors import ContractBroken
from stamm.redaction import register_secret


class Credentials(Protocol):
    """Headers for each request, and a way to renew them if they can expire."""

    renewable: bool

    def ready(self) -> bool:
        """Whether there is something to send yet."""
        ...

    def headers(self) -> Mapping[str, str]:
        """What proves the identity."""
        ...

    def renewal(self) -> Request | None:
        """The request for a fresh token."""
        ...

    def renewed(self, answer: Any, headers: Mapping[str, str]) -> None:
        """Take the token out of the answer's body or headers."""
        ...


class FixedHeader:
    """A header that stays the same, such as an API key."""

    renewable = False

    def __init__(self, name: str, value: str) -> None:
        register_secret(value)
        self._headers = {name: value}

    def ready(self) -> bool:
        return True

    def headers(self) -> Mapping[str, str]:
        return self._headers

    def renewal(self) -> Request | None:
        return None

    def renewed(self, answer: Any, headers: Mapping[str, str]) -> None:  # noqa: ARG002 - protocol
        raise AssertionError("a fixed header is never renewed")


def basic(user: str, password: str) -> FixedHeader:
    """HTTP Basic."""
    register_secret(password)
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    register_secret(encoded)
    return FixedHeader("Authorization", f"Basic {encoded}")


class ClientCredentials:
    """OAuth 2 client credentials (RFC 6749, 4.4)."""

    renewable = True

    def __init__(self, path: str, client_id: str, client_secret: str) -> None:
        register_secret(client_secret)
        self._path = path
        self._body = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._token = ""

    def ready(self) -> bool:
        return bool(self._token)

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def renewal(self) -> Request | None:
        return Request("POST", self._path, body=self._body)

    def renewed(self, answer: Any, headers: Mapping[str, str]) -> None:  # noqa: ARG002 - protocol
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise ContractBroken(f"{self._path}: expected access_token in the answer, found none")
        register_secret(token)
        self._token = token
