"""Files from a folder: CSV, Excel, JSON Lines, Parquet and vCard, mapped in `stamm.yaml`.

Flow: files in name order → rows → records under canonical names → landing. A read is always
whole: a record whose row or file is gone is deleted, unless suspiciously many are.
Try it: `stamm check`.
"""

from __future__ import annotations

from connectors.bases import INSIGHT, RELATION, birth_date
from connectors.files.reader import FilesReader
from connectors.files.settings import FilesSource
from connectors.source import About, Stream, System
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


ABOUT = About(
    title="Files: CSV, Excel, JSON Lines, Parquet, vCard",
    category="files",
    rights="Read access to the file or folder.",
    limits="None; a read is always whole.",
    verified="real files of each kind, in UTF-8, Windows-1252 and UTF-16, with German numbers and"
    " dates.",
    traps=(
        "What is gone from the files counts as deleted, unless more than half of it is.",
        "A cell that begins like a formula is text; nothing is evaluated.",
        "A row without a key, or with a key seen before, waits in quarantine.",
    ),
)

SYSTEM = System("files", FilesSource, (parties, spend_estimates), _open, ABOUT, _declared)
