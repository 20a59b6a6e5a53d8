"""Where a source's files lie → files on this machine, in name order.

In: a source and a window. Out: paths. A local file is read where it is. One at an address is
fetched into a folder of copies that is named after its version: an unchanged one is not fetched
again, and the copies of what changed or vanished go.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from glob import has_magic
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.files import sftp
from connectors.files.address import is_remote
from connectors.files.drivers import opened, told
from connectors.files.settings import FilesSource
from connectors.files.tables import SUFFIXES
from connectors.source import Window
from stamm.errors import ContractBroken, InputError

_ATTEMPTS = 3
_LEFT_FREE = 1 << 30  # bytes of the disk
# A file that is written twice within a tick of the server's clock has one moment for two contents.
_SETTLED = timedelta(minutes=1)
_OF_CONTENT = ("ETag", "etag", "md5Hash", "content_md5", "CRC", "checksum")
_OF_TIME = ("LastModified", "Last-Modified", "last_modified", "mtime", "modified", "updated")
_SIZES = ("size", "Size")


@dataclass(frozen=True)
class Listed:
    """A file as its server tells of it; `version` is empty if it tells nothing that would do."""

    path: str
    name: str
    size: int | None
    version: str


@contextmanager
def files_of(source: FilesSource, window: Window) -> Iterator[list[Path]]:
    """The files for as long as the block lasts."""
    if not is_remote(source.path):
        yield local(source)
    elif window.copies is not None:
        yield fetched(source, window.copies, window.until)
    else:
        with tempfile.TemporaryDirectory(prefix="stamm-files-") as folder:
            yield fetched(source, Path(folder), window.until)


def local(source: FilesSource) -> list[Path]:
    """Files of the declared format; raises `InputError` if nothing is there."""
    path, suffixes = Path(source.path), SUFFIXES[source.format]
    if path.is_file():
        return [path]
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.suffix.lower() in suffixes and p.is_file())
    if has_magic(path.name) and path.parent.is_dir():
        return sorted(p for p in path.parent.glob(path.name) if p.is_file())
    raise InputError(
        f"sources.{source.name}.path: expected a file or folder, found none at {path.name!r}",
        hint="Check the path; relative ones begin at stamm.yaml.",
    )


def listed(source: FilesSource, fs: Any, root: str, now: datetime) -> list[Listed]:
    """What lies at the address now, in name order."""
    with told(source):
        found = [_listed(info, now) for info in _infos(source, fs, root)]
    return sorted(found, key=lambda file: file.path)


def _infos(source: FilesSource, fs: Any, root: str) -> list[Mapping[str, Any]]:
    folder = root.endswith("/") or source.path.endswith("/")
    if has_magic(urlsplit(root).path):
        names = fs.glob(root)
        return [info for info in map(fs.info, names) if info["type"] != "directory"]
    if not folder:
        info = fs.info(root)
        if info["type"] != "directory":
            return [info]
    names = [info["name"] for info in fs.ls(root, detail=True) if info["type"] != "directory"]
    suffixes = SUFFIXES[source.format]
    return [fs.info(name) for name in names if Path(_name(name)).suffix.lower() in suffixes]


def _listed(info: Mapping[str, Any], now: datetime) -> Listed:
    size = next((int(info[key]) for key in _SIZES if info.get(key) is not None), None)
    marks = {key: str(info[key]) for key in _OF_CONTENT if info.get(key) is not None}
    if not marks:
        moments = {key: info[key] for key in _OF_TIME if info.get(key)}
        if any(_is_settled(moment, now) for moment in moments.values()):
            marks = {key: str(moment) for key, moment in moments.items()}
    version = json.dumps([size, marks], sort_keys=True) if marks else ""
    return Listed(info["name"], _name(info["name"]), size, version)


def _is_settled(moment: object, now: datetime) -> bool:
    if not isinstance(moment, datetime):
        return True  # a text of the server's own, such as a header
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= now - _SETTLED


def _name(path: str) -> str:
    parts = urlsplit(path)
    name = unquote(PurePosixPath(parts.path).name) if parts.scheme else PurePosixPath(path).name
    return name.replace("/", "_").replace("\0", "_")


def fetched(source: FilesSource, copies: Path, now: datetime) -> list[Path]:
    """Copies of all that lies there; raises `ContractBroken` if one does not hold still."""
    fs, root = opened(source)
    try:
        here = [_copy(source, fs, file, copies, now) for file in listed(source, fs, root, now)]
    finally:
        sftp.close(fs)
    kept = {path.parent.name for path in here}
    for folder in copies.iterdir() if copies.exists() else ():
        if folder.name not in kept:
            shutil.rmtree(folder)
    return here


def _copy(source: FilesSource, fs: Any, file: Listed, copies: Path, now: datetime) -> Path:
    """The copy of just this version; it is there whole or not at all."""
    for _ in range(_ATTEMPTS):
        path = copies / _folder(file) / file.name
        if file.version and path.exists():
            return path
        aside = copies / f".{path.parent.name}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        _check_room(file, aside)
        with told(source):
            fs.get_file(file.path, str(aside / file.name))
            fs.invalidate_cache()  # else it says what it said before
            after = _listed(fs.info(file.path), now)
        size = (aside / file.name).stat().st_size
        if after == file and file.size in (None, size):
            shutil.rmtree(path.parent, ignore_errors=True)
            aside.rename(path.parent)
            return path
        file = after
    raise ContractBroken(
        f"{file.name}: expected a file that holds still, found it changed {_ATTEMPTS} times while "
        "it was fetched",
        hint="Nothing is lost: the next run fetches it. Whoever writes it had better write under "
        "another name and rename it when it is whole.",
    )


def _check_room(file: Listed, folder: Path) -> None:
    """Before a byte is fetched: an archive unpacks to the size it states, which may be any."""
    free = shutil.disk_usage(folder).free - _LEFT_FREE
    if file.size is not None and file.size > free:
        raise InputError(
            f"{file.name}: expected room for {file.size:,} bytes, found {max(free, 0):,} (a "
            f"gigabyte stays free)",
            hint="If the file is meant to be so large, make room beside the data folder.",
        )


def _folder(file: Listed) -> str:
    return hashlib.sha256(f"{file.path}\n{file.version}".encode()).hexdigest()[:32]


def is_there(source: FilesSource, now: datetime) -> None:
    """Ask whether the address answers and something lies there; fetches nothing."""
    fs, root = opened(source)
    try:
        listed(source, fs, root, now)
    finally:
        sftp.close(fs)
