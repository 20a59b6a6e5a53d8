"""Opens the file system of an address, with TLS checked, time limits, and no stale listings.

In: a source of files. Out: fsspec's file system and the path in it. What goes wrong there becomes
an error of ours; see `told`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from pydantic import SecretStr

from connectors.credentials import basic
from connectors.files import sftp
from connectors.files.address import protocols
from connectors.files.settings import CONNECT, READ, FilesSource
from stamm.errors import (
    ContractBroken,
    CredentialsRefused,
    InputError,
    StammError,
    Unreachable,
    UsageError,
)
from stamm.redaction import redact, register_secret

_SHORTEST_SIGNATURE = 16  # characters; shorter parts of a query are versions, dates and the like
# Protocol → the extra of this package that brings its driver.
_EXTRAS = {
    "s3": "s3", "s3a": "s3", "sftp": "sftp", "ssh": "sftp", "https": "https", "http": "https",
    "abfs": "azure", "az": "azure", "abfss": "azure", "gs": "gcs", "gcs": "gcs", "smb": "smb",
}  # fmt: skip
_REFUSALS = frozenset({
    "AuthenticationException", "BadAuthenticationType", "PasswordRequiredException",
    "NoCredentialsError", "PartialCredentialsError", "LogonFailure",
})  # fmt: skip


def opened(source: FilesSource) -> tuple[Any, str]:
    """(file system, path in it); raises as `told` says."""
    import fsspec

    chain = protocols(source.path)
    arguments: dict[str, dict[str, Any]] = {}
    with told(source):
        for protocol in chain:
            fsspec.get_filesystem_class(protocol)  # before its packages are imported below
            # One instance per read: a kept one would show what it listed in an earlier run.
            arguments[protocol] = {"skip_instance_cache": True}
        arguments[chain[-1]] |= _arguments(source, chain[-1])
        fs, root = fsspec.url_to_fs(source.path, **arguments)
        if chain[-1] in {"sftp", "ssh"}:
            sftp.settle(fs)
    return fs, root


def _arguments(source: FilesSource, protocol: str) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in source.options.items()}
    _register_signature(urlsplit(source.path).query)
    return _PREPARED[protocol](source, plain) if protocol in _PREPARED else plain


def _register_signature(query: str) -> None:
    """A signed address is as good as a password; drivers quote it as they spell it themselves."""
    register_secret(query)
    for _, value in parse_qsl(query):
        if len(value) >= _SHORTEST_SIGNATURE:
            for spelled in (value, quote(value, safe=""), quote(value), quote_plus(value)):
                register_secret(spelled)


def _plain(value: Any) -> Any:
    if not isinstance(value, SecretStr):
        return value
    register_secret(value.get_secret_value())
    return value.get_secret_value()


def _s3(source: FilesSource, options: dict[str, Any]) -> dict[str, Any]:
    trusted = {"verify": str(source.ca_file)} if source.ca_file else {}
    config = {"connect_timeout": CONNECT, "read_timeout": READ, "retries": {"max_attempts": 3}}
    # Else ten parts of 50 MB each are fetched at once, and held in memory.
    one_by_one = {"max_concurrency": 1}
    return {"client_kwargs": trusted, "config_kwargs": config, **one_by_one, **options}


def _https(source: FilesSource, options: dict[str, Any]) -> dict[str, Any]:
    """Basic (`username`, `password`) or Bearer (`token`); never sent on to another host."""
    import ssl

    import aiohttp

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_stays_on_host)
    limit = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=READ)
    client: dict[str, Any] = {"trace_configs": [trace], "timeout": limit}
    if "username" in options:
        entered = basic(options.pop("username"), options.pop("password", ""))
        client["headers"] = dict(entered.headers())
    if "token" in options:
        client["headers"] = {"Authorization": f"Bearer {options.pop('token')}"}
    trusted = {"ssl": ssl.create_default_context(cafile=source.ca_file)} if source.ca_file else {}
    return {"client_kwargs": client, **trusted, **options}


async def _stays_on_host(_session: object, _context: object, redirect: Any) -> None:
    target = redirect.url.join(type(redirect.url)(redirect.response.headers.get("Location", "")))
    if target.origin() != redirect.url.origin():
        raise ContractBroken(
            f"{redirect.url.host} points to another host: {target.host}; not followed",
            hint="Data and credentials stay with the host named in stamm.yaml.",
        )


_PREPARED: dict[str, Callable[[FilesSource, dict[str, Any]], dict[str, Any]]] = {
    "s3": _s3, "s3a": _s3, "https": _https, "http": _https,
    "sftp": sftp.prepared, "ssh": sftp.prepared,
}  # fmt: skip


@contextmanager
def told(source: FilesSource) -> Iterator[None]:
    """Errors of drivers leave the block as ours.

    `UsageError`: a package is missing. `CredentialsRefused`. `InputError`: nothing is there, or it
    is no archive. `Unreachable`: anything else.
    """
    try:
        yield
    except Exception as failure:
        cause = _cause(failure)
        raise cause if isinstance(cause, StammError) else _ours(source, cause) from failure


def _cause(failure: BaseException) -> BaseException:
    """What went wrong first: drivers tell of a refusal as of a file that is not there."""
    earlier = failure.__cause__ or failure.__context__
    if isinstance(failure, StammError) or earlier is None or hasattr(failure, "status"):
        return failure
    is_vague = isinstance(failure, FileNotFoundError)
    return _cause(earlier) if is_vague or isinstance(_cause(earlier), StammError) else failure


def _ours(source: FilesSource, failure: BaseException) -> StammError:
    place = f"sources.{source.name}.path"
    said = redact(f"{type(failure).__name__}: {failure}".split("\n")[0])[:300]
    status = getattr(failure, "status", None)
    if isinstance(failure, ImportError):
        return _missing_driver(source, said)
    if isinstance(failure, TypeError):
        return UsageError(
            f"sources.{source.name}.options: expected what its driver knows, found {said}",
            hint="The driver's documentation names its options.",
        )
    if _is_refusal(failure) or status in (401, 403):
        return CredentialsRefused(
            f"{place}: expected the credentials to be accepted, found {said}",
            hint=f"Check sources.{source.name}.options, and what the account may read.",
            status=status or 401,
        )
    if isinstance(failure, FileNotFoundError) or status == 404:
        return InputError(
            f"{place}: expected a file or folder, found none at that address",
            hint="Check the path, and whether the account may see it.",
        )
    if type(failure).__name__ == "BadZipFile":
        return InputError(f"{place}: expected an archive, found something else ({said})")
    return Unreachable(
        f"{place}: expected an answer, found none: {said}",
        hint="Check the address in stamm.yaml, the network, and whether the server is up.",
    )


def _is_refusal(failure: BaseException) -> bool:
    kind = type(failure).__name__
    # Paramiko has no error of its own for a key that its passphrase does not open.
    wrong_passphrase = kind == "SSHException" and "key" in str(failure).lower()
    return isinstance(failure, PermissionError) or kind in _REFUSALS or wrong_passphrase


def _missing_driver(source: FilesSource, said: str) -> UsageError:
    chain = protocols(source.path)
    extras = sorted({_EXTRAS[protocol] for protocol in chain if protocol in _EXTRAS})
    remedy = " or ".join(f"`pip install 'stamm[{extra}]'`" for extra in extras)
    return UsageError(
        f"sources.{source.name}.path: expected the driver for {chain[-1]}:// to be installed, "
        f"found {said}",
        hint=f"{remedy or 'Install that package'} (with uv: `uv sync --all-extras`).",
    )
