"""Published builds on disk: which there are, which is current, how to open, go back and prune.

`<published>/<build>/` is read-only and never changes; `<published>/current` is a symlink.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stamm.errors import PublishError

DATABASE = "stamm.duckdb"
DESCRIPTION = "build.json"
CURRENT = "current"
UNFINISHED = ".tmp"


@dataclass(frozen=True)
class Build:
    """One published build; `tables` maps a name to its rows and checksum.

    `sequence` counts builds: two of them may carry the same moment.
    """

    build_id: str
    sequence: int
    folder: Path
    info: dict[str, Any]
    tables: dict[str, dict[str, Any]]

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
    return _read(pointer.resolve()) if pointer.exists() else None


def switch(published_root: Path, folder: Path) -> None:
    """Point `current` to a build; readers see the old one or the new one, never none."""
    prepared = published_root / f"{CURRENT}{UNFINISHED}"
    prepared.unlink(missing_ok=True)
    prepared.symlink_to(folder.name)
    prepared.replace(published_root / CURRENT)
    sync_folder(published_root)


def rollback(published_root: Path, build_id: str | None = None) -> Build:
    """Make an earlier build current again: the named one, else the one before the current."""
    builds = list_builds(published_root)
    names = [build.build_id for build in builds]
    current = current_build(published_root)
    if build_id is None:
        earlier = [b for b in builds if current is not None and b.sequence < current.sequence]
        if not earlier:
            raise PublishError(
                "there is no build before the current one", hint="`--list` shows all."
            )
        chosen = earlier[-1]
    elif build_id in names:
        chosen = builds[names.index(build_id)]
    else:
        raise PublishError(f"expected one of {', '.join(names) or 'no builds'}, found {build_id!r}")
    switch(published_root, chosen.folder)
    return chosen


def prune(published_root: Path, keep: int) -> list[str]:
    """Remove the oldest builds beyond `keep`; the current one always stays."""
    current = current_build(published_root)
    old = list_builds(published_root)[:-keep]
    gone = [b for b in old if current is None or b.build_id != current.build_id]
    for build in gone:
        # Renamed first: a folder that is half gone must not look like a build.
        leaving = build.folder.with_name(build.build_id + UNFINISHED)
        build.folder.rename(leaving)
        shutil.rmtree(leaving)
    return [build.build_id for build in gone]


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(folder: Path) -> Build:
    description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    return Build(
        folder.name,
        description.get("sequence", 0),  # builds from before they were counted
        folder,
        description["info"],
        description["tables"],
    )
