"""One run of Splink 5 on DuckDB, in a process of its own: people as Parquet → components.

The same records, comparisons, blocking rules and term frequencies as ours (those of lists aside,
which Splink has no words for). Its blocking gets our keys ready-made as columns, hot ones left out:
Splink has no caps, and joins on whole numbers are faster for it than those on texts. Trained as its
documentation says: u from random pairs, the prior from two strict rules, m by three EM sessions
that between them cover all comparisons. Prints one JSON line; `benchmarks.linkage` starts it.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from benchmarks.linkage_phases import Phases, prepared

SESSIONS = ("same_names", "same_door", "same_birth_date_and_postcode")
STRICT = ("same_names_and_town", "same_birth_date_and_given_name")


def settings() -> dict[str, Any]:
    """The built-in specification of people as Splink's settings, nothing trained."""
    from dedupe.linking.blocking import LISTS
    from dedupe.linking.splink_export import untrained_settings
    from dedupe.specification import load_specification

    specification = load_specification("person")
    made = untrained_settings(specification)
    made["blocking_rules_to_generate_predictions"] = [
        {"blocking_rule": f"l.key_{place} = r.key_{place}", "sql_dialect": "duckdb"}
        | ({"arrays_to_explode": [f"key_{place}"]} if LISTS.intersection(rule.columns) else {})
        for place, rule in enumerate(specification.blocking_rules)
    ]
    return made | {
        "retain_intermediate_calculation_columns": False, "retain_matching_columns": False,
    }  # fmt: skip


def train(training: Any) -> None:
    """u from random pairs, the prior from two strict rules, m by three EM sessions."""
    from dedupe.specification import load_specification

    names = [rule.name for rule in load_specification("person").blocking_rules]
    rule = {name: f"l.key_{place} = r.key_{place}" for place, name in enumerate(names)}
    training.estimate_probability_two_random_records_match(
        [rule[name] for name in STRICT], recall=0.5
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6)
    for name in SESSIONS:
        training.estimate_parameters_using_expectation_maximisation(rule[name])


def main(folder: Path, begun: float) -> None:
    phases = Phases(begun)
    import splink

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = splink.DuckDBAPI()
    phases.ends("start")
    api._con.execute(f"create table people as from '{prepared(folder, 'people_with_keys')}'")
    linker = splink.Linker(api.register("people"), settings())
    phases.ends("load")
    train(linker.training)
    phases.ends("train")
    predicted = linker.inference.predict(threshold_match_probability=0.05)
    phases.ends("block, compare, score")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, 0.5)
    phases.ends("components")

    def count(what: str, table: str) -> int:
        return int(api._con.sql(f"select count({what}) from {table}").fetchall()[0][0])

    kept = count("*", predicted.physical_name)
    phases.report(
        phases.so_far()
        | {"kept": kept, "clusters": count("distinct cluster_id", clusters.physical_name)}
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
