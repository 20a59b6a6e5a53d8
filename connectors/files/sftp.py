"""SFTP: only hosts whose key is known, and files fetched window by window, each asked for ahead.

In: a source of files, then fsspec's file system for it. Out: the arguments that open it, and the
file system settled for our reading.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.files.settings import CONNECT, READ, FilesSource
from stamm.errors import Unreachable

_BLOCK = 1 << 15  # bytes of one request; more no server has to answer
_WINDOW = 256 * _BLOCK  # bytes on their way at once, so many that distance costs little


def prepared(source: FilesSource, options: dict[str, Any]) -> dict[str, Any]:
    """fsspec would take any host for the right one; here its key has to be known."""
    import paramiko

    known = source.known_hosts or Path.home() / ".ssh" / "known_hosts"

    class OnlyKnown(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]  # it has no types
        def missing_host_key(self, client: object, hostname: str, key: Any) -> None:  # noqa: ARG002 - protocol
            keys = paramiko.HostKeys(str(known) if known.exists() else None)
            if keys.check(hostname, key):
                return
            found = "another one" if keys.lookup(hostname) else "none"
            raise Unreachable(
                f"{hostname}: expected its {key.get_name()} key in {known.name}, found {found}",
                hint="Ask who runs the server for its key, or compare what `ssh-keyscan` shows "
                f"with it; then put it there (sources.{source.name}.known_hosts).",
            )

    limits = {"timeout": CONNECT, "banner_timeout": CONNECT, "auth_timeout": CONNECT}
    return {"host_key_policy": OnlyKnown(), **limits, **options}


def settle(fs: Any) -> None:
    """Give up after a minute of silence, and fetch files as `_fetch` does."""
    fs = _below(fs)
    fs.ftp.get_channel().settimeout(READ)
    fs.get_file = lambda path, local: _fetch(fs.ftp, fs._strip_protocol(path), Path(local))


def _below(fs: Any) -> Any:
    """The file system that an archive lies on, or that it is."""
    while hasattr(fs, "of"):
        fs = fs.of.fs
    return fs


def _fetch(client: Any, path: str, local: Path) -> None:
    """Paramiko asks for a whole file ahead. Where its thread that asks is overtaken by the answers,
    it takes them for complete, asks for each block anew, and keeps what then still comes: the
    whole file, in memory. A reader of its own for each window bounds what it can keep.
    """
    import paramiko

    class Window(paramiko.SFTPFile):  # type: ignore[misc]  # it has no types
        def _close(self, async_: bool = False) -> None:  # noqa: ARG002 - protocol
            self._closed = True  # the handle goes on: opened anew, it might be another file's

    with client.open(path, "rb") as file, local.open("wb") as copy:
        size = file.stat().st_size
        for begin in range(0, size, _WINDOW):
            end = min(begin + _WINDOW, size)
            blocks = [(at, min(_BLOCK, end - at)) for at in range(begin, end, _BLOCK)]
            read = Window(client, file.handle, "rb").readv(blocks)
            for (_, length), block in zip(blocks, read, strict=False):
                copy.write(block)
                if len(block) < length:  # it became shorter: the answers beyond its end never come
                    return


def close(fs: Any) -> None:
    """SFTP keeps a connection; the other file systems give theirs back by themselves."""
    fs = _below(fs)
    client = getattr(fs, "client", None)
    if "sftp" in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)) and client:
        client.close()
