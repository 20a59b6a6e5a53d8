"""How good linkage is, what is worth a look, and what judgements would teach the model.

In: a project after a run. Out: an `Evaluation` (as the model expects, as judgements measure, and
as a truth says), a review list, or `Proposal`s of supervised weights. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.evaluation import Scores, evaluate
from orchestration.turns import last_run

if TYPE_CHECKING:
    import duckdb

    from dedupe.judgement.judged_pairs import JudgedPair
    from dedupe.judgement.review import ReviewItem
    from dedupe.judgement.supervised import Agreement, Flips
    from dedupe.measures.expected import Expectation
    from dedupe.measures.measured import Measured
    from dedupe.specification import Specification
    from dedupe.trained import Trained
    from orchestration.project import Project
    from stamm.store import Store


@dataclass(frozen=True)
class TypeEvaluation:
    """Of people or of organisations."""

    expected: Expectation
    measured: Measured
    judged: int


@dataclass(frozen=True)
class Evaluation:
    """`truth` is empty where none is known."""

    types: tuple[TypeEvaluation, ...]
    truth: Scores


@contextmanager
def after_a_run(project: Project) -> Iterator[tuple[duckdb.DuckDBPyConnection, Store]]:
    """The private warehouse, read-only, and the operational store."""
    with last_run(project.home) as con, closing(project.open_store()) as store:
        yield con, store


def trained_models(project: Project) -> dict[str, Trained]:
    """Party type → the model of the last run."""
    from dedupe.golden_tables import PARTY_TYPES
    from dedupe.trained import load

    return {party_type: load(project.home.linkage, party_type) for party_type in PARTY_TYPES}


def judged(
    con: duckdb.DuckDBPyConnection, store: Store, models: dict[str, Trained]
) -> list[JudgedPair]:
    """All judgements so far, weighed."""
    from dedupe.judgement.judged_pairs import judged_pairs
    from dedupe.judgement.judgements import judgements

    return judged_pairs(con, judgements(store), models)


def evaluation(project: Project) -> Evaluation:
    """Of the last run."""
    from dedupe.measures.expected import expected
    from dedupe.measures.measured import measured

    models = trained_models(project)
    with after_a_run(project) as (con, store):
        pairs = judged(con, store, models)
        types = []
        for party_type, model in models.items():
            own = [pair for pair in pairs if pair.party_type == party_type]
            told = measured(own, model.specification.thresholds.merge_bits)
            types.append(TypeEvaluation(expected(con, model), told, len(own)))
        crosswalk = con.sql("select record_id, party_id from golden.xref_parties").fetchall()
        return Evaluation(tuple(types), evaluate(project, store, dict(crosswalk)))


def worth_a_look(project: Project, limit: int) -> list[ReviewItem]:
    """The review list of the last run, most valuable first."""
    from dedupe.judgement.judgements import judgements
    from dedupe.judgement.review import Case, review
    from serving.stakes import stakes

    thresholds = {
        party_type: model.specification.thresholds.merge_bits
        for party_type, model in trained_models(project).items()
    }
    with after_a_run(project) as (con, store):
        case = Case(con, store, judgements(store), thresholds, stakes(con, store))
        return review(case, limit)


@dataclass(frozen=True)
class Proposal:
    """Supervised weights of one party type and what they would change; nothing is applied."""

    specification: Specification
    agreement: Agreement
    flips: Flips


def proposals(project: Project) -> list[Proposal]:
    """Of each party type with enough judgements. Raises UsageError if there is none."""
    from dedupe.judgement.supervised import cross_validated, flips, supervised
    from stamm.errors import Several, UsageError

    models = trained_models(project)
    found, refused = [], []
    with after_a_run(project) as (con, store):
        pairs = judged(con, store, models)
        for model in models.values():
            try:
                proposed = supervised(model, pairs)
            except UsageError as too_few:
                refused.append(too_few)
                continue
            agreement = cross_validated(model, pairs)
            found.append(Proposal(proposed, agreement, flips(con, model, proposed)))
    if not found:
        raise Several(refused)
    return found
