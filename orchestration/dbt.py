"""dbt in this process: parse once, keep the manifest, run a part of the graph.

The parse is repeated only when a file of the project changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.project import DBT_PROJECT
from stamm.errors import GateStopped, StammError
from stamm.home import Home
from stamm.redaction import redact

_READ = ("*.sql", "*.yml", "*.csv", "*.md")
PREPARE = ("fqn:stamm.staging", "fqn:stamm.intermediate", "resource_type:seed")
MARTS = ("fqn:stamm.marts",)
_parsed: dict[str, Any] = {}  # fingerprint of the project's files → manifest in memory


@dataclass(frozen=True)
class NodeResult:
    """One model or test of a dbt call."""

    unique_id: str
    kind: str
    status: str
    failures: int
    seconds: float
    message: str

    @property
    def ok(self) -> bool:
        return self.status in {"success", "pass", "warn", "no-op"}

    @property
    def table(self) -> str:
        """Name of the table a model or seed makes."""
        return self.unique_id.split(".")[-1]


def manifest_path(home: Home) -> Path:
    """`manifest.json` of the project as it stands, parsed if need be."""
    target = home.dbt_target
    manifest, stamp = target / "manifest.json", target / "parsed.txt"
    fingerprint = project_fingerprint()
    if manifest.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return manifest
    target.mkdir(parents=True, exist_ok=True)
    _invoke(home, ["parse"])
    stamp.write_text(fingerprint)
    return manifest


def project_fingerprint() -> str:
    """Hash over every file of the dbt project that can change a result."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(p for pattern in _READ for p in DBT_PROJECT.rglob(pattern)):
        digest.update(str(path.relative_to(DBT_PROJECT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(home: Home, select: Sequence[str], variables: dict[str, str]) -> Iterator[NodeResult]:
    """`dbt build` of the selected nodes; unit tests belong to CI and stay out.

    Raises GateStopped when a data test fails, StammError when a model does.
    """
    outcome = _invoke(
        home,
        [
            "build",
            "--select",
            *select,
            "--exclude-resource-type",
            "unit_test",
            "--vars",
            json.dumps(variables, sort_keys=True),
            "--no-write-json",  # its run results cost a second and nobody reads them
        ],
    )
    results = [_node(result) for result in outcome.result.results]
    yield from results
    _raise_on_failure(results, home.dbt_target / "compiled")


def _invoke(home: Home, arguments: list[str]) -> Any:
    from dbt.cli.main import dbtRunner

    os.environ["STAMM_WAREHOUSE"] = str(home.warehouse)
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    # A parse that is handed a manifest writes none.
    known = None if arguments[0] == "parse" else _parsed.get(project_fingerprint())
    outcome = dbtRunner(manifest=known).invoke(
        [
            *arguments,
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
            "--target-path",
            str(home.dbt_target),
            "--log-path",
            str(home.logs),
            "--log-level",
            "none",  # the terminal is ours; what failed is told by what we raise
            "--log-level-file",
            "warn",
            "--no-use-colors",
            "--no-version-check",
        ]
    )
    _release_warehouse()
    if outcome.exception is not None:
        raise StammError(
            f"dbt {arguments[0]} did not run: {outcome.exception}",
            hint=f"The whole story is in {home.logs / 'dbt.log'}.",
        ) from outcome.exception
    if arguments[0] == "parse":
        _parsed[project_fingerprint()] = outcome.result
    return outcome


def _release_warehouse() -> None:
    """dbt keeps its DuckDB open after a call; the next stage wants the file for itself."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _node(result: Any) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        kind=str(result.node.resource_type),
        status=str(result.status),
        failures=int(result.failures or 0),
        seconds=float(result.execution_time),
        message=redact(str(result.message or "")),
    )


def _raise_on_failure(results: list[NodeResult], compiled: Path) -> None:
    """What could not be built comes first; a data test that finds rows stops the publish."""
    broken = [r for r in results if r.status == "error"]
    if broken:
        raise StammError(
            f"dbt could not build {broken[0].unique_id}: {broken[0].message.strip()}",
            hint=f"{len(broken)} nodes did not end well; their SQL is under {compiled}.",
        )
    failed = [r for r in results if r.status == "fail"]
    if failed:
        names = "; ".join(f"{r.unique_id.split('.')[2]}: {r.failures} rows" for r in failed)
        raise GateStopped(
            f"{len(failed)} dbt tests failed, nothing was published: {names}",
            hint=f"The query of each, which gives its rows, is under {compiled}.",
            failed=[r.unique_id for r in failed],
        )
    unknown = [r for r in results if not r.ok and r.status != "skipped"]
    if unknown:
        raise StammError(f"dbt: {unknown[0].unique_id} ended as {unknown[0].status!r}")
