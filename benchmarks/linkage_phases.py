"""What both sides of the linkage benchmark share: seconds by phase, peak memory, prepared files."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PARSED = ("std_full", "std_company")  # values that standardising has parsed


class Phases:
    """Seconds by phase since `begun` (epoch seconds, before the process was started)."""

    def __init__(self, begun: float) -> None:
        self._begun = self._last = begun
        self._used = 0.0
        self.seconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self.peaks: dict[str, float] = {}

    def ends(self, name: str) -> None:
        """The phase that just ended."""
        now, used = time.time(), _processor_seconds()
        self.seconds[name] = round(now - self._last, 2)
        self.processor[name] = round(used - self._used, 2)
        self.peaks[name] = peak_gb()
        self._last, self._used = now, used

    def restart(self) -> None:
        """What happened since the last phase belongs to none."""
        self._last, self._used = time.time(), _processor_seconds()

    def so_far(self) -> dict[str, float]:
        """Whole seconds, processor seconds and peak memory of the process until now."""
        return {
            "total": round(time.time() - self._begun, 2),
            "processor": round(_processor_seconds(), 2),
            "peak_gb": peak_gb(),
        }

    def report(self, more: dict[str, Any]) -> None:
        """One JSON line."""
        phases = {
            "seconds": self.seconds,
            "processor_seconds": self.processor,
            "peak_gb_until": self.peaks,
        }
        print(json.dumps(phases | more | {"peak_gb_at_end": peak_gb()}), flush=True)


def peak_gb() -> float:
    """The most memory that this process held."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 2)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def prepared(folder: Path, name: str) -> Path:
    """A prepared Parquet file."""
    return folder / f"{name}.parquet"


def write_match_input(con: Any, folder: Path) -> None:
    """`intermediate.int_parties__match_input`, and what standardising leaves beside the records:
    clustering and survivorship read them."""
    from dedupe.standardise.values import version

    con.execute("create schema intermediate")
    source = prepared(folder, "match_input")
    con.execute(f"create table intermediate.int_parties__match_input as from '{source}'")
    for name in PARSED:
        con.execute(f"create table link.{name} as from '{prepared(folder, name)}'")
        con.execute(f"comment on table link.{name} is '{version()}'")  # by the parsers of now


def write_crosswalk(con: Any, records: Sequence[str] | Any, parties: Sequence[str] | Any) -> None:
    """`golden.xref_parties`, from the party id of each record id."""
    import pyarrow as pa

    con.register("assigned", pa.table({"record_id": records, "party_id": parties}))
    con.execute("create schema golden")
    con.execute(
        "create table golden.xref_parties as select record_id, party_id, party_type, source,"
        " stream, facet_of from intermediate.int_parties__match_input"
        " inner join assigned using (record_id)"
    )
    con.unregister("assigned")


def write_golden(con: Any) -> None:
    """Golden parties with their lineage."""
    from dedupe.survivorship.golden import write_golden_parties

    con.execute("create temp table party_cohesion (party_id varchar, cohesion double)")
    write_golden_parties(con)
