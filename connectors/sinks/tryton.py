"""Tryton as a CRM: golden customers become parties, found again by the golden id in their code.

In: changes by golden id. Out: a result per change; what a server does for one of them it does in
one transaction, and what it takes for many it takes in one call. docs/sinks/tryton.md says which
field goes where, which rights the account needs, and what is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field, SecretStr

from connectors.http import HttpClient, Limits
from connectors.settings import HttpSink
from connectors.sinks.sink import Change, Result, SinkSystem
from connectors.sinks.tryton_jobs import NOT_THERE, Job, judged, runs, values_of
from connectors.sinks.tryton_party import (
    FIELDS,
    ROOT,
    Party,
    Surroundings,
    labels,
    out_of_use,
    party,
    taken_over,
)
from connectors.sinks.tryton_rpc import Refusal, Rpc, Session
from stamm.clock import Clock
from stamm.errors import Unreachable

_MODEL = "model.party.party"
_BUSY = "the server answers, but not in time or not now"


class TrytonTarget(HttpSink):
    """A database of a Tryton server and an account of its own that belongs to nobody else.

    `url` ends with the database: https://crm.example/company.
    """

    user: str = Field(description="Login of the account that only this sink uses.")
    password: SecretStr
    stream: str | None = Field(default="parties", description="Keys of parties are its keys.")


class TrytonSink:
    """One database that is open for changes."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._around: Surroundings | None = None

    def send(self, changes: Sequence[Change]) -> Iterator[Result]:
        reason = ""
        for run in runs(changes):
            if not reason:
                try:
                    yield from self._sent(run)
                    continue
                except Refusal as no:  # of a question, so no row is to blame
                    yield from _failed(run, no.reason([]))
                    continue
                except Unreachable as failure:
                    if not _passing(failure):
                        raise
                    reason = _BUSY
            yield from _failed(run, reason)

    def close(self) -> None:
        self._rpc.close()

    def _sent(self, run: Sequence[Change]) -> list[Result]:
        if run[0].operation in ("merge", "delete"):
            return [self._alone(run[0])]
        held = self._held(run)
        known = {
            one.change_id: result for one in run if (result := judged(one, held[one.party_id]))
        }
        jobs = [Job(one, held[one.party_id]) for one in run if one.change_id not in known]
        around = self._surroundings(jobs)
        jobs = [job.within(around) for job in jobs]
        known |= self._settled([job for job in jobs if job.held.id is None], self._insert)
        known |= self._settled([job for job in jobs if job.held.id is not None], self._write)
        return [known[one.change_id] for one in run]

    def _settled(
        self, jobs: Sequence[Job], do: Callable[[Sequence[Job]], list[int | None]]
    ) -> dict[str, Result]:
        """All in one transaction; what the server refuses is found and goes without, or alone."""
        if not jobs:
            return {}
        try:
            keys = do(jobs)
        except Refusal as no:
            spared = [job.sparing(no.text) for job in jobs] if no.lasting else jobs
            if spared != jobs:
                return self._settled(spared, do)
            arrived = self._arrived(jobs)
            if arrived:
                rest = [job for job in jobs if job.change.party_id not in arrived]
                return self._settled(rest, do) | self._settled(list(arrived.values()), self._write)
            if len(jobs) == 1:
                return {jobs[0].change.change_id: _refused(jobs[0], no)}
            half = len(jobs) // 2
            return self._settled(jobs[:half], do) | self._settled(jobs[half:], do)
        return {
            job.change.change_id: job.told("sent", key) for job, key in zip(jobs, keys, strict=True)
        }

    def _arrived(self, jobs: Sequence[Job]) -> dict[str, Job]:
        """Jobs whose party came to be meanwhile, by golden id: an answer was lost on its way."""
        awaited = [job for job in jobs if job.held.id is None]
        held = self._held([job.change for job in awaited]) if awaited else {}
        return {
            job.change.party_id: replace(job, held=held[job.change.party_id])
            for job in awaited
            if held[job.change.party_id].id is not None
        }

    def _insert(self, jobs: Sequence[Job]) -> list[int | None]:
        around = self._surroundings(jobs)
        jobs_values = [{"code": job.change.party_id, **values_of(job, around)} for job in jobs]
        return list(self._rpc.call(f"{_MODEL}.create", jobs_values))

    def _write(self, jobs: Sequence[Job]) -> list[int | None]:
        around = self._surroundings(jobs)
        written: list[Any] = []
        for job in self._woken(jobs):
            values = values_of(job, around)
            written += [[job.held.id], values] if values else []
        if written:
            self._rpc.call(f"{_MODEL}.write", *written)
        return [job.held.id for job in jobs]

    def _woken(self, jobs: Sequence[Job]) -> list[Job]:
        """A customer that may leave again is in use again; only then is its name to be written."""
        asleep = [job for job in jobs if job.change.operation == "create" and not job.held.active]
        if asleep:
            ids = [job.held.id for job in asleep]
            self._rpc.call(f"{_MODEL}.write", ids, {"active": True})
        return [
            replace(job, held=replace(job.held, active=True)) if job in asleep else job
            for job in jobs
        ]

    def _alone(self, change: Change) -> Result:
        """A merge or a delete. A refusal tells of open documents, not of values: it may pass."""
        job = Job(change, self._find(change.party_id, change.external_key))
        if job.held.id is None:
            return job.told("sent", reason=NOT_THERE)
        try:
            note = (self._merge if change.operation == "merge" else self._delete)(job)
        except Refusal as no:
            return job.told("failed", reason=no.reason(job.personal()))
        return job.told("sent", reason=note)

    def _merge(self, job: Job) -> str:
        """Tryton's own replacement: the loser points to the survivor, its documents go there."""
        change, loser = job.change, job.held
        survivor = self._find(str(change.into_party_id), change.into_external_key)
        if survivor.id is None:
            self._put_aside(loser)
            return "out of use; the survivor is not in this CRM"
        if loser.replaced_by != survivor.id:
            asked = {"source": int(loser.id or 0), "destination": survivor.id}
            self._rpc.run("party.replace", "replace", asked, agree="party.replace")
        return ""

    def _delete(self, job: Job) -> str:
        """Tryton's own erasure, which wants the party out of use and its documents closed."""
        self._put_aside(job.held)
        self._rpc.run("party.erase", "erase", {"party": int(job.held.id or 0)})
        return ""

    def _put_aside(self, held: Party) -> None:
        values = out_of_use(held, self._surroundings([]))
        if values:
            self._rpc.call(f"{_MODEL}.write", [held.id], values)

    def _find(self, party_id: str, external_key: str | None) -> Party:
        return self._held([Change("", "update", party_id, {}, external_key)])[party_id]

    def _held(self, changes: Sequence[Change]) -> dict[str, Party]:
        """Golden id → party: by its code, else by the key that the server once told."""
        codes = [one.party_id for one in changes]
        keys = [int(key) for one in changes if (key := one.external_key) and key.isdigit()]
        domain = ["OR", ["code", "in", codes], ["id", "in", keys]]
        found = [party(row) for row in self._rpc.found("party.party", domain, FIELDS)]
        by_code = {one.code: one for one in found}
        by_key = {str(one.id): one for one in found}
        return {
            one.party_id: by_code.get(one.party_id)
            or self._foreign(one, by_key.get(one.external_key or ""))
            or Party(None, one.party_id)
            for one in changes
        }

    def _foreign(self, change: Change, found: Party | None) -> Party | None:
        """A party with a code of the CRM's own, if a create takes it over or one did.

        A key alone proves nothing: a database that was restored gives it to somebody else.
        """
        around = self._surroundings([])
        if found is None or found.made_by == around.me:
            return None
        return found if change.operation == "create" or taken_over(found, around) else None

    def _surroundings(self, jobs: Iterable[Job]) -> Surroundings:
        """Countries and categories; those categories that are wanted and missing are made."""
        if self._around is None:
            self._around = self._looked_around()
        wanted = {label for job in jobs for label in labels(job.change.fields)}
        missing = sorted(wanted - set(self._around.categories))
        if missing:
            new = [{"name": name, "parent": self._around.root} for name in missing]
            made = dict(
                zip(missing, self._rpc.call("model.party.category.create", new), strict=True)
            )
            self._around = replace(self._around, categories={**self._around.categories, **made})
        return self._around

    def _looked_around(self) -> Surroundings:
        countries = self._rpc.found("country.country", [], ["code"])
        roots = self._rpc.found("party.category", [["name", "=", ROOT], ["parent", "=", None]], [])
        root = (
            roots[0]["id"]
            if roots
            else self._rpc.call("model.party.category.create", [{"name": ROOT}])[0]
        )
        ours = self._rpc.found("party.category", [["parent", "=", root]], ["name"])
        return Surroundings(
            self._rpc.me,
            {row["code"]: row["id"] for row in countries if row["code"]},
            {row["name"]: row["id"] for row in ours},
            root,
        )


def _refused(job: Job, no: Refusal) -> Result:
    return job.told("refused" if no.lasting else "failed", reason=no.reason(job.personal()))


def _failed(run: Sequence[Change], reason: str) -> Iterator[Result]:
    return (Result(one.change_id, "failed", one.external_key, reason) for one in run)


def _passing(failure: Unreachable) -> bool:
    """Whether somebody is there, who does not answer in time or not now."""
    return "status" in failure.facts or bool(failure.facts.get("timed_out"))


def _open(target: TrytonTarget, clock: Clock) -> TrytonSink:
    session = Session(target.user, target.password.get_secret_value())
    limits = Limits(waiting=target.patience, per_minute=target.requests_per_minute)
    return TrytonSink(Rpc(HttpClient(target.url, session, clock, limits=limits), session))


SINK = SinkSystem("tryton", TrytonTarget, _open)
