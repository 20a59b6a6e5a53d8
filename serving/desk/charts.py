"""Charts of the Desk as inline SVG: the waterfall of a pair, a cluster as a graph.

In: figures. Out: markup without styles of its own; the page shows the same figures in a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi, sin

from markupsafe import Markup

from dedupe.report.svg import WIDTH, Scale, chart, element
from dedupe.report.wording import signed_bits

_ROW, _LABELS, _FIGURES = 26, 210, 70


def waterfall(title: str, steps: Sequence[tuple[str, float]], total: str) -> Markup:
    """Each step begins where the one before ended; the last bar is the sum from zero."""
    ends = [0.0]
    for _, weight in steps:
        ends.append(ends[-1] + weight)
    scale = Scale(min(ends), max(ends), _LABELS, WIDTH - _FIGURES)
    height = _ROW * (len(steps) + 1) + 12
    zero = element("line", x1=scale(0), x2=scale(0), y1=4, y2=height - 4, class_="axis")
    rows = [
        _bar(scale, place, name, start, end, "for" if weight >= 0 else "against", weight)
        for place, ((name, weight), (start, end)) in enumerate(
            zip(steps, pairwise(ends), strict=True)
        )
    ]
    rows.append(_bar(scale, len(steps), total, 0.0, ends[-1], "sum", ends[-1]))
    told = "; ".join(f"{name} {signed_bits(weight, 1)}" for name, weight in steps)
    return chart(title, told, height, zero, *rows)


def _bar(
    scale: Scale, place: int, name: str, start: float, end: float, kind: str, weight: float
) -> Markup:
    y = 8 + place * _ROW
    left, right = sorted((scale(start), scale(end)))
    return element(
        "g",
        element("text", name, x=_LABELS - 12, y=y + 14, class_="end"),
        element("rect", x=left, y=y, width=max(right - left, 1.5), height=_ROW - 7, class_=kind),
        element("text", signed_bits(weight, 1), x=WIDTH - 6, y=y + 14, class_="end"),
    )


def graph(
    title: str, nodes: Sequence[tuple[str, str]], edges: Sequence[tuple[int, int, float, bool]]
) -> Markup:
    """Records on a circle, pairs as lines; a weak pair is dashed. `nodes` are (label, detail)."""
    across, height = WIDTH / 2, 340
    places = [
        (
            across + 230 * sin(2 * pi * i / len(nodes)),
            height / 2 - 115 * cos(2 * pi * i / len(nodes)),
        )
        for i in range(len(nodes))
    ]
    lines = [_edge(places[a], places[b], weight, weak) for a, b, weight, weak in edges]
    dots = [
        element(
            "g",
            element("circle", cx=x, cy=y, r=22.0, class_="node"),
            element("text", label, x=x, y=y + 5, class_="middle"),
            element("text", detail, x=x, y=y + (40 if y >= height / 2 else -30), class_="middle"),
        )
        for (x, y), (label, detail) in zip(places, nodes, strict=True)
    ]
    told = "; ".join(f"{nodes[a][0]}-{nodes[b][0]} {signed_bits(w, 1)}" for a, b, w, _ in edges)
    return chart(title, told, height, *lines, *dots)


def _edge(
    one: tuple[float, float], other: tuple[float, float], weight: float, weak: bool
) -> Markup:
    x, y = (one[0] * 2 + other[0] * 3) / 5, (one[1] * 2 + other[1] * 3) / 5
    return element(
        "g",
        element("line", x1=one[0], y1=one[1], x2=other[0], y2=other[1],
                class_="link weak" if weak else "link"),
        element("rect", x=x - 22, y=y - 10, width=44, height=18, class_="halo"),
        element("text", signed_bits(weight, 1), x=x, y=y + 4, class_="middle"),
    )  # fmt: skip
