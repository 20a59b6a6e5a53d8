"""What is to be done for each change, before and beside any question to the server. Pure.

In: changes and the parties that the server holds. Out: runs that can go in one transaction, jobs
with the values to write, and results where there is nothing to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.sinks.sink import Change, Outcome, Result
from connectors.sinks.tryton_party import (
    NAME_PARTS,
    SPOKEN,
    Party,
    Surroundings,
    Values,
    differing,
    out_of_use,
    unknown_country,
)

_VALIDATED = ("vat_id", "email", "phone")  # Tryton refuses a party over one of these
NOT_THERE = "it is not in this CRM"


@dataclass(frozen=True)
class Job:
    """A change, the party that it concerns, and what of it the server does not take."""

    change: Change
    held: Party
    without: tuple[str, ...] = ()

    def sparing(self, text: str) -> Job:
        """Without the values that a refusal quotes."""
        quoted = [
            name
            for name in _VALIDATED
            if name not in self.without
            and self.change.fields.get(name)
            and f'"{self.change.fields[name]}"' in text
        ]
        return replace(self, without=(*self.without, *quoted)) if quoted else self

    def within(self, around: Surroundings) -> Job:
        """Without a country that the database does not know, and what an archived party keeps."""
        unknown = unknown_country(self.change.fields, around)
        kept = not self.held.active and self.change.operation == "update" and self.renames
        missing = (*(("country",) if unknown else ()), *(("name",) if kept else ()))
        return replace(self, without=(*self.without, *missing))

    @property
    def renames(self) -> bool:
        return any(part in self.change.fields for part in NAME_PARTS)

    def personal(self) -> list[object]:
        """What a reason may not name."""
        fields = {**self.change.whole, **self.change.fields}
        return [self.held.name, *(fields[name] for name in fields if name not in SPOKEN)]

    def told(self, outcome: Outcome, key: int | None = None, reason: str = "") -> Result:
        """Its result; values that did not go along are named."""
        key = self.held.id if key is None else key
        missing = ", ".join(self.without)
        why = reason or (f"without {missing}: the CRM does not take it" if missing else "")
        return Result(self.change.change_id, outcome, None if key is None else str(key), why)


def runs(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes that can go together: each of another customer, no merge and no delete."""
    run: list[Change] = []
    seen: set[str] = set()
    for change in changes:
        alone = change.operation in ("merge", "delete")
        if run and (alone or change.party_id in seen):
            yield run
            run, seen = [], set()
        if alone:
            yield [change]
            continue
        run.append(change)
        seen.add(change.party_id)
    if run:
        yield run


def judged(change: Change, held: Party) -> Result | None:
    """The result where there is nothing to ask the server."""
    if change.operation == "withdraw" and held.id is None:
        return Job(change, held).told("sent", reason=NOT_THERE)
    reason = _impossible(change, held)
    return Job(change, held).told("refused", reason=reason) if reason else None


def _impossible(change: Change, held: Party) -> str:
    if change.operation == "update" and held.id is None:
        return "the party is not in this CRM any more; only a create brings it back"
    if change.operation == "create" and held.replaced_by is not None:
        return "the party was merged away in this CRM, which takes no merge back"
    if change.operation == "update" and _lacks_names(Job(change, held)):
        return "an update of a name needs all parts of the name (whole)"
    return ""


def _lacks_names(job: Job) -> bool:
    return job.renames and not set(NAME_PARTS) <= {*job.change.whole, *job.change.fields}


def values_of(job: Job, around: Surroundings) -> Values:
    """What to tell the server of this change, without what it does not take."""
    change = job.change
    if change.operation == "withdraw":
        return out_of_use(job.held, around)
    spared: Values = {name: None for name in job.without if name in change.fields}
    fields = {**change.fields, **spared}
    whole = {**change.whole, **fields}
    values = differing(fields, whole, job.held, around)
    return {name: value for name, value in values.items() if name not in job.without}
