"""`/simulator`: what other thresholds would do, before anything is published.

Admins start a simulation, which works on copies in the background; everybody at the Desk sees how
far it is and what came out. Names are read from the published build when the page is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from dedupe.golden_tables import PARTY_TYPES
from dedupe.specification import Thresholds
from serving.desk.asking import Asked, seated
from serving.desk.deciding import last_judgement
from serving.desk.following import name_of
from serving.desk.pages import page, redirect
from serving.desk.refusals import Refused
from serving.desk.simulating import Busy, Example, Trial

router = APIRouter(prefix="/simulator")
Seated = Annotated[Asked, Depends(seated())]
Admin = Annotated[Asked, Depends(seated("admin"))]
LOWEST, HIGHEST = -3.0, 40.0  # of `dedupe.specification.Thresholds`
MOST_EXAMPLES = 20
MOST_JUDGEMENTS = 20
_PURPOSE = "simulator: what another threshold would change"


@dataclass(frozen=True)
class Shown:
    """One example with the names of today."""

    kind: str
    party_id: str
    name: str
    other_id: str
    other_name: str
    records: int
    revenue_eur: float

    @property
    def told(self) -> list[str]:
        """Whose data these are; an id that a split would make is nobody's yet."""
        return [self.other_id, self.party_id] if self.name else [self.other_id]


@router.get("")
def simulator(asked: Seated) -> Response:
    """The last simulation, or the one at work; a form for admins while none is."""
    trial = asked.desk.simulations.trial
    with asked.bench() as bench:
        current, run, hidden = bench.thresholds, bench.run, bench.hidden
    examples = _examples(asked, trial, hidden)
    asked.log_reads("simulator", _PURPOSE, [party for one in examples for party in one.told])
    return page(
        asked, "simulator", trial=trial, current=current, types=PARTY_TYPES, examples=examples,
        tried=trial.thresholds if trial else current, lowest=LOWEST, highest=HIGHEST,
        seconds=_seconds(asked, trial), most_judgements=MOST_JUDGEMENTS,
        newer_run=trial is not None and trial.run != run,
        newer_judgement=trial is not None and trial.judgement != last_judgement(asked.store),
    )  # fmt: skip


@router.post("")
def simulate(asked: Admin) -> Response:
    """Start one with the thresholds of the form. Refused while another one is at work."""
    thresholds = {one: _threshold(asked, one) for one in PARTY_TYPES}
    with asked.bench() as bench:
        run = bench.run
    told = ", ".join(f"{name} {bits:g} bits" for name, bits in thresholds.items())
    judgement = last_judgement(asked.store)
    try:
        with asked.store.transaction():  # one that is refused leaves no entry
            asked.note("simulated thresholds", detail=told)
            asked.desk.simulations.begin(thresholds, asked.name, run=run, judgement=judgement)
    except Busy as other:
        raise Refused(409, "simulator.busy", name=other.trial.asked_by) from None
    return redirect("/desk/simulator")


def _threshold(asked: Asked, party_type: str) -> float:
    """Of the form, with a point or a comma. Refused if the specification would not take it."""
    text = asked.form.one(party_type).strip().replace(",", ".")
    try:
        bits = round(float(text), 3)  # weights are kept in thousandths of a bit
        Thresholds(candidate=0.5, merge_bits=bits, origin="asked for at the Desk")
    except ValueError:
        raise Refused(422, "simulator.no_threshold", lowest=LOWEST, highest=HIGHEST) from None
    return bits


def _examples(asked: Asked, trial: Trial | None, hidden: frozenset[str]) -> list[Shown]:
    """Nobody hidden is in one, neither as they are nor through a record that would move."""
    if trial is None or trial.predicted is None:
        return []
    free = [one for one in trial.predicted.examples if not one.parties & hidden]
    return [_shown(asked, one) for one in _mixed(free)]


def _mixed(examples: list[Example]) -> Iterable[Example]:
    """Half of each kind, or more of one where the other has less."""
    merges = [one for one in examples if one.kind == "merge"]
    splits = [one for one in examples if one.kind == "split"]
    half = MOST_EXAMPLES // 2
    merges = merges[: max(half, MOST_EXAMPLES - len(splits))]
    return [*merges, *splits[: MOST_EXAMPLES - len(merges)]]


def _shown(asked: Asked, one: Example) -> Shown:
    """A party that a split would make has no name yet."""
    name, other = (name_of(asked.view.customer(p) or {}) for p in (one.party_id, one.other_id))
    return Shown(
        one.kind, one.party_id, name, one.other_id, other, one.records, one.revenue_eur
    )  # fmt: skip


def _seconds(asked: Asked, trial: Trial | None) -> int:
    if trial is None:
        return 0
    return int(((trial.ended_at or asked.desk.now()) - trial.began_at).total_seconds())
