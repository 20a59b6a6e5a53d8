"""Standard Webhooks: the key in a secret, and the headers that sign a message.

In: secrets, a message and its id. Out: `webhook-timestamp` and `webhook-signature`.
Source: Standard Webhooks specification 1.0 (HMAC-SHA256 over `id.timestamp.body`, scheme `v1`;
several signatures while a secret is changed).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)  # as the specification asks


def key_of(secret: SecretStr) -> bytes:
    """The bytes of a secret; raises PydanticCustomError, which never shows it."""
    prefix, encoded = secret.get_secret_value()[: len(_PREFIX)], secret.get_secret_value()
    try:
        key = base64.b64decode(encoded.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if prefix != _PREFIX or len(key) not in _SECRET_BYTES:
        raise PydanticCustomError(
            "secret",
            "expected whsec_ and 24 to 64 bytes in base64, found something else (not shown); "
            "docs/sinks.md says how to make one",
        )
    return key


def signature(key: bytes, content: bytes) -> str:
    """Of `id.timestamp.body`, by one key."""
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def signed(keys: Iterable[bytes], identity: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of a message that leaves at this moment, signed by every key."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((identity.encode(), timestamp.encode(), body))
    return {
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signature(key, content) for key in keys),
    }
