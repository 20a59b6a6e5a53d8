"""The example dashboard as its files say: datasets, charts and what the page shows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2] / "examples" / "bi"


@cache
def read(kind: str) -> dict[str, dict[str, Any]]:
    """Name of the file → what it says, for `datasets/stamm`, `charts` or `dashboards`."""
    files = sorted((ROOT / "assets" / kind).glob("*.yaml"))
    assert files, f"{kind}: no file there"
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in files}


def datasets() -> dict[str, dict[str, Any]]:
    return read("datasets/stamm")


def charts() -> dict[str, dict[str, Any]]:
    return read("charts")


def dataset_of(chart: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in datasets().values() if one["uuid"] == chart["dataset_uuid"])


def columns(dataset: dict[str, Any]) -> list[str]:
    return [column["column_name"] for column in dataset["columns"]]


def rows(con, dataset: dict[str, Any]) -> list[dict[str, Any]]:
    """What the build answers."""
    found = con.execute(dataset["sql"])
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def small_groups(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that tell of one to four people; a dataset counts them in its column `people`."""
    return [row for row in found if 0 < row.get("people", 5) < 5]
