"""dbt in this process: run a part of the graph, from the project as it was parsed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.parsed import manifest
from orchestration.project import DBT_PROJECT
from stamm.errors import GateStopped, StammError
from stamm.home import Home
from stamm.redaction import redact

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_GATHER = ("fqn:stamm.intermediate", "resource_type:seed")
PREPARE = ("fqn:stamm.staging", *_GATHER)
# What hangs on the scores of purchases, or on what the last gate found, waits for it.
SCORED = ("source:scores+", "source:quality+")
MARTS = ("fqn:stamm.marts",)


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


def preparing(systems: Sequence[str]) -> tuple[str, ...]:
    """What to select before linking: staging of these systems only, and what gathers it."""
    return (*(f"fqn:stamm.staging.{system}" for system in systems), *_GATHER)


def build(
    home: Home, select: Sequence[str], variables: Mapping[str, Any], exclude: Sequence[str] = ()
) -> Iterator[NodeResult]:
    """`dbt build` of the selected nodes but the excluded ones; unit tests belong to CI.

    Raises GateStopped when a data test fails, StammError when a model does.
    """
    os.environ["STAMM_WAREHOUSE"] = str(home.warehouse)
    outcome = invoke(
        [
            "build",
            "--select",
            *select,
            *(("--exclude", *exclude) if exclude else ()),
            "--exclude-resource-type",
            "unit_test",
            "--vars",
            json.dumps(variables, sort_keys=True),
            "--no-write-json",  # its run results cost a second and nobody reads them
        ],
        target=home.dbt_target,
        logs=home.logs,
        manifest=manifest(home),
    )
    results = [_node(result) for result in outcome.result.results]
    yield from results
    _raise_on_failure(results, home.dbt_target / "compiled")


def invoke(
    arguments: list[str], *, target: Path, logs: Path, manifest: Manifest | None = None
) -> Any:
    """What dbt returns for these arguments; handed a manifest, it parses none."""
    from dbt.cli.main import dbtRunner

    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    outcome = dbtRunner(manifest=manifest).invoke(
        [
            *arguments,
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
            "--target-path",
            str(target),
            "--log-path",
            str(logs),
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
            hint=f"The whole story is in {logs / 'dbt.log'}.",
        ) from outcome.exception
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
