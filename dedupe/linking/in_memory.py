"""The in-memory engine: blocking and comparing small inputs with recordlinkage.

Flow: a DataFrame of standardised records indexed by rid → candidate pairs → level codes. Used
for look-ups and explanations, and as the oracle that DuckDB's pairs and levels must equal.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dedupe.linking.blocking import LISTS
from dedupe.linking.row_tests import row_test
from dedupe.specification import BlockingRule, Comparison, Condition, Specification

if TYPE_CHECKING:
    import pandas as pd

Pair = tuple[int, int]


def candidate_pairs(specification: Specification, records: pd.DataFrame) -> dict[Pair, set[str]]:
    """Pairs (l_rid < r_rid) → names of the rules that made them, by recordlinkage's Index."""
    found: dict[Pair, set[str]] = {}
    for rule in specification.blocking_rules:
        for pair in _pairs_of(rule, records):
            found.setdefault(pair, set()).add(rule.name)
    return found


def _pairs_of(rule: BlockingRule, records: pd.DataFrame) -> set[Pair]:
    from recordlinkage import Index

    keys = records[list(rule.columns)].reset_index(names="rid").dropna(subset=list(rule.columns))
    for column in LISTS.intersection(rule.columns):
        keys = keys.explode(column, ignore_index=True)
    if keys.empty:
        return set()
    sizes = keys.groupby(list(rule.columns))["rid"].transform("size")
    keys = keys[(sizes >= 2) & (sizes <= rule.cap)].reset_index(drop=True)
    indexer = Index()
    indexer.add(_block_on(rule))
    pairs = indexer.index(keys) if len(keys) > 1 else []
    rids = keys["rid"].tolist()
    both = {(min(rids[i], rids[j]), max(rids[i], rids[j])) for i, j in pairs}
    return {pair for pair in both if pair[0] != pair[1]}


def _block_on(rule: BlockingRule) -> Any:
    from recordlinkage.index import Block

    return Block(left_on=list(rule.columns))


def level_codes(
    specification: Specification, records: pd.DataFrame, pairs: pd.MultiIndex
) -> pd.DataFrame:
    """One row per pair, one column per comparison: the level's code, 0 for missing."""
    import pandas as pd

    features = _features(specification, records, pairs)
    return pd.DataFrame(
        {c.name: _codes(c, records, pairs, features) for c in specification.comparisons},
        index=pairs,
    )


def _features(
    specification: Specification, records: pd.DataFrame, pairs: pd.MultiIndex
) -> dict[Condition, Any]:
    """Condition → array of booleans, each computed once by recordlinkage's Compare."""
    from recordlinkage import Compare

    conditions = list(dict.fromkeys(_flat(specification)))
    compare = Compare()
    for place, condition in enumerate(conditions):
        _add(compare, condition, str(place))
    computed = compare.compute(pairs, records)
    return {c: computed[str(place)].to_numpy() > 0 for place, c in enumerate(conditions)}


def _flat(specification: Specification) -> list[Condition]:
    tops = [
        condition
        for comparison in specification.comparisons
        for condition in (
            *comparison.silent_when,
            *(w for lv in comparison.levels for w in lv.when),
        )
    ]
    return [part for top in tops for part in (top.of or (top,))]


def _add(compare: Any, c: Condition, label: str) -> None:
    """The condition as a feature of recordlinkage; a missing value never agrees."""
    if c.test == "equal":
        compare.exact(c.column, c.column, missing_value=0, label=label)
    elif c.test == "jaro_winkler":
        compare.string(
            c.column,
            c.column,
            method="jarowinkler",
            threshold=c.at_least,
            missing_value=0,
            label=label,
        )
    else:
        columns = [c.column, c.other] if c.other else [c.column]
        compare.compare_vectorized(partial(_by_row, c), columns, columns, label=label)


def _by_row(condition: Condition, *series: pd.Series) -> pd.Series:
    import pandas as pd

    half = len(series) // 2
    rows = zip(*(one.tolist() for one in series), strict=True)
    test = row_test(condition, {condition.column: 0, condition.other: 1})
    truth = [float(test(row[:half], row[half:])) for row in rows]
    return pd.Series(truth, index=series[0].index)


def _codes(
    comparison: Comparison,
    records: pd.DataFrame,
    pairs: pd.MultiIndex,
    features: dict[Condition, Any],
) -> Any:
    import numpy as np

    missing = np.zeros(len(pairs), dtype=bool)
    for column in comparison.needs:
        absent = records[column].isna()
        for side in (0, 1):
            missing |= absent.reindex(pairs.get_level_values(side)).to_numpy()
    for condition in comparison.silent_when:
        missing |= _holds(condition, features)
    codes = np.ones(len(pairs), dtype=np.int64)
    for level in reversed(comparison.levels[:-1]):
        holds = np.logical_and.reduce([_holds(condition, features) for condition in level.when])
        codes[holds] = comparison.code(level.name)
    codes[missing] = 0
    return codes


def _holds(condition: Condition, features: dict[Condition, Any]) -> Any:
    import numpy as np

    if condition.test == "any_of":
        return np.logical_or.reduce([features[part] for part in condition.of])
    return features[condition]
