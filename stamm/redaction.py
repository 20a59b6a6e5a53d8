"""Keeps secrets and personal data out of logs and error texts, at every level."""

from __future__ import annotations

import logging
import re

_REDACTED = "[redacted]"
_MIN_SECRET = 4  # shorter ones would blank out ordinary text
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# A message about a setting of such a name goes on with what was expected there, not with a secret.
_BEARER = re.compile(
    r"(?i)\b(bearer|basic|api[-_]?key|token|password)([\"'=: ]+)(?!expected )[^\s\"',;&]{6,}"
)
_secrets: set[str] = set()


def register_secret(value: str) -> None:
    """From now on `redact` removes this very value wherever it stands."""
    if len(value) >= _MIN_SECRET:
        _secrets.add(value)


def redact(text: str) -> str:
    """The text without registered secrets, credentials in headers, and e-mail addresses."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _REDACTED)
    return _EMAIL.sub(_REDACTED, _BEARER.sub(rf"\1\2{_REDACTED}", text))


class RedactingFilter(logging.Filter):
    """Put on a handler, it rewrites each record's message before it is formatted."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        return True
