"""The report's charts: weights of pairs, precision and recall, sizes of clusters, a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

from markupsafe import Markup

from dedupe.report import svg
from dedupe.report.content import Bar, CurvePoint, Fall, WeightBin
from dedupe.report.wording import bits

_HEIGHT = 260


def weights_chart(bins: Sequence[WeightBin], threshold: float, band: float, who: str) -> Markup:
    """Candidate pairs by match weight; the height is logarithmic, for the few and the many."""
    low, high = bins[0].start, bins[-1].end
    x = svg.Scale(low, high, svg.LEFT, svg.WIDTH - svg.RIGHT)
    most = max(one.pairs for one in bins)
    top = max(log10(most + 1), 1.0)
    y = svg.Scale(0, top, _HEIGHT - svg.BOTTOM, svg.TOP)
    base = _HEIGHT - svg.BOTTOM
    bars = [
        svg.element(
            "rect",
            svg.element("title", f"{one.label} bits: {one.pairs:,} pairs"),
            x=x(one.start) + 0.5,
            width=max(x(one.end) - x(one.start) - 1, 0.5),
            y=y(log10(one.pairs + 1)),
            height=base - y(log10(one.pairs + 1)),
            class_=_zone(one, band),
        )
        for one in bins
        if one.pairs
    ]
    lines = [(log10(10**power + 1), f"{10**power:,}") for power in range(int(top) + 1)]
    return svg.chart(
        f"Candidate pairs of {who} by match weight",
        f"{sum(one.pairs for one in bins):,} pairs between {bits(low)} and {bits(high)} bits;"
        f" the threshold is {bits(threshold)} bits.",
        _HEIGHT,
        svg.grid(y, lines),
        *bars,
        svg.axis_below(x, _HEIGHT, "match weight in bits (log₂ of the odds)", svg.ticks(low, high)),
        svg.marker(x(threshold), _HEIGHT, f"merge threshold {bits(threshold)}"),
    )


def _zone(one: WeightBin, band: float) -> str:
    if one.start >= band:
        return "bar match"
    return "bar other" if one.end <= -band else "bar review"


def curve_chart(points: Sequence[CurvePoint], threshold: float, who: str) -> Markup:
    """Expected precision and recall of single pairs over the threshold."""
    low, high = points[0].threshold, points[-1].threshold
    x = svg.Scale(low, high, svg.LEFT, svg.WIDTH - svg.RIGHT)
    y = svg.Scale(0, 1, _HEIGHT - svg.BOTTOM, svg.TOP)
    lines = [(share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    precision = [(x(p.threshold), y(p.precision)) for p in points]
    recall = [(x(p.threshold), y(p.recall)) for p in points]
    at = min(points, key=lambda p: abs(p.threshold - threshold))
    return svg.chart(
        f"Estimated precision and recall over the threshold, {who}",
        f"At {bits(threshold)} bits: precision {at.precision:.1%}, recall {at.recall:.1%}.",
        _HEIGHT,
        svg.grid(y, lines),
        svg.line(precision, "curve precision"),
        svg.line(recall, "curve recall"),
        svg.axis_below(x, _HEIGHT, "threshold in bits", svg.ticks(low, high)),
        svg.marker(x(threshold), _HEIGHT, f"in use {bits(threshold)}", below=True),
    )


def bars_chart(title: str, bars: Sequence[Bar]) -> Markup:
    """Horizontal bars, each with its number."""
    row, height = 26, 26 * len(bars) + 12
    most = max(bar.value for bar in bars)
    x = svg.Scale(0, most, 110, svg.WIDTH - 90)
    drawn = []
    for place, bar in enumerate(bars):
        y = 6 + place * row
        end = x(bar.value)
        drawn.append(svg.element(
            "g",
            svg.element("text", bar.label, x=102, y=y + 16, class_="tick end"),
            svg.element("rect", svg.element("title", f"{bar.label}: {bar.value:,}"),
                        x=110, y=y + 3, width=max(end - 110, 1.0), height=row - 8, rx=3,
                        class_="bar match"),
            svg.element("text", f"{bar.value:,}", x=end + 8, y=y + 16, class_="tick"),
        ))  # fmt: skip
    told = ", ".join(f"{bar.label}: {bar.value:,}" for bar in bars)
    return svg.chart(title, told, height, *drawn)


def fall_bar(fall: Fall, low: float, high: float) -> Markup:
    """One row of a waterfall: a bar from where the sum was to where it is now."""
    width, height = 240, 18
    x = svg.Scale(min(low, 0.0), max(high, 0.0), 4, width - 4)
    left, right = sorted((x(fall.start), x(fall.end)))
    kind = "total" if fall.total else ("for" if fall.end >= fall.start else "against")
    return svg.element(
        "svg",
        svg.element("line", x1=x(0.0), x2=x(0.0), y1=0, y2=height, class_="zero"),
        svg.element("rect", x=left, y=3, width=max(right - left, 1.5), height=height - 6, rx=2,
                    class_=f"fall {kind}"),
        viewBox=f"0 0 {width} {height}", preserveAspectRatio="none", class_="fall-bar",
        aria_hidden="true",
    )  # fmt: skip
