"""What another threshold or specification would do to ids, customers, revenue and consents.

In: a project after a run, the specifications to try. Out: a `Prediction`; the copies that it was
made on are gone. The next run with those specifications over the same data does exactly that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestration.alone import alone
from serving.prediction import Prediction
from stamm.duck import has_table

if TYPE_CHECKING:
    from dedupe.judgement.simulate import Simulation
    from dedupe.specification import Specification
    from orchestration.project import Project

_CUSTOMERS = """
    select count(*), coalesce(sum(order_value_eur), 0)
    from marts.customer_360 where party_id in (select unnest(?))
"""
_CONSENTS = """
    select count(*), count(*) filter (where permission = 'given')
    from marts.consent_permissions where party_id in (select unnest(?))
"""


def predict(project: Project, specifications: Mapping[str, Specification]) -> Prediction:
    """Try them. Raises StammError where no run has been, or one is at work."""
    from dedupe.judgement.simulate import Places, simulated

    home = project.home
    places = Places(home.warehouse, home.store, home.linkage)
    at = project.clock().now()
    with (
        alone(project),
        simulated(places, specifications, scratch=home.simulation, at=at) as simulation,
    ):
        return prediction_of(simulation)


def prediction_of(done: Simulation) -> Prediction:
    """The figures, while the copies are there."""
    touched = sorted(done.parties_touched)
    customers, revenue = _figures(done, "customer_360", _CUSTOMERS, touched)
    consents, given = _figures(done, "consent_permissions", _CONSENTS, touched)
    return Prediction(
        parties_before=_before(done),
        parties_after=done.outcome.people + done.outcome.organisations,
        merges=_pairs(done, "merged"),
        splits=_pairs(done, "split"),
        minted=_ids(done, "created"),
        retired=_ids(done, "retired"),
        restored=_ids(done, "restored"),
        records_moved=done.records_moved,
        parties_touched=len(touched),
        customers=int(customers),
        revenue_eur=float(revenue),
        consents=int(consents),
        consents_given=int(given),
        contradicted=_contradicted(done),
    )


def _before(done: Simulation) -> int:
    return int(done.con.sql("select count(distinct party_id) from before").fetchall()[0][0])


def _pairs(done: Simulation, event: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        sorted((e.party_id, e.other_party_id or "") for e in done.events if e.event == event)
    )


def _ids(done: Simulation, event: str) -> tuple[str, ...]:
    return tuple(sorted(e.party_id for e in done.events if e.event == event))


def _figures(done: Simulation, table: str, sql: str, touched: list[str]) -> tuple[Any, Any]:
    """Two figures of a mart; nothing where the marts are not built yet."""
    if not has_mart(done, table):
        return 0, 0
    first, second = done.con.execute(sql, [touched]).fetchall()[0]
    return first, second


def has_mart(done: Simulation, table: str) -> bool:
    """Whether the copy has it: a run that stopped at a gate has no marts."""
    return has_table(done.con, f"marts.{table}")


def _contradicted(done: Simulation) -> tuple[int, ...]:
    from dedupe.golden_tables import PARTY_TYPES
    from dedupe.judgement.judged_pairs import judged_pairs
    from dedupe.judgement.judgements import judgements
    from dedupe.measures.measured import contradicted
    from dedupe.trained import load

    judged = judgements(done.store)
    if not judged:
        return ()
    models = {party_type: load(done.linkage, party_type) for party_type in PARTY_TYPES}
    pairs = judged_pairs(done.con, judged, models)
    return tuple(
        pair.judgement
        for party_type, model in models.items()
        for pair in contradicted(
            [p for p in pairs if p.party_type == party_type],
            model.specification.thresholds.merge_bits,
        )
    )
