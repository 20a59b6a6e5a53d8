"""The trained model as settings that Splink 5 opens, charts and scores with the same weights.

Flow: a linked connection and its `Trained` → `<party_type>.splink.json` and one Parquet file of
term frequencies per column beside it, for Splink's `register_term_frequency_lookup`. Two things
have no counterpart in Splink and are left out: term frequencies of list columns, and the
household alternative. Input of Splink is `link.<party_type>_records`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedupe.linking.blocking import LISTS
from dedupe.linking.levels import level_sql, silence_sql
from dedupe.linking.term_frequencies import frequency_terms
from dedupe.specification import BlockingRule, Comparison, Specification
from dedupe.trained import Trained
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

_SIDE = re.compile(r"\b([lr])\.(\w+)")


def export_splink(con: duckdb.DuckDBPyConnection, trained: Trained, folder: Path) -> Path:
    """Write settings and term frequencies into `folder`; returns the settings file."""
    folder.mkdir(parents=True, exist_ok=True)
    party_type = trained.specification.party_type
    for comparison, level in frequency_terms(trained):
        column = level.term_frequency
        if column in LISTS:
            continue
        u = _u(trained, comparison, level.name)
        target = folder / f"{party_type}.tf_{column}.parquet"
        con.execute(
            f"copy (select value as {column}, {u} * pow(2, bits) as tf_{column}"
            f" from link.{party_type}_frequency_{column} order by value)"
            f" to '{target}' (format parquet)"
        )
    path = folder / f"{party_type}.splink.json"
    path.write_text(json.dumps(splink_settings(trained), indent=1), encoding="utf-8")
    return path


def splink_settings(trained: Trained) -> dict[str, Any]:
    """Splink's settings dictionary for `dedupe_only`, dialect duckdb."""
    if trained.specification.supervised:
        raise InputError(
            "expected a model trained without labels, this one has supervised weights",
            hint="Splink has no words for them; export the specification without `supervised`.",
        )
    settings = untrained_settings(trained.specification)
    for comparison, entry in zip(
        trained.specification.comparisons, settings["comparisons"], strict=True
    ):
        place = trained.specification.position(comparison.name)
        _, *levels = entry["comparison_levels"]  # the first one is "missing"
        for level, known in zip(comparison.levels, levels, strict=True):
            code = comparison.code(level.name)
            known["m_probability"] = trained.m[place][code - 1]
            known["u_probability"] = trained.u[place][code - 1]
    return settings | {"probability_two_random_records_match": trained.match_share}


def untrained_settings(specification: Specification) -> dict[str, Any]:
    """Comparisons and blocking rules only: Splink can train and score with them."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "rid",
        "retain_intermediate_calculation_columns": True,
        "comparisons": [_comparison(c) for c in specification.comparisons],
        "blocking_rules_to_generate_predictions": [
            _blocking_rule(rule) for rule in specification.blocking_rules
        ],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": _by_side(silence_sql(comparison)),
            "label_for_charts": "missing",
            "is_null_level": True,
        }
    ]
    for level in comparison.levels:
        tests = level_sql(level)
        entry: dict[str, Any] = {
            "sql_condition": _by_side(tests) if tests else "ELSE",
            "label_for_charts": level.name,
        }
        if level.term_frequency and level.term_frequency not in LISTS:
            entry["tf_adjustment_column"] = level.term_frequency
            entry["tf_adjustment_weight"] = 1.0
        levels.append(entry)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _u(trained: Trained, comparison: Comparison, level: str) -> float:
    return trained.u[trained.specification.position(comparison.name)][comparison.code(level) - 1]


def _by_side(sql: str) -> str:
    """Splink writes given_l and given_r where we write l.given and r.given."""
    return _SIDE.sub(r"\2_\1", sql)


def _blocking_rule(rule: BlockingRule) -> dict[str, Any]:
    """Our caps are not part of it: Splink has none."""
    made: dict[str, Any] = {
        "blocking_rule": " and ".join(f"l.{column} = r.{column}" for column in rule.columns),
        "sql_dialect": "duckdb",
    }
    lists = [column for column in rule.columns if column in LISTS]
    return made | ({"arrays_to_explode": lists} if lists else {})
