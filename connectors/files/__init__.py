"""Files from a folder: CSV, Excel, JSON Lines, Parquet and vCard, mapped in `stamm.yaml`.

Flow: files in name order → rows → records under canonical names → landing. A read is always
whole: a record whose row or file is gone is deleted, unless suspiciously many are.
Try it: `stamm check`.
"""

from __future__ import annotations

from connectors.bases import INSIGHT, RELATION, birth_date
from connectors.files.reader import FilesReader
from connectors.files.settings import FilesSource
from connectors.source import Stream, System
from stamm.clock import Clock

parties = Stream("parties", ("key",), RELATION, field_groups=(birth_date("birth_date"),))
spend_estimates = Stream(
    "spend_estimates", ("key",), INSIGHT, mandatory=("estimated_annual_spend_eur",)
)


def _open(source: FilesSource, clock: Clock) -> FilesReader:  # noqa: ARG001 - files need no time
    return FilesReader(source)


def _declared(system: System, source: FilesSource) -> tuple[Stream, ...]:
    """A source of files brings the one stream it declares."""
    return (system.stream(source.stream),)


SYSTEM = System("files", FilesSource, (parties, spend_estimates), _open, narrow=_declared)
