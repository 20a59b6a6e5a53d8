"""Figures of earlier runs, in the operational store (`quality_figures`).

Only runs that passed every gate are compared with: what stopped a run must not become usual.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from quality.checks import GATES
from quality.figures.figure import Measured
from quality.results import DDL as RESULTS
from stamm.store import Store

RUNS = 14  # two weeks of days

DDL = [
    """
    create table quality_figures (
      run_id text not null, gate text not null, subject text not null, figure text not null,
      rows integer not null, value real, mix text not null, times_the_limit real not null,
      primary key (run_id, gate, subject, figure)
    );
    create index quality_figures_run on quality_figures (gate, run_id);
    """
]
# In the order in which the runs came to this gate.
_PASSED = f"""
select run_id from quality_results
group by run_id
having count(distinct gate) = {len(GATES)} and max(severity = 'error' and not passed) = 0
    and run_id <> ?
order by max(checked_at) desc, max(rowid) desc limit {RUNS}
"""

History = dict[tuple[str, str], list[Measured]]


def keep(store: Store, gate: str, run_id: str, judged: Iterable[tuple[Measured, float]]) -> None:
    """Note a run's figures, each with how far it was from what is usual."""
    store.migrate("figures", DDL)
    rows = [
        (run_id, gate, one.subject, one.figure, one.rows, one.value, json.dumps(one.mix), times)
        for one, times in judged
    ]
    with store.transaction() as db:
        db.execute("delete from quality_figures where run_id = ? and gate = ?", (run_id, gate))
        db.executemany("insert into quality_figures values (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def earlier(store: Store, gate: str, run_id: str) -> History:
    """(subject, figure) → what the last published runs found, oldest first."""
    store.migrate("quality", RESULTS)
    store.migrate("figures", DDL)
    history: History = {}
    for run in reversed([row["run_id"] for row in store.query(_PASSED, [run_id])]):
        for row in store.query(
            "select * from quality_figures where gate = ? and run_id = ?", [gate, run]
        ):
            mix = tuple((part, share) for part, share in json.loads(row["mix"]))
            found = Measured(row["subject"], row["figure"], row["rows"], row["value"], mix)
            history.setdefault((found.subject, found.figure), []).append(found)
    return history
