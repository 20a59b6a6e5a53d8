"""Published builds on disk: which there are, which is current, how to open, go back and prune.

`<published>/<build>/` is read-only and never changes; `<published>/current` is a symlink. Whoever
has a file of a build open keeps it while its name goes: so it is on Linux and macOS.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from serving.catalogue import Catalogue, from_json
from stamm.errors import PublishError

DATABASE = "stamm.duckdb"
DESCRIPTION = "build.json"
CURRENT = "current"
UNFINISHED = ".tmp"


@dataclass(frozen=True)
class Build:
    """One published build; `tables` maps a name to its rows and checksum.

    `sequence` counts builds: two of them may carry the same moment. `place` is the sequence of
    the build that this one is a copy of, less what was suppressed since; else its own. `hidden`
    says which suppressions it was written under (`Suppressed.digest`).
    """

    build_id: str
    sequence: int
    folder: Path
    info: dict[str, Any]
    tables: dict[str, dict[str, Any]]
    place: int = 0
    hidden: str = ""

    @property
    def is_copy(self) -> bool:
        """Whether it is an earlier build without what was suppressed since, and no run's."""
        return self.place != self.sequence

    @property
    def catalogue(self) -> Catalogue:
        """What the contracts said of the tables when the build was made."""
        content = json.loads((self.folder / DESCRIPTION).read_text(encoding="utf-8"))
        return from_json(content.get("catalogue", {}))

    @property
    def database(self) -> Path:
        return self.folder / DATABASE


def list_builds(published_root: Path) -> list[Build]:
    """All complete builds, oldest first."""
    found = published_root.glob(f"*/{DESCRIPTION}") if published_root.exists() else []
    folders = {path.parent for path in found if not path.parent.is_symlink()}
    builds = [_read(folder) for folder in folders if folder.suffix != UNFINISHED]
    return sorted(builds, key=lambda build: build.sequence)


def current_build(published_root: Path) -> Build | None:
    """The build that readers open now."""
    pointer = published_root / CURRENT
    while pointer.is_symlink():
        folder = pointer.resolve()
        try:
            return _read(folder)
        except FileNotFoundError:  # pruned since; the pointer has moved on
            if folder.exists() or pointer.resolve() == folder:
                raise
    return None


def switch(published_root: Path, folder: Path) -> None:
    """Point `current` to a build; readers see the old one or the new one, never none."""
    prepared = published_root / f"{CURRENT}{UNFINISHED}"
    prepared.unlink(missing_ok=True)
    prepared.symlink_to(folder.name)
    prepared.replace(published_root / CURRENT)
    sync_folder(published_root)


def rollback(published_root: Path, build_id: str | None = None) -> Build:
    """Make an earlier build current again as it is: the named one, else the one before."""
    chosen = earlier(published_root, build_id)
    switch(published_root, chosen.folder)
    return chosen


def earlier(published_root: Path, build_id: str | None = None) -> Build:
    """The named build, else the one before the current; raises PublishError if there is none."""
    builds = list_builds(published_root)
    if build_id is not None:
        return _named(builds, build_id)
    current = current_build(published_root)
    before = [b for b in builds if current is not None and b.place < current.place]
    if not before:
        raise PublishError("there is no build before the current one", hint="`--list` shows all.")
    return max(before, key=lambda build: (build.place, build.sequence))


def _named(builds: list[Build], build_id: str) -> Build:
    named = {build.build_id: build for build in builds}
    if build_id not in named:
        raise PublishError(f"expected one of {', '.join(named) or 'no builds'}, found {build_id!r}")
    return named[build_id]


def prune(
    published_root: Path, keep: int, *, days: int | None = None, at: datetime | None = None
) -> list[str]:
    """Remove the oldest builds beyond `keep`, and those made over `days` before `at`.

    The current one always stays. A build that does not say when it was made has no age.
    """
    current = current_build(published_root)
    builds = list_builds(published_root)
    aged = [b for b in builds[-keep:] if days is not None and at and _is_older(b, days, at)]
    gone = [b for b in builds[:-keep] + aged if current is None or b.build_id != current.build_id]
    for build in gone:
        # Renamed first: a folder that is half gone must not look like a build.
        leaving = build.folder.with_name(build.build_id + UNFINISHED)
        build.folder.rename(leaving)
        shutil.rmtree(leaving)
    return [build.build_id for build in gone]


def _is_older(build: Build, days: int, at: datetime) -> bool:
    made = build.info.get("built_at")
    return made is not None and at - datetime.fromisoformat(made) > timedelta(days=days)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(folder: Path) -> Build:
    description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    sequence = description.get("sequence", 0)  # builds from before they were counted
    return Build(
        folder.name,
        sequence,
        folder,
        description["info"],
        description["tables"],
        description.get("place", sequence),
        description.get("hidden", ""),
    )
