"""The checks over watched figures: one per family, each a warning that travels with the build.

What moved is for a person to judge: a new country is good news. `quality.stops` in stamm.yaml
makes any of them stop the run.
"""

from __future__ import annotations

from quality.checks import Batch, Check, between
from quality.figures.figure import Family

TABLE = "quality_figures (state.db)"


def _check(name: str, rule: str, family: Family) -> Check:
    return Check(name, rule, between(family, 0, 1), "warn")


_CHECKS: dict[Family, Check] = {
    "volume": _check(
        "volume_is_as_usual", "every source has as many rows as before, more or less", "volume"
    ),
    "missing": _check(
        "values_are_missing_as_usual", "values are as often missing as in earlier runs", "missing"
    ),
    "shape": _check(
        "values_are_shaped_as_usual",
        "names, postcodes, addresses and amounts look as in earlier runs",
        "shape",
    ),
    "spread": _check(
        "values_spread_as_usual",
        "amounts, currencies, states and names are distributed as in earlier runs",
        "spread",
    ),
    "repeats": _check(
        "repeats_are_as_usual", "no source says the same more often than in earlier runs", "repeats"
    ),
    "age": _check(
        "sources_are_fresh", "no source is silent for longer than its longest usual wait", "age"
    ),
    "linkage": _check(
        "linkage_is_as_usual",
        "records become customers in the proportions of earlier runs",
        "linkage",
    ),
}


def figures_batch(*families: Family) -> Batch:
    """One row per watched figure of a gate, judged by the checks of these families."""
    return Batch("figures", TABLE, tuple(_CHECKS[family] for family in families))
