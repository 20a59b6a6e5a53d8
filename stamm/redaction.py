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
# DuckDB tells of a value that it could not read by quoting it.
_VALUE = re.compile(r"(?i)\b((?:convert|cast|parse)\b[^'\"\n]*)(['\"]).*?\2(?=[\s,.;:)]|$)")
_secrets: set[str] = set()


def register_secret(value: str) -> None:
    """From now on `redact` removes this very value wherever it stands."""
    if len(value) >= _MIN_SECRET:
        _secrets.add(value)


def redact(text: str) -> str:
    """The text without registered secrets, credentials in headers, addresses and quoted values."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _REDACTED)
    text = _VALUE.sub(rf"\1{_REDACTED}", text)
    return _EMAIL.sub(_REDACTED, _BEARER.sub(rf"\1\2{_REDACTED}", text))


_TRACEBACK = logging.Formatter()


class RedactingFilter(logging.Filter):
    """Put on a handler, it rewrites each record's message and traceback before they are written."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info:
            record.exc_text = redact(_TRACEBACK.formatException(record.exc_info))
            record.exc_info = None
        return True
