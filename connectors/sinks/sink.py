"""What a sink declares: changes by golden id, results per row, and how a target is opened.

A sink's module binds a `SinkSystem` to the name `SINK`; the registry finds it there. A sink
knows no outbox and no ledger, only changes: what to send when, and what was sent, is the job of
the modules beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from stamm.clock import Clock
from stamm.settings import SinkSettings

# create, update: the customer may leave for this target, these are its values.
# merge: this id resolves to another one; the target keeps its row, marked, and no more is written.
# withdraw: the customer lives on, but nothing of it may stay in use there (consent, restriction).
# delete: there is no such customer any more; what was sent of it goes.
Operation = Literal["create", "update", "merge", "withdraw", "delete"]

# sent: the target holds it. refused: it said no, and would again (the row is a dead letter until
# its values change). failed: not now; the next push tries this row again.
Outcome = Literal["sent", "refused", "failed"]


@dataclass(frozen=True)
class Change:
    """One thing to tell a target about one golden customer.

    `fields` are all values of the outbox for a create, those that changed for an update (None:
    take it away), empty otherwise. `change_id` is the same for the same change also after a
    crash: a target that remembers ids never does it twice.
    """

    change_id: str
    operation: Operation
    party_id: str
    fields: Mapping[str, Any]
    external_key: str | None = None  # the target's own key of the row, once it told one
    into_party_id: str | None = None  # of a merge: the survivor
    into_external_key: str | None = None
    # Of an update: all values as they are now, for what a target makes out of several of them.
    whole: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What became of one change; `reason` names no personal data."""

    change_id: str
    outcome: Outcome
    external_key: str | None = None
    reason: str = ""


class Sink(Protocol):
    """A target that is open for changes."""

    def send(self, changes: Sequence[Change]) -> Iterator[Result]:
        """One result per change, in order, each as soon as it is known.

        The caller notes each result before it asks for the next. Raises `Unreachable` or
        `CredentialsRefused` if there is no use in going on.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


@dataclass(frozen=True)
class SinkSystem:
    """A kind of target. `batch` is how many changes one `send` is given at most."""

    name: str
    settings: type[SinkSettings]
    open: Callable[[Any, Clock], Sink] = field(repr=False)
    batch: int = 100
