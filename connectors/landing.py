"""Landing: what the sources said, as Parquet parts under a manifest per load.

`<source>/<stream>/load=<ulid>/part-00000.parquet` … and `manifest.json`. A load counts from the
moment its manifest is there; a part or a manifest is there whole or not at all (written aside,
fsync, rename).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stamm.errors import ContractBroken

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.json"
LOAD = "load="


@dataclass(frozen=True)
class Part:
    """One Parquet file of a load."""

    name: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a load is: where it came from, what it holds, what the server said about it."""

    source: str
    system: str
    stream: str
    load_id: str
    mode: str  # "full", "incremental" or "backfill"
    since: str | None
    started_at: str
    finished_at: str
    pages: int
    rows: int
    upserts: int
    deletes: int
    duplicates: int
    rejected: int
    server_total: int | None
    cursor_from: str | None
    cursor_to: str | None
    parts: tuple[Part, ...]
    rejected_parts: tuple[Part, ...] = ()
    generation: int = 1
    drift: tuple[tuple[str, str, str, str, int], ...] = ()  # kind, field, found, declared, records
    until: str | None = None  # of a backfill
    unsure: bool = False  # a full read that missed records which may still live: it stays due


def stream_folder(landing_root: Path, source: str, stream: str) -> Path:
    """Where a stream's loads lie."""
    return landing_root / source / stream


def load_folder(stream_folder: Path, load_id: str) -> Path:
    """Where one load's parts lie."""
    return stream_folder / f"{LOAD}{load_id}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The commit point of a load."""
    _place(folder / MANIFEST, json.dumps(asdict(manifest), indent=1).encode())


def read_manifest(path: Path) -> Manifest:
    """A committed manifest; raises `ContractBroken` if it is not one."""
    try:
        raw = json.loads(path.read_bytes())
        parts = tuple(Part(**part) for part in raw.pop("parts"))
        rejected = tuple(Part(**part) for part in raw.pop("rejected_parts"))
        return Manifest(**raw, parts=parts, rejected_parts=rejected)
    except (ValueError, KeyError, TypeError) as failure:
        raise ContractBroken(
            f"{path.parent.name}/{path.name}: expected a load's manifest: {failure}",
            hint="Landing was changed by hand; restore it from the backup.",
        ) from failure


def manifests(stream_folder: Path) -> list[Manifest]:
    """All committed loads of a stream, oldest first."""
    return [read_manifest(path) for path in sorted(stream_folder.glob(f"{LOAD}*/{MANIFEST}"))]


def fingerprint(landing_root: Path) -> str:
    """Changes if and only if a committed load came, went or was rewritten."""
    digest = hashlib.sha256()
    for path in sorted(landing_root.glob(f"**/{LOAD}*/{MANIFEST}")):
        digest.update(path.relative_to(landing_root).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def write_part(folder: Path, name: str, table: pa.Table) -> Part:
    """Write one Parquet part so that it survives a power cut once this returns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=1, use_dictionary=False)
    content = sink.getvalue().to_pybytes()
    _place(folder / name, content)
    return Part(name, table.num_rows, len(content), hashlib.sha256(content).hexdigest())


def drop_uncommitted(stream_folder: Path, keep: str | None = None) -> None:
    """Remove loads without a manifest, except the one that is being resumed."""
    for folder in stream_folder.glob(f"{LOAD}*"):
        if not (folder / MANIFEST).exists() and folder.name != f"{LOAD}{keep}":
            shutil.rmtree(folder)


def drop_unnamed(folder: Path, named: Sequence[Part]) -> None:
    """Remove parts of an open load that its checkpoint does not know."""
    known = {part.name for part in named}
    for path in folder.glob("*"):
        if path.name not in known:
            path.unlink()


def _place(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    _sync_folder(path.parent)
    _sync_folder(path.parent.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
