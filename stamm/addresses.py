"""Where data may travel: over TLS, and with no credentials in the address."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError


def safe_address(url: str, *, insecure: bool) -> str:
    """The address, if data may travel to it: over TLS, and with no credentials in it."""
    parts = urlsplit(url)
    if parts.scheme not in (("https", "http") if insecure else ("https",)) or not parts.hostname:
        raise PydanticCustomError(
            "address",
            "expected an https address, as customer data would travel unencrypted "
            "otherwise (insecure: true allows http for a test on this machine)",
        )
    if parts.username or parts.password:
        raise PydanticCustomError("address", "expected an address without credentials in it")
    return url
