"""The one place that runs Great Expectations: a pandas batch of the checked columns, one suite.

Nothing of it reaches disk or the network: the context lives in memory, analytics are off, and
of its results only counts and the ids of rows at fault are taken, because they hold values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from quality.checks import Check

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Finding:
    """What one check saw: rows, rows at fault, and the identity of those; rows let through."""

    passed: bool
    rows: int
    failed: int
    at_fault: tuple[Mapping[str, Any], ...]
    released: int = 0

    def without(self, record_ids: Collection[str]) -> Finding:
        """The finding as if these records were sound."""
        kept = tuple(row for row in self.at_fault if row["record_id"] not in record_ids)
        if len(kept) == len(self.at_fault):
            return self
        released = len(self.at_fault) - len(kept)
        failed = self.failed - released
        return Finding(not failed, self.rows, failed, kept, released)


def validate(
    name: str, frame: pd.DataFrame, checks: Sequence[Check], identity: Sequence[str]
) -> list[Finding]:
    """One finding per check, in order. `identity` are the columns that tell rows apart."""
    import great_expectations as gx
    from great_expectations import expectations

    made = [
        getattr(expectations, check.expect.kind)(
            **check.expect.arguments, meta={"name": check.name}
        )
        for check in checks
    ]
    batch = _whole_frame().get_batch({"dataframe": frame})
    result = batch.validate(
        gx.ExpectationSuite(name=name, expectations=made),
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(identity),
        },
    )
    by_name = {r.expectation_config.meta["name"]: r for r in result.results}
    return [_finding(by_name[check.name], len(frame), identity) for check in checks]


def _finding(result: Any, rows: int, identity: Sequence[str]) -> Finding:
    if result.exception_info.get("raised_exception"):
        raise RuntimeError(result.exception_info["exception_message"])
    at_fault = tuple(
        {column: row[column] for column in identity}
        for row in result.result.get("unexpected_index_list") or ()
    )
    return Finding(bool(result.success), rows, int(result.result["unexpected_count"]), at_fault)


@cache
def _whole_frame() -> Any:
    """What any frame is a batch of; one for all, since each that is added makes the next slower."""
    source = _context().data_sources.add_pandas("warehouse")
    return source.add_dataframe_asset("batch").add_batch_definition_whole_dataframe("all")


def _context() -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
