"""What a simulation says that the next run would do: one definition for command and Desk.

In: the code that tries (`orchestration.simulation`). Out: ids and figures; no names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """Merges are (id, id it goes into), splits (id, id it comes from); both by id.

    `customers`, `revenue_eur` and `consents` are those of the parties whose records change, as
    they stand in the warehouse now. `contradicted` are judgements that the model alone would
    decide otherwise; they hold all the same.
    """

    parties_before: int
    parties_after: int
    merges: tuple[tuple[str, str], ...]
    splits: tuple[tuple[str, str], ...]
    minted: tuple[str, ...]
    retired: tuple[str, ...]
    restored: tuple[str, ...]
    records_moved: int
    parties_touched: int
    customers: int
    revenue_eur: float
    consents: int
    consents_given: int
    contradicted: tuple[int, ...]
