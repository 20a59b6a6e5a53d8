"""What an HTTP answer, or the lack of one, says: in words for messages, without personal data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stamm.errors import ContractBroken, CredentialsRefused
from stamm.redaction import redact

if TYPE_CHECKING:
    import requests

_SAID = 300  # characters of an error's own text
_CAUSES = {
    "NameResolution": "its name is not known",
    "refused": "the connection was refused",
    "timed out": "the connection timed out",
    "unreachable": "the network does not reach it",
}


def place(url: str) -> str:
    """Host and path; queries can hold names and addresses."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return redact(f"{parts.scheme}://{parts.hostname}{port}{parts.path}")


def why_unanswered(failure: Exception) -> str:
    """The reason of a request that got no answer."""
    import requests

    if isinstance(failure, requests.exceptions.SSLError):
        return "its certificate was not accepted"
    if isinstance(failure, requests.ReadTimeout):
        return "it took too long"
    text = str(failure)
    known = (words for sign, words in _CAUSES.items() if sign in text)
    return next(known, redact(type(failure).__name__))


def said(answer: requests.Response, body: bytes) -> str:
    """A hint of an error's body: its kind, and its text if it is short and not a page."""
    if not body:
        return " with no body"
    if is_html(answer, body):
        return " with an HTML page instead of JSON"
    return f": {redact(body[:_SAID].decode(errors='replace'))}"


def is_html(answer: requests.Response, body: bytes) -> bool:
    """Whether a page came where data should have come."""
    kind = answer.headers.get("Content-Type", "")
    return "html" in kind or body[:200].lstrip()[:1] == b"<"


def not_json(
    answer: requests.Response, body: bytes, where: str, failure: ValueError
) -> ContractBroken:
    """The error for a body that cannot be parsed; `failure` is what the parser said."""
    if not body:
        return ContractBroken(f"{where}: expected JSON, found no body")
    if is_html(answer, body):
        return ContractBroken(
            f"{where}: expected JSON, found an HTML page",
            hint="A login page or a proxy answers in the system's place.",
        )
    found = f"{where}: expected JSON, found {len(body):,} bytes"
    if _ends_midway(failure):
        return ContractBroken(f"{found} that end midway")
    return ContractBroken(f"{found} that are none: {_refusal(failure)}")


def _ends_midway(failure: ValueError) -> bool:
    if isinstance(failure, json.JSONDecodeError):
        at_end = failure.pos >= len(failure.doc.rstrip())
        return at_end or failure.msg.startswith("Unterminated string")
    return isinstance(failure, UnicodeDecodeError) and failure.end == len(failure.object)


def _refusal(failure: ValueError) -> str:
    """Why a parser refused a text, and where; without a word of the text."""
    if isinstance(failure, UnicodeDecodeError):
        return f"{failure.reason} for {failure.encoding} at byte {failure.start:,}"
    return str(failure)


def without_errors(parsed: Any, where: str) -> Any:
    """The document, unless errors hide in it behind an HTTP 200."""
    errors = parsed.get("errors") or parsed.get("error") if isinstance(parsed, dict) else None
    if errors:
        codes = _codes(errors)
        if {"FORBIDDEN", "UNAUTHENTICATED"} & set(codes):
            raise CredentialsRefused(
                f"{where}: expected the credentials to be accepted, "
                f"found HTTP 200 with errors: {redact(str(errors)[:_SAID])}",
                hint="Check the user or key in stamm.yaml, its validity and its rights.",
                status=200,
            )
        told = redact(str(errors)[:_SAID])
        raise ContractBroken(f"{where}: HTTP 200 with errors: {told}", codes=codes, errors=errors)
    return parsed


def _codes(errors: Any) -> tuple[str, ...]:
    """The codes that GraphQL's errors bear; FORBIDDEN is one."""
    listed = errors if isinstance(errors, list) else ()
    extensions = [error.get("extensions") for error in listed if isinstance(error, dict)]
    codes = [found.get("code") for found in extensions if isinstance(found, dict)]
    return tuple(code for code in codes if isinstance(code, str))
