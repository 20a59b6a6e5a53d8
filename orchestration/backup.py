"""What cannot be made again → a folder: landing, the operational store, the trained model.

Consistent also while a run is at work: the store is copied first, in one moment, by SQLite's own
backup; landing's loads never change once their manifest is there, and a watermark is moved only
after its load, so whatever the copied store knows is in landing by then. Loads that are already
in the backup are not copied again. A backup counts from the moment that `backup.json` is there.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.project import Project
from stamm.clock import Clock, SystemClock
from stamm.errors import InputError, StammError, UsageError
from stamm.store import Store

MARK, BEGUN = "backup.json", "backup.begun"  # one of them says that the folder is ours
_FORMAT = 1
_TABLE = "create table backups (made_at text primary key, files integer, bytes integer);"
_MANIFEST = "manifest.json"
_TRIES = 5


@dataclass(frozen=True)
class Backup:
    """What a backup folder says of itself."""

    made_at: str
    files: int
    bytes: int
    copied: int
    format: int = _FORMAT


def back_up(project: Project, store: Store, target: Path, clock: Clock | None = None) -> Backup:
    """Bring the folder to what the project holds now; raises `UsageError` where it cannot be one.

    Interrupted, the folder has no mark until the next one ends; keep two folders in turn.
    """
    target = target.resolve()
    _check_target(project, target)
    clock = clock or SystemClock()
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(0o700)
    _write(target / BEGUN, "")
    (target / MARK).unlink(missing_ok=True)
    made_at = clock.now().isoformat(timespec="seconds")
    _copy_store(store, target / "state.db")
    copied = _copy_files(project, target)
    sizes = [path.stat().st_size for path in _all(target)]
    backup = Backup(made_at, len(sizes), sum(sizes), copied)
    _write(target / MARK, json.dumps(asdict(backup), indent=2))
    (target / BEGUN).unlink()
    store.migrate("backups", [_TABLE])
    with store.transaction() as db:
        db.execute(
            "insert or replace into backups values (?, ?, ?)", (made_at, len(sizes), sum(sizes))
        )
    return backup


def last_backup(store: Store) -> str | None:
    """When the last one was made."""
    store.migrate("backups", [_TABLE])
    made = store.query("select max(made_at) as at from backups")[0]["at"]
    return str(made) if made else None


def read_backup(folder: Path) -> Backup:
    """What the folder says of itself; raises `InputError` unless it is a whole backup."""
    mark = folder / MARK
    if not mark.exists():
        raise InputError(
            f"{folder}: expected a backup, found no {MARK}",
            hint="It is no backup, or one that was interrupted: take the one before it.",
        )
    found = Backup(**json.loads(mark.read_text(encoding="utf-8")))
    if found.format != _FORMAT:
        raise InputError(f"{mark}: expected format {_FORMAT}, found {found.format}")
    paths = list(_all(folder))
    sizes = sum(path.stat().st_size for path in paths)
    if (len(paths), sizes) != (found.files, found.bytes):
        raise InputError(
            f"{folder}: expected {found.files:,} files of {found.bytes:,} bytes, "
            f"found {len(paths):,} of {sizes:,}",
            hint="Something was changed or lost in it: take another backup.",
        )
    _check_store(folder / "state.db")
    return found


def _check_store(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        try:
            [[told]] = db.execute("pragma integrity_check(1)").fetchall()
        except sqlite3.DatabaseError as failure:
            raise InputError(f"{path}: expected a whole store, found: {failure}") from failure
    if told != "ok":
        raise InputError(f"{path}: expected a whole store, found: {told}")


def _check_target(project: Project, target: Path) -> None:
    root = project.home.root.resolve()
    if target.is_relative_to(root) or root.is_relative_to(target):
        raise UsageError(
            f"{target}: expected a folder outside of {project.home.root}",
            hint="A backup is for the day on which that disk is gone.",
        )
    ours = (target / MARK).exists() or (target / BEGUN).exists()
    if target.exists() and any(target.iterdir()) and not ours:
        raise UsageError(
            f"{target}: expected an empty folder or an earlier backup, found something else",
            hint="Take another folder; nothing was written.",
        )


def _copy_files(project: Project, target: Path) -> int:
    """All files but the store; how many had to be copied.

    A run may put small loads together meanwhile: then what was copied does not fit and is copied
    once more.
    """
    for _ in range(_TRIES):
        try:
            wanted = dict(_files(project))
            copied = sum(_copied(source, target / place) for place, source in wanted.items())
        except FileNotFoundError:
            continue
        _drop_others(target, set(wanted))
        if not _torn(target / "landing"):
            return copied
    raise StammError(
        f"{target}: landing changed during each of {_TRIES} tries; there is no backup of it",
        hint="`stamm backup` again after the run.",
    )


def _torn(landing: Path) -> list[Path]:
    """Loads without a part that their manifest names."""
    from connectors.landing import read_manifest

    found = []
    for path in landing.rglob(_MANIFEST):
        manifest = read_manifest(path)
        parts = [part.name for part in (*manifest.parts, *manifest.rejected_parts)]
        if not all((path.parent / name).exists() for name in parts):
            found.append(path.parent)
    return found


def _copy_store(store: Store, place: Path) -> None:
    beside = place.with_suffix(".new")
    beside.unlink(missing_ok=True)
    store.copy_to(beside)
    with closing(sqlite3.connect(beside)) as copy:
        copy.execute("pragma journal_mode = delete")  # one file, with nothing beside it
    beside.replace(place)


def _files(project: Project) -> Iterator[tuple[Path, Path]]:
    """(place in the backup, file) of all that is committed, and of what may be copied whole."""
    home = project.home
    for path in sorted(home.landing.rglob("*")):
        if path.is_file() and _is_kept(path):
            yield Path("landing") / path.relative_to(home.landing), path
    for path in sorted(home.linkage.rglob("*")):
        if path.is_file():
            yield Path("linkage") / path.relative_to(home.linkage), path


def _is_kept(path: Path) -> bool:
    """Loads with a manifest; what is derived from them is made again."""
    load = next((parent for parent in path.parents if parent.name.startswith("load=")), None)
    return load is not None and (load / _MANIFEST).exists()


def _copied(source: Path, place: Path) -> bool:
    """Copy unless it is there; whether it was needed."""
    there, wanted = place.stat() if place.exists() else None, source.stat()
    if there and (there.st_size, there.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns):
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f"{place.name}.new")
    shutil.copy2(source, beside)
    beside.replace(place)
    return True


def _drop_others(target: Path, wanted: set[Path]) -> None:
    """What an earlier backup had and the project has no more: erased records must not stay."""
    kept = {*(target / place for place in wanted), target / "state.db"}  # and the marks
    for path in list(_all(target)):
        if path not in kept:
            path.unlink()


def _all(folder: Path) -> Iterator[Path]:
    marks = {folder / MARK, folder / BEGUN}
    return (path for path in folder.rglob("*") if path.is_file() and path not in marks)


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
