"""The dbt project as dbt read it: parsed once for all data folders, and kept in the user's cache.

In: the files of `dbt_project`. Out: the path of `manifest.json`, and the manifest in memory.
Parsing takes seconds, reading what was parsed half of one. A cache that cannot be used is one
that is made anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.project import DBT_PROJECT
from stamm.home import Home

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_READ = ("*.sql", "*.yml", "*.csv", "*.md")
_READERS = ("dbt-core", "dbt-duckdb", "dbt-adapters")
_KEPT = 4  # parses of other states of the project; each is some megabytes
_MANIFEST, _PARSED = "manifest.json", "partial_parse.msgpack"


def project_fingerprint() -> str:
    """Hash over every file of the dbt project that can change a result."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(p for pattern in _READ for p in DBT_PROJECT.rglob(pattern)):
        digest.update(str(path.relative_to(DBT_PROJECT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def manifest_path(home: Home) -> Path:
    """`manifest.json` of the project as it stands, parsed if need be."""
    return _folder(home) / _MANIFEST


def manifest(home: Home) -> Manifest:
    """The project as it stands, for one call of dbt: what a call compiles, it writes into it."""
    from dbt.contracts.graph.manifest import Manifest

    loaded = Manifest.from_msgpack((_folder(home) / _PARSED).read_bytes())
    # `graph` in models; dbt makes it only of what it parsed itself.
    loaded.build_flat_graph()  # type: ignore[no-untyped-call]
    return loaded


def _folder(home: Home) -> Path:
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return _kept(Path(base) / "stamm" / "dbt" / _key(), home.logs)
    except (OSError, RuntimeError):  # a service may have no cache, or no home at all
        return _kept(home.dbt_target / _key(), home.logs)


def _kept(folder: Path, logs: Path) -> Path:
    if not _is_whole(folder):
        _parse(folder, logs)
    return folder


def _is_whole(folder: Path) -> bool:
    """Somebody who clears caches, or who was killed at it, may have left one file of two."""
    return all((folder / name).exists() for name in (_MANIFEST, _PARSED))


def _key() -> str:
    readers = ",".join(version(name) for name in _READERS)
    told = f"{DBT_PROJECT}|{readers}|{project_fingerprint()}"
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def _parse(folder: Path, logs: Path) -> None:
    """Beside its place first: whoever is killed or outrun leaves nothing half made."""
    from orchestration.dbt import invoke

    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent, prefix="making-"))
    try:
        invoke(["parse"], target=making, logs=logs)
        _forget_old(folder.parent)
        if not _is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # somebody else was first
            making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _forget_old(parses: Path) -> None:
    made = (parse for parse in parses.iterdir() if _is_whole(parse))
    newest_first = sorted(made, key=lambda parse: parse.stat().st_mtime, reverse=True)
    for old in newest_first[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
