"""Files from a folder or an address: CSV, Excel, JSON Lines, Parquet and vCard.

Flow: files in name order (those at an address are fetched first) → rows → records under the
names that `stamm.yaml` maps them to → landing. A read is always whole: a record whose row or file
is gone is deleted, unless suspiciously many are.
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


def _open(source: FilesSource, clock: Clock) -> FilesReader:
    return FilesReader(source, clock)


def _declared(system: System, source: FilesSource) -> tuple[Stream, ...]:
    """A source of files brings the one stream it declares."""
    return (system.stream(source.stream),)


ABOUT = About(
    title="Files: CSV, Excel, JSON Lines, Parquet, vCard",
    category="files",
    rights="Read access to the file or folder, or to list and read at its address.",
    limits="None; a read is always whole, but a file at an address is fetched only where its ETag,"
    " checksum, or size and time changed.",
    verified="real files of each kind, in UTF-8, Windows-1252 and UTF-16, with German numbers and"
    " dates; over S3 (MinIO's server in JuiceFS 1.4), SFTP (OpenSSH 9.2) and HTTPS (nginx 1.22).",
    traps=(
        "What is gone from the files counts as deleted, unless more than half of it is.",
        "A cell that begins like a formula is text; nothing is evaluated.",
        "Whoever writes a file while it is read had better write under another name and rename it.",
        "At an address without ETag, checksum or time every file is fetched each time.",
        "An Excel workbook's distinct texts are held in memory; all other kinds go row by row.",
        "A row without a key, or with a key seen before, waits in quarantine.",
    ),
)

SYSTEM = System("files", FilesSource, (parties, spend_estimates), _open, ABOUT, _declared)
