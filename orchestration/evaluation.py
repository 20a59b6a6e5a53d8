"""Scores of a crosswalk against a truth, where one is known.

The truth knows sources and raw keys; the crosswalk knows record ids. This is the one place
where both meet, after the run, and nothing flows back.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.project import Project
    from stamm.store import Store

Scores = dict[str, tuple[float, float, float]]


def evaluate(project: Project, store: Store, predicted: Mapping[str, str]) -> Scores:
    """Precision, recall and F1, pairwise and by cluster; empty without a truth that meets them.

    `predicted` is record id → golden id.
    """
    truth = _truth(project, store)
    if not truth:
        return {}
    from dedupe.measures.evaluate import scores

    found = scores(predicted, truth)
    if not found.records:  # scores of nothing would look perfect
        logging.getLogger("stamm").warning(
            "the truth says nothing about any of the %s records: expected the keys of its source,"
            " found none of them; see `truth` in stamm.yaml",
            f"{len(predicted):,}",
        )
        return {}
    return {"pairwise": found.pairwise, "cluster": found.cluster}


def _truth(project: Project, store: Store) -> dict[str, str]:
    """record_id → entity for every party record the truth knows."""
    from stamm.ids import record_id

    secret = store.secret("record_id")
    return {
        record_id(secret, source, stream, key) + facet: entity
        for source, stream, key, facet, entity in _truth_rows(project)
        if entity is not None
    }


def _truth_rows(project: Project) -> list[Any]:
    from stamm.duck import in_memory

    path = project.home.sandbox / "truth.parquet"
    declared = project.settings.truth
    with in_memory() as con:
        if project.settings.uses_sandbox and path.exists():
            return con.execute(
                "select source, stream, key, facet, entity_id from read_parquet(?)", [str(path)]
            ).fetchall()
        if declared is None:
            return []
        return con.execute(
            f'select "{declared.source}", \'parties\', "{declared.key}", \'\', "{declared.entity}" '
            "from read_csv(?, header = true, all_varchar = true)",
            [str(project.folder / declared.path)],
        ).fetchall()
