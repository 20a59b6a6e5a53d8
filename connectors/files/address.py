"""Addresses of files as `stamm.yaml` gives them: a path, or what fsspec reads (s3://…, zip://…::…).

In: the text of the setting. Out: the same, safe to open; a relative path begins at the settings.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from stamm.mistakes import nearest

_UNENCRYPTED = frozenset({"http", "ftp", "webhdfs"})
_OF_THIS_MACHINE = frozenset({"file", "local"})
_SOUNDS_SECRET = re.compile(
    r"(?i)secret|passw|passphrase|token|credential|signature|connection_string|(^|_)key$"
)


def is_remote(path: str) -> bool:
    """Whether fsspec has to open it: `s3://…`, or `zip://…::folder/archive.zip`."""
    return "://" in path


def protocols(path: str) -> list[str]:
    """The protocols of a chain, outermost first; a path at its end has none."""
    return [link.partition("://")[0] for link in path.split("::") if "://" in link]


def checked(path: str, *, insecure: bool, folder: Path | None) -> str:
    """The address with its relative path made absolute; raises `PydanticCustomError`."""
    if not is_remote(path):
        return path if folder is None else str(folder / path)
    for link in path.split("::"):
        if "://" in link:
            _check_link(link, insecure=insecure)
    *chain, last = path.split("::")
    if folder is not None and "://" not in last:
        last = str(folder / last)
    return "::".join([*chain, last])


def _check_link(link: str, *, insecure: bool) -> None:
    import fsspec

    protocol, known = link.partition("://")[0], fsspec.available_protocols()
    if protocol in _OF_THIS_MACHINE:
        raise PydanticCustomError("address", "expected the path itself, without file://")
    if protocol not in known:
        text = f"expected an address that fsspec knows, such as s3:// or sftp://, found {protocol}:"
        text += f"//{nearest(protocol, sorted(known))}"
        raise PydanticCustomError("address", "{text}", {"text": text})
    if protocol in _UNENCRYPTED and not insecure:
        raise PydanticCustomError(
            "address",
            "expected an address with encryption, such as https:// or sftp://, as customer data "
            "would travel unencrypted (insecure: true allows it for a test on this machine)",
        )
    if urlsplit(link).password is not None:
        raise PydanticCustomError(
            "address", "expected an address without password; it goes into options, as ${ENV_NAME}"
        )


def sounds_secret(option: str) -> bool:
    """Whether an option of that name lets one in, so that it must not stand in a file."""
    return bool(_SOUNDS_SECRET.search(option))
