"""A simulation as the Desk shows it: counts, and the merges and splits with the most revenue.

In: a `Simulation` while its copies are there. Out: a `Predicted` of ids and counts; no names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dedupe.judgement.simulate import MOVED
from orchestration.simulation import has_mart, prediction_of
from serving.desk.simulating import Example, Predicted

if TYPE_CHECKING:
    from typing import Literal

    from dedupe.judgement.simulate import Simulation
    from serving.prediction import Prediction

# Many more than a page shows, because some may be of people that are not shown.
MOST_OF_A_KIND = 200
_REVENUE = """
    select party_id, order_value_eur::double from marts.customer_360
    where party_id in (select unnest(?)) and order_value_eur is not null
"""
_RECORDS = f"select count(*) from {MOVED} where old_party_id = ? and new_party_id = ?"
_CAME_FROM = f"select distinct old_party_id from {MOVED} where new_party_id = ?"


def predicted(done: Simulation) -> Predicted:
    """The figures of `stamm simulate`, with examples."""
    told = prediction_of(done)
    revenue = _revenue(done)
    return Predicted(told, tuple(_examples(done, told, revenue)))


def _examples(done: Simulation, told: Prediction, revenue: dict[str, float]) -> Iterable[Example]:
    def worth(pair: tuple[str, str]) -> tuple[float, tuple[str, str]]:
        return -sum(revenue.get(party, 0.0) for party in pair), pair

    for party, into in sorted(told.merges, key=worth)[:MOST_OF_A_KIND]:
        yield _example(done, "merge", (party, into), (party, into), -worth((party, into))[0])
    for party, source in sorted(told.splits, key=worth)[:MOST_OF_A_KIND]:
        yield _example(done, "split", (party, source), (source, party), -worth((party, source))[0])


def _example(
    done: Simulation,
    kind: Literal["merge", "split"],
    pair: tuple[str, str],
    moved: tuple[str, str],
    revenue: float,
) -> Example:
    """`moved`: the party that the records leave, and the one they come to."""
    [(records,)] = done.con.execute(_RECORDS, list(moved)).fetchall()
    came_from = done.con.execute(_CAME_FROM, [moved[1]]).fetchall()
    parties = {*pair, *(party for (party,) in came_from if party)}
    return Example(kind, *pair, records, frozenset(parties), revenue)


def _revenue(done: Simulation) -> dict[str, float]:
    if not has_mart(done, "customer_360"):
        return {}
    return dict(done.con.execute(_REVENUE, [sorted(done.parties_touched)]).fetchall())
