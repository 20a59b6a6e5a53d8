"""Splink 5 with the models of its own tutorials: Febrl 3, Febrl 4 and historical_50k.

Comparisons, blocking rules, training calls and their numbers are those of the examples in Splink's
documentation (docs/demos/examples/duckdb); of Febrl 4 the detailed model, the tutorial's own
choice. In: the data set as an Arrow table. Out: records and pairs with Splink's weights, scored
generously: each measure at the threshold that suits it best, which nobody without labels knows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy_scores import Best, best_scores
from dedupe.measures.evaluate import Labels

if TYPE_CHECKING:
    import pyarrow as pa

SEED = 2  # of Splink's random pairs; the tutorial of Febrl 3 names it, the others none


@dataclass(frozen=True)
class Tutorial:
    """What a tutorial states. Rules are SQL over `l` and `r`, or columns that must be equal."""

    identity: str
    entity: str  # SQL over the columns
    prepared: Sequence[str]  # SQL of columns replaced or added
    comparisons: Callable[[Any], list[Any]]
    blocking: Sequence[str | tuple[str, ...]]
    certain: Sequence[str | tuple[str, ...]]
    recall: float
    max_pairs: float
    sessions: Sequence[tuple[str, ...]]
    without_frequencies: bool
    least_probability: float | None


def febrl_3(cl: Any) -> list[Any]:
    return [
        cl.NameComparison("given_name"),
        cl.NameComparison("surname"),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
    ]


def febrl_4(cl: Any) -> list[Any]:
    return [
        cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("surname").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison(
            "date_of_birth",
            input_is_string=True,
            datetime_format="%Y%m%d",
            invalid_dates_as_null=True,
        ),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(
            term_frequency_adjustments=True
        ),
    ]


def historical_50k(cl: Any) -> list[Any]:
    return [
        cl.ForenameSurnameComparison(
            "first_name", "surname", forename_surname_concat_col_name="first_name_surname_concat"
        ),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode_fake"),
        cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
        cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
    ]


_FEBRL_ENTITY = "regexp_extract(rec_id, '^([^-]+-[^-]+)', 1)"
_SWAPPED = "l.given_name = r.surname and l.surname = r.given_name"
_POSTCODE = "substr(postcode_fake,1,3)"
TUTORIALS = {
    "Febrl 3": Tutorial(
        identity="rec_id", entity=_FEBRL_ENTITY, prepared=(),
        comparisons=febrl_3,
        blocking=(("soc_sec_id",), ("given_name",), ("surname",), ("date_of_birth",),
                  ("postcode",)),
        certain=(("soc_sec_id",), ("given_name", "surname", "date_of_birth"),
                 f"{_SWAPPED} and l.date_of_birth = r.date_of_birth"),
        recall=0.9, max_pairs=1e6, sessions=(("date_of_birth",), ("postcode",)),
        without_frequencies=False, least_probability=0.2,
    ),
    "Febrl 4": Tutorial(
        identity="rec_id", entity=_FEBRL_ENTITY, prepared=(),
        comparisons=febrl_4,
        blocking=(("given_name", "surname"), _SWAPPED, ("date_of_birth",), ("soc_sec_id",),
                  ("state", "address_1"), ("street_number", "address_1"), ("postcode",)),
        certain=(("soc_sec_id",), ("given_name", "surname", "date_of_birth")),
        recall=0.8, max_pairs=1e6, sessions=(("date_of_birth",), ("postcode",)),
        without_frequencies=True, least_probability=0.2,
    ),
    "historical_50k": Tutorial(
        identity="unique_id", entity="cluster",
        prepared=("first_name || ' ' || surname as first_name_surname_concat",),
        comparisons=historical_50k,
        blocking=(("substr(first_name,1,3)", "substr(surname,1,4)"), ("surname", "dob"),
                  ("first_name", "dob"), ("postcode_fake", "first_name"),
                  ("postcode_fake", "surname"), ("dob", "birth_place"), (_POSTCODE, "dob"),
                  (_POSTCODE, "first_name"), (_POSTCODE, "surname"),
                  ("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)")),
        certain=(("first_name", "surname", "dob"),
                 ("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
                 ("dob", "postcode_fake")),
        recall=0.6, max_pairs=1e7, sessions=(("first_name", "surname"), ("dob",)),
        without_frequencies=True, least_probability=None,
    ),
}  # fmt: skip


def tutorial_scores(name: str, tables: Sequence[pa.Table]) -> Best:
    """Train and predict as the tutorial does, on one table or linking two."""
    import splink
    from splink import comparison_library as cl

    logging.getLogger("splink").setLevel(logging.ERROR)
    tutorial = TUTORIALS[name]
    api = splink.DuckDBAPI()
    settings = splink.SettingsCreator(
        link_type="dedupe_only" if len(tables) == 1 else "link_only",
        unique_id_column_name=tutorial.identity,
        blocking_rules_to_generate_predictions=[_rule(rule) for rule in tutorial.blocking],
        comparisons=tutorial.comparisons(cl),
    )
    prepared = [_prepared(tutorial, table) for table in tables]
    linker = splink.Linker([api.register(one) for one in prepared], settings)
    _train(linker.training, tutorial)
    predicted = linker.inference.predict(threshold_match_probability=tutorial.least_probability)
    truth = dict(
        pair
        for one in prepared
        for pair in zip(one[tutorial.identity].to_pylist(), one["entity"].to_pylist(), strict=True)
    )
    return splink_scores(api, predicted.physical_name, tutorial.identity, truth)


def splink_scores(api: Any, predicted: str, identity: str, truth: Labels) -> Best:
    """Score a table of Splink's predictions; records are known by what the truth calls them."""
    rows = api._con.execute(
        f"select {identity}_l as l, {identity}_r as r, match_weight as weight from {predicted}"
    ).fetchnumpy()
    place = {record: number for number, record in enumerate(truth)}
    left, right = (
        np.fromiter((place[record] for record in rows[side]), np.int64) for side in ("l", "r")
    )
    return best_scores(truth, left, right, rows["weight"].astype(np.float64))


def _prepared(tutorial: Tutorial, table: pa.Table) -> pa.Table:
    import duckdb

    columns = ", ".join(("*", *tutorial.prepared, f"{tutorial.entity} as entity"))
    return duckdb.connect().from_arrow(table).project(columns).to_arrow_table()


def _train(training: Any, tutorial: Tutorial) -> None:
    training.estimate_probability_two_random_records_match(
        [_rule(rule) for rule in tutorial.certain], recall=tutorial.recall
    )
    training.estimate_u_using_random_sampling(max_pairs=tutorial.max_pairs, seed=SEED)
    for session in tutorial.sessions:
        training.estimate_parameters_using_expectation_maximisation(
            _rule(session), estimate_without_term_frequencies=tutorial.without_frequencies
        )


def _rule(rule: str | tuple[str, ...]) -> Any:
    from splink import block_on

    return rule if isinstance(rule, str) else block_on(*rule)
