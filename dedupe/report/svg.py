"""Charts as inline SVG: geometry in, markup out. Colours are classes of the page's style sheet.

Each chart has a title and a description for those who do not see it; the page puts the same
figures in a table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10

from markupsafe import Markup, escape

from dedupe.report.wording import bits

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 40
Attribute = str | float | int


def element(name: str, /, *children: Markup | str, **attributes: Attribute) -> Markup:
    """One element; `_` in a name stands for `-`, a trailing one is dropped (`class_`)."""
    listed = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
    )
    inner = Markup("").join(escape(child) for child in children)
    return Markup(f"<{name}{listed}>{inner}</{name}>")  # noqa: S704 - all parts are escaped


def _number(value: Attribute) -> str:
    """Two decimals at most, so that equal data give equal bytes."""
    if isinstance(value, float):
        return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # + 0.0: never "-0"
    return str(value)


@dataclass(frozen=True)
class Scale:
    """Data → pixels, linear."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)


def chart(title: str, description: str, height: int, *parts: Markup) -> Markup:
    """The frame of a chart."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *parts,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        class_="chart",
    )


def ticks(low: float, high: float, wanted: int = 8) -> list[float]:
    """Round numbers between two bounds."""
    span = max(high - low, 1e-9)
    step = 10.0 ** int(log10(span / wanted) // 1)
    step = next(s for s in (step, 2 * step, 5 * step, 10 * step) if span / s <= wanted)
    first = -(-low // step) * step
    return [round(first + i * step, 9) for i in range(int((high - first) / step + 1e-9) + 1)]


def axis_below(scale: Scale, height: int, label: str, values: Iterable[float]) -> Markup:
    """Ticks, their numbers, and what they count."""
    base = height - BOTTOM
    marks = [
        element("text", bits(value), x=scale(value), y=base + 16, class_="tick middle")
        for value in values
    ]
    return element(
        "g",
        element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=base, y2=base, class_="axis"),
        *marks,
        element("text", label, x=(LEFT + WIDTH - RIGHT) / 2, y=height - 6, class_="label middle"),
    )


def grid(scale: Scale, marks: Sequence[tuple[float, str]]) -> Markup:
    """Horizontal lines with a label each."""
    return element("g", *(
        element("g",
                element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=scale(v), y2=scale(v), class_="grid"),
                element("text", text, x=LEFT - 8, y=scale(v) + 4, class_="tick end"))
        for v, text in marks
    ))  # fmt: skip


def line(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """A polyline through pixel points."""
    joined = " ".join(f"{_number(float(x))},{_number(float(y))}" for x, y in points)
    return element("polyline", points=joined, class_=class_)


def marker(x: float, height: int, label: str, *, below: bool = False) -> Markup:
    """A dashed vertical line with a label at one end; it turns left near the right edge."""
    near_edge = x > WIDTH - 160
    y = height - BOTTOM - 8 if below else TOP + 10
    return element(
        "g",
        element("line", x1=x, x2=x, y1=TOP, y2=height - BOTTOM, class_="marker"),
        element("text", label, x=x - 6 if near_edge else x + 6, y=y,
                class_="label end" if near_edge else "label"),
    )  # fmt: skip
