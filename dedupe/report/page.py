"""Findings and tables of a run → `report.html`, one file without any link to the outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from dedupe.files.doubts import REVIEW_BITS
from dedupe.files.findings import TypeFindings
from dedupe.report import charts, content, wording

if TYPE_CHECKING:
    import duckdb

    from dedupe.files.findings import Findings
    from dedupe.files.linking import Linked, LinkedType
    from dedupe.files.reading import Pool
    from dedupe.measures.estimate import Candidates

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Waterfall:
    """A pair and the bars beside its steps."""

    pair: content.PairShown
    bars: tuple[Markup, ...]


@dataclass(frozen=True)
class TypeShown:
    """All that the page shows of one party type."""

    found: TypeFindings
    bins: tuple[content.WeightBin, ...]
    weights: Markup
    points: tuple[content.CurvePoint, ...]
    curve: Markup
    waterfalls: tuple[Waterfall, ...]

    @property
    def place_in_use(self) -> int:
        """Where the slider stands at first: at the threshold in use."""
        distances = [abs(point.threshold - self.found.threshold_bits) for point in self.points]
        return distances.index(min(distances))

    @property
    def points_json(self) -> Markup:
        """For the slider; numbers only, so nothing can end the script."""
        return Markup(json.dumps([list(asdict(point).values()) for point in self.points]))  # noqa: S704


def report_page(
    con: duckdb.DuckDBPyConnection,
    pool: Pool,
    findings: Findings,
    linked: Linked,
    candidates: Mapping[str, Candidates],
) -> str:
    """The page. Values of records are escaped; styles and script are part of it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    shown = tuple(
        _type_shown(con, pool, found, one, candidates[one.party_type])
        for found, one in zip(findings.party_types, linked.types, strict=True)
    )
    sizes = content.cluster_sizes(con)
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= wording.FILTERS
    return environment.get_template("page.html.jinja").render(
        findings=findings,
        types=shown,
        sizes=sizes,
        sizes_chart=charts.bars_chart("Clusters by number of records", sizes),
        largest=content.largest_clusters(con, pool.columns),
        style=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our file
        script=Markup((_FOLDER / "page.js").read_text(encoding="utf-8")),  # noqa: S704 - our file
        band=REVIEW_BITS,
    )


def _type_shown(
    con: duckdb.DuckDBPyConnection,
    pool: Pool,
    found: TypeFindings,
    linked: LinkedType,
    candidates: Candidates,
) -> TypeShown:
    bins, points = content.weight_bins(candidates), content.curve_points(candidates)
    threshold, who = found.threshold_bits, wording.PEOPLE[found.party_type]
    return TypeShown(
        found=found,
        bins=bins,
        weights=charts.weights_chart(bins, threshold, REVIEW_BITS, who) if bins else Markup(""),
        points=points,
        curve=charts.curve_chart(points, threshold, who) if len(points) > 1 else Markup(""),
        waterfalls=tuple(
            _waterfall(pair) for pair in content.chosen_pairs(con, linked, pool.columns)
        ),
    )


def _waterfall(pair: content.PairShown) -> Waterfall:
    edges = [edge for fall in pair.falls for edge in (fall.start, fall.end)]
    bars = (charts.fall_bar(fall, min(edges), max(edges)) for fall in pair.falls)
    return Waterfall(pair, tuple(bars))
