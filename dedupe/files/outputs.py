"""Results → files in the output folder, written aside and put in place at the end.

`clusters.csv` and `golden.csv` are for people, `pairs.parquet` for tools, `specification.yml`
for the next run, `report.html` for whoever decides, `summary.json` for a script. The same
records give the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from dedupe.files.loaded import RECORD
from stamm.errors import UsageError

if TYPE_CHECKING:
    import duckdb

_ASIDE = ".stamm-dedupe"
SPECIFICATION = "specification.yml"
RESULTS = (
    "clusters.csv", "golden.csv", "pairs.parquet", SPECIFICATION, "report.html", "summary.json",
)  # fmt: skip


def check_output(out: Path, inputs: Sequence[Path]) -> None:
    """Raise UsageError if `out` is no folder, or if writing there would cost one of the inputs."""
    if out.exists() and not out.is_dir():
        raise UsageError(
            f"--out: expected a folder, found a file at {out}", hint="Name another folder."
        )
    folder = out.resolve()
    written = {folder / name for name in RESULTS}
    for path in inputs:
        whole = path.resolve()
        if whole in written or (folder / _ASIDE) in whole.parents:
            raise UsageError(
                f"--out: expected a folder in which no input would be overwritten, found {path}"
                f" in {out}",
                hint="Name another folder for the results.",
            )


@contextmanager
def output_folder(out: Path, kept: Path | None = None) -> Iterator[Path]:
    """A folder to work in, inside `out`; what lies in its `done` is put in place if all went well.

    The work folder goes in any case: it holds personal data. So does `out` if nothing came of it.
    A file `kept` stays as it is: a specification that was given, changed by hand and commented.
    """
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / f"{_ASIDE}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as busy:
        raise UsageError(
            f"{out}: another run is writing there", hint="Wait for it, or name another --out."
        ) from busy
    aside = out / _ASIDE
    try:
        shutil.rmtree(aside, ignore_errors=True)
        (aside / "done").mkdir(parents=True)
        yield aside
        for file in sorted((aside / "done").iterdir()):
            if kept is None or kept.resolve() != (out / file.name).resolve():
                file.replace(out / file.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)
        if not any(out.iterdir()):
            out.rmdir()


def write_tables(con: duckdb.DuckDBPyConnection, folder: Path, files: tuple[str, ...]) -> None:
    """`clusters.csv`, `golden.csv` and `pairs.parquet`."""
    con.execute(
        "create or replace temp table placed as"
        " select c.place, $files[r.__file + 1] as file, r.__id as id, c.cluster_id, c.size"
        f" from files.clusters as c join files.records as r using ({RECORD})",
        {"files": list(files)},
    )
    _copy(con, "select * exclude (place) from placed order by place", folder / "clusters.csv")
    _copy(con, "select * from files.golden order by cluster_id", folder / "golden.csv")
    _copy(
        con,
        "select l.file as left_file, l.id as left_id, r.file as right_file, r.id as right_id,"
        " p.* exclude (left_place, right_place) from files.pairs as p"
        " join placed as l on l.place = p.left_place join placed as r on r.place = p.right_place"
        " order by p.left_place, p.right_place",
        folder / "pairs.parquet",
    )


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """File name → content."""
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def json_text(content: Mapping[str, Any]) -> str:
    """One JSON document for a person's eyes too."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    options = "format parquet, compression zstd" if path.suffix == ".parquet" else "header"
    con.execute(f"copy ({query}) to '{str(path).replace(chr(39), chr(39) * 2)}' ({options})")
