"""CDNOW, 2,357 customers over 39 weeks, and the numbers that Fader and Hardie publish of it."""

import csv
import importlib.util
from pathlib import Path

import numpy as np

from serving.scores.bg_nbd import Histories

_FOLDER = "datasets"


def histories() -> Histories:
    """Repeats, week of the last one and age of each customer."""
    rows = _rows("cdnow_customers_summary.csv")
    return Histories(
        *(np.array([float(r[n]) for r in rows]) for n in ("frequency", "recency", "T"))
    )


def values() -> tuple[np.ndarray, np.ndarray]:
    """Repeats and mean value of a repeat purchase in dollars, of the 946 who repeated."""
    rows = _rows("cdnow_customers_summary_with_transactions.csv")
    pairs = [(float(r["x"]), float(r["zbar"])) for r in rows if float(r["x"]) > 0]
    x, z = np.array(pairs).T
    return x, z


def purchases_in_the_next_39_weeks() -> np.ndarray:
    """Days with a purchase in weeks 39 to 78, in the order of `histories`."""
    days: dict[str, set[str]] = {}
    for line in (_package() / _FOLDER / "CDNOW_sample.txt").read_text().splitlines():
        _, customer, day, *_ = line.split()
        days.setdefault(customer, set()).add(day)
    later = [sum(day > "19970930" for day in days[c]) for c in sorted(days)]
    return np.array(later, dtype=float)


def _rows(name: str) -> list[dict[str, str]]:
    with (_package() / _FOLDER / name).open() as lines:
        return list(csv.DictReader(lines, skipinitialspace=True))


def _package() -> Path:
    """Where the package lies that brings the data; it is found, not imported."""
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None and spec.origin is not None, "`uv sync --all-groups` installs lifetimes"
    return Path(spec.origin).parent
