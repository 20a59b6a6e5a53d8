"""How far a figure is from what is usual, in parts of what it may move; above one it is told.

What it may move is the largest of: its declared floor; four times the spread of its history
(median absolute deviation, scaled to a standard deviation: Leys et al. 2013); five times what a
sample of that size moves by chance (binomial; for a mix the expected total variation distance).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log, sqrt
from statistics import median

from quality.figures.figure import Figure, Measured

_SPREADS = 4.0
_CHANCE = 5.0
_MAD_TO_SIGMA = 1.4826
_ENOUGH = 5  # figures of which a spread says something
_LOG_SIGMA = 1.5  # of the amounts of a shop with small and large things, in natural logarithms
_FEWEST = 20  # rows below which a share, level or mix says nothing


def times_the_limit(figure: Figure, now: Measured, history: Sequence[Measured]) -> float:
    """0 where there is nothing to compare with; `history` is oldest first."""
    if figure.kind == "age":
        return now.value or 0.0
    if not history:
        return 0.0
    if figure.kind == "count":
        return _count(figure, now, history)
    held = [one for one in history if one.rows >= _FEWEST]
    if now.rows < _FEWEST or not held:
        return 0.0
    if figure.kind == "mix":
        return _mix(figure, now, held)
    return _number(figure, now, held)


def usual(figure: Figure, history: Sequence[Measured]) -> float | None:
    """What the figure is compared with; None for a mix, or without a history."""
    values = [one.value for one in history if one.value is not None]
    if not values:
        return None
    return values[-1] if figure.kind == "count" else median(values)


def _count(figure: Figure, now: Measured, history: Sequence[Measured]) -> float:
    logs = [log(max(one.value or 0.0, 0.5)) for one in (*history, now)]
    steps = [later - earlier for earlier, later in pairwise(logs)]
    before, moved = steps[:-1], steps[-1]
    chance = _CHANCE / sqrt(max(history[-1].value or 0.0, 1.0))
    limit = max(figure.floor, _spread(before), chance)
    return abs(moved - (median(before) if len(before) >= _ENOUGH else 0.0)) / limit


def _number(figure: Figure, now: Measured, history: Sequence[Measured]) -> float:
    is_level = figure.kind == "level"
    values = [log(one.value or 1.0) if is_level else one.value or 0.0 for one in history]
    centre, rows = median(values), min(now.rows, *(one.rows for one in history))
    if is_level:
        moved, chance = abs(log(now.value or 1.0) - centre), _CHANCE * _LOG_SIGMA / sqrt(rows)
    else:
        share = min(max(centre, 1 / rows), 1 - 1 / rows)
        moved = abs((now.value or 0.0) - centre)
        chance = _CHANCE * sqrt(share * (1 - share) / rows)
    return moved / max(figure.floor, _spread(values), chance)


def _mix(figure: Figure, now: Measured, history: Sequence[Measured]) -> float:
    parts = [dict(one.mix) for one in (*history, now)]
    named = sorted(set().union(*parts))
    centre = {part: median([one.get(part, 0.0) for one in parts[:-1]]) for part in named}
    moved = _apart(parts[-1], centre)
    rows = min(now.rows, *(one.rows for one in history))
    # E|p̂ − p| of a binomial share is about sqrt(2 p (1 − p) / (π n)).
    chance = sum(sqrt(2 * p * (1 - p) / (3.1416 * rows)) for p in centre.values()) / 2
    earlier = [_apart(one, centre) for one in parts[:-1]]
    return moved / max(figure.floor, _SPREADS * median(earlier), _CHANCE / 2 * chance)


def _apart(mix: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Total variation distance."""
    named = mix.keys() | other.keys()
    return sum(abs(mix.get(part, 0.0) - other.get(part, 0.0)) for part in named) / 2


def _spread(values: Sequence[float]) -> float:
    if len(values) < _ENOUGH:
        return 0.0
    centre = median(values)
    return _SPREADS * _MAD_TO_SIGMA * median([abs(value - centre) for value in values])
