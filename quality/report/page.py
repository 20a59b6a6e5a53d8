"""`quality.html`: written after every run, also after one that a gate stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quality.quarantine import has_quarantine
from quality.report.content import Content, content
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Counted:
    """Rows in quarantine under one rule."""

    gate: str
    source: str
    stream: str
    rule: str
    rows: int
    first_seen: str
    last_seen: str


def quarantined(con: duckdb.DuckDBPyConnection) -> list[Counted]:
    """What is in quarantine, counted; the most first."""
    if not has_quarantine(con):
        return []
    rows = con.execute(
        "select gate, source, stream, rule, count(*), min(first_seen)::date::varchar, "
        "max(last_seen)::date::varchar from quality.quarantined_rows group by all "
        "order by 5 desc, 1, 2, 3, 4"
    ).fetchall()
    return [Counted(*row) for row in rows]


def write_report(path: Path, store: Store, quarantine: Sequence[Counted]) -> bool:
    """Write the page, whole or not at all; False if no gate was ever run."""
    shown = content(store)
    if shown is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_text(render(shown, quarantine), encoding="utf-8")
    aside.rename(path)
    return True


def render(shown: Content, quarantine: Sequence[Counted]) -> str:
    """The page; nothing in it points outside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html.jinja").render(
        shown=shown,
        quarantine=quarantine,
        style=Markup(style),  # noqa: S704 - our file
    )
