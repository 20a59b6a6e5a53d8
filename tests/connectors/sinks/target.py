"""A target in memory: it remembers ids of changes, keeps customers by golden id, and can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.sinks.difference import Held, Wanted
from connectors.sinks.sink import Change, Result
from stamm.errors import Unreachable

# taken: it did it, and the answer got lost. killed: the process dies before it, or after it.
Fault = Literal["none", "refused", "failed", "taken", "unreachable", "killed", "killed_after"]


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Customer:
    """A row of the target."""

    state: str
    fields: dict[str, Any] = field(default_factory=dict)
    into: str | None = None


@dataclass
class Target:
    """Does what it is told, unless `fault` says otherwise."""

    fault: Callable[[Change], Fault] = lambda _: "none"
    rows: dict[str, Customer] = field(default_factory=dict)
    taken: list[Change] = field(default_factory=list)  # each once
    asked: list[Change] = field(default_factory=list)

    def send(self, changes: Sequence[Change]) -> Iterator[Result]:
        for change in changes:
            yield self._answer(change, self.fault(change))

    def close(self) -> None:
        pass

    def _answer(self, change: Change, fault: Fault) -> Result:
        self.asked.append(change)
        known = change.change_id in {one.change_id for one in self.taken}
        if fault == "killed":
            raise Killed
        if fault == "unreachable":
            raise Unreachable("expected an answer, found none")
        if fault == "failed":
            return Result(change.change_id, "failed", reason="HTTP 503")
        if fault == "refused" and not known:
            return Result(change.change_id, "refused", reason="HTTP 422")
        if not known:
            self._take(change)
        if fault == "killed_after":
            raise Killed
        if fault == "taken":
            return Result(change.change_id, "failed", reason="the answer was cut off")
        return Result(change.change_id, "sent", f"K-{change.party_id}")

    def _take(self, change: Change) -> None:
        self.taken.append(change)
        row = self.rows.get(change.party_id)
        if change.operation == "create":
            kept = row.fields if row else {}
            self.rows[change.party_id] = Customer("live", {**kept, **change.fields})
        elif change.operation == "update":
            assert row is not None and row.state == "live"
            assert all(change.whole.get(name) == value for name, value in change.fields.items())
            row.fields |= change.fields
        elif change.operation == "delete":
            self.rows.pop(change.party_id, None)
        elif row is not None:
            into = change.into_party_id if change.operation == "merge" else None
            assert into is None or self.rows[into].state == "live"
            state = "merged" if into else "withdrawn"
            self.rows[change.party_id] = Customer(state, {}, into)


def should_hold(target: Target, wanted: Wanted) -> dict[str, Customer]:
    """What the target holds if it holds what it should: the outbox, and marks on who left it."""
    expected = {party: Customer("live", dict(row)) for party, row in wanted.rows.items()}
    for party in target.rows.keys() - wanted.rows.keys():
        survivor = wanted.resolves.get(party)
        if party in wanted.living or survivor in set(wanted.living) - wanted.rows.keys():
            expected[party] = Customer("withdrawn")
        elif survivor in wanted.rows:
            expected[party] = Customer("merged", {}, survivor)
    return expected


def wanted(rows: dict[str, dict[str, Any]], *, living: str = "", **resolves: str) -> Wanted:
    """`living` are parties that live without being in the outbox, by letter."""
    return Wanted(rows, {*rows, *living}, resolves)


def live(**values: Any) -> Held:
    """A customer that the target confirmed."""
    return Held("live", "K", values=values)
