"""Landing: what the sources said, as Parquet parts under a manifest per load.

`<source>/<stream>/load=<ulid>/part-00000.parquet` … and `manifest.json`. A load counts from the
moment its manifest is there; a part or a manifest is there whole or not at all (written aside,
fsync, rename). A load may hold earlier ones, whose folders then count no more (see
`connectors.compaction`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from stamm.errors import ContractBroken

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.json"
LOAD = "load="
COPIES = "copies"  # beside a stream's loads: files that its reader fetched whole, until they change
_LOOKS = 5  # how often a folder is listed again because a load was taken in and removed meanwhile
_DIGESTS = 1 << 256


@dataclass(frozen=True)
class Part:
    """One Parquet file of a load."""

    name: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a load is: where it came from, what it holds, what the server said about it.

    The figures are this load's own. If it holds `loads` others, older ones in a row, its parts
    have their rows too, in order, and `earlier` has their figures.
    """

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
    loads: int = 0
    earlier: Part | None = None
    replaces: tuple[str, ...] = ()  # loads whose folders may still lie there
    digest: str = ""  # tells contents apart: of all loads in it, whichever way they are held


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
    content = path.read_bytes()
    try:
        raw = json.loads(content)
        for name in ("parts", "rejected_parts"):
            raw[name] = tuple(Part(**part) for part in raw[name])
        raw["replaces"] = tuple(raw.get("replaces", ()))
        raw["earlier"] = Part(**raw["earlier"]) if raw.get("earlier") else None
        manifest = Manifest(**raw)
    except (ValueError, KeyError, TypeError) as failure:
        raise ContractBroken(
            f"{path.parent.name}/{path.name}: expected a load's manifest: {failure}",
            hint="Landing was changed by hand; restore it from the backup.",
        ) from failure
    return manifest if manifest.digest else replace(manifest, digest=_digest(path, content))


def _digest(path: Path, content: bytes) -> str:
    place = "/".join(path.parts[-4:-1])
    return hashlib.sha256(f"{place}\n".encode() + content).hexdigest()


def manifests(stream_folder: Path) -> list[Manifest]:
    """All committed loads of a stream that no other one holds, oldest first."""
    for look in range(1, _LOOKS + 1):
        paths = sorted(stream_folder.glob(f"{LOAD}*/{MANIFEST}"))
        try:
            found = [read_manifest(path) for path in paths]
        except FileNotFoundError:
            if look == _LOOKS:
                raise
            continue
        held = {load_id for manifest in found for load_id in manifest.replaces}
        return [manifest for manifest in found if manifest.load_id not in held]
    raise AssertionError("looks are at least one")


def fingerprint(landing_root: Path) -> str:
    """Changes if and only if a committed load came, went or was rewritten.

    A sum, so that it is the same however loads are held together.
    """
    folders = {path.parent.parent for path in landing_root.glob(f"**/{LOAD}*/{MANIFEST}")}
    return total_of(manifest.digest for folder in folders for manifest in manifests(folder))


def total_of(digests: Iterable[str]) -> str:
    """The digest of what all of them are of, in any order."""
    return f"{sum(int(digest, 16) for digest in digests) % _DIGESTS:064x}"


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


def drop_held(stream_folder: Path) -> None:
    """Remove what lies there twice: loads that another one holds, and its parts from before."""
    for manifest in manifests(stream_folder):
        if not manifest.loads:
            continue
        for load_id in manifest.replaces:
            if (folder := load_folder(stream_folder, load_id)).exists():
                shutil.rmtree(folder)
        known = {part.name for part in named_parts(manifest)} | {MANIFEST}
        for path in load_folder(stream_folder, manifest.load_id).iterdir():
            if path.name not in known:
                path.unlink()


def named_parts(manifest: Manifest) -> Iterator[Part]:
    """All files of a load but the manifest."""
    yield from manifest.parts
    yield from manifest.rejected_parts
    if manifest.earlier:
        yield manifest.earlier


def drop_unnamed(folder: Path, named: Sequence[Part]) -> None:
    """Remove parts of an open load that its checkpoint does not know."""
    known = {part.name for part in named}
    for path in folder.glob("*"):
        if path.name not in known:
            path.unlink()


def _place(path: Path, content: bytes) -> None:
    with placed(path) as file:
        file.write(content)


@contextmanager
def placed(path: Path) -> Iterator[IO[bytes]]:
    """A file to write; it is there once the block ends, whole and safe from a power cut."""
    aside = path.with_name(f".{path.name}.tmp")
    with aside.open("wb") as file:
        yield file
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
