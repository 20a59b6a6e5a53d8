"""One target brought to what it should hold: intents, sending, results one by one, rounds of retry.

In: an open `Sink`, what is `Wanted`, the target's `Ledger`. Out: `Pushed`, what was sent, refused,
failed and is waiting. A push that is killed anywhere is finished by the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from connectors.patience import Patience
from connectors.sinks.difference import (
    ABSENT,
    Wanted,
    after,
    differences,
    first_phase,
    given_up,
    planned,
    resumed,
    waiting,
    wish_of,
)
from connectors.sinks.ledger import Ledger
from connectors.sinks.sink import Change, Result, Sink
from stamm.clock import Clock
from stamm.errors import ContractBroken, SourceError
from stamm.ids import new_ulid

ROUNDS = 3  # of which the later ones see only what failed before
PAUSES = 60.0  # seconds, all pauses between rounds together
_IN_SUCCESSION = 5  # failed rows one after the other: that is not the rows

Listener = Callable[[Change, Result], None]


@dataclass
class Pushed:
    """Counts of a push. `error` is what ended it early; what it had left is sent by the next."""

    sent: Counter[str] = field(default_factory=Counter)  # by operation
    refused: int = 0
    failed: int = 0
    waiting: int = 0
    kept_against_us: int = 0  # of the refused: customers that should have been given up
    error: SourceError | None = None

    @property
    def complete(self) -> bool:
        """Whether the target took everything."""
        return not self.refused and not self.overdue

    @property
    def overdue(self) -> bool:
        """Whether something is left that cannot wait for a person: all but refused customers."""
        return bool(self.failed or self.kept_against_us) or self.error is not None

    def counts(self) -> dict[str, int]:
        """Figures by name."""
        return {
            "sent": self.sent.total(),
            "refused": self.refused,
            "failed": self.failed,
            "waiting": self.waiting,
        }


@dataclass
class _Push:
    sink: Sink
    wanted: Wanted
    ledger: Ledger
    clock: Clock
    batch: int
    owns: Collection[str]
    again: bool
    heard: Listener | None
    now: Callable[[], Wanted] | None
    done: Pushed = field(default_factory=Pushed)
    refused: set[str] = field(default_factory=set)
    in_succession: int = 0

    def round(self) -> None:
        """Once more what is open, then all that differs."""
        self.in_succession = 0
        self._send(self._resumed())
        while not self.stopped and (changes := self._differences()):
            self._send(first_phase(changes))

    @property
    def stopped(self) -> bool:
        return self.done.error is not None or self.in_succession >= _IN_SUCCESSION

    def _resumed(self) -> list[Change]:
        """Open intents as they may go; those that may not any more are taken back."""
        judged = [self._judged(intent) for intent in self.ledger.intents()]
        return [change for change in judged if change is not None]

    def _differences(self) -> list[Change]:
        busy = {change.party_id for change in self.ledger.intents()}
        return differences(
            self.wanted,
            self.ledger.held(),
            owns=self.owns,
            again=self.again,
            without=busy | self.refused,
            name=partial(new_ulid, self.clock),
        )

    def _send(self, changes: list[Change]) -> None:
        left = iter(changes)
        while not self.stopped and (meant := list(islice(left, self.batch))):
            batch = self._still_so(meant)
            self.ledger.intend(batch)
            self._send_batch(batch)

    def _still_so(self, meant: Sequence[Change]) -> list[Change]:
        """What of a batch may go now, as it may go: somebody may have been suppressed meanwhile."""
        if self.now is not None:
            self.wanted = self.now()
        return [change for one in meant if (change := self._judged(one)) is not None]

    def _judged(self, meant: Change) -> Change | None:
        change = resumed(meant, wish_of(meant.party_id, self.wanted))
        if change is None and self.ledger.has_intent(meant):
            self.ledger.give_up(meant)
        return change

    def _send_batch(self, batch: Sequence[Change]) -> None:
        """Results one by one; what ends the sending is the next change's failure."""
        results = self.sink.send(batch)
        for change in batch:
            try:
                result = _result(results, change)
            except SourceError as error:
                self.done.error = error
                self._note(change, Result(change.change_id, "failed", None, error.message))
                return
            self._note(change, result)
            if self.stopped:
                return

    def _note(self, change: Change, result: Result) -> None:
        self.ledger.note(change, result, wish_of(change.party_id, self.wanted))
        self.in_succession = self.in_succession + 1 if result.outcome == "failed" else 0
        if result.outcome == "sent":
            self.done.sent[change.operation] += 1
        elif result.outcome == "refused":
            self.done.refused += 1
            self.done.kept_against_us += change.operation in ("withdraw", "delete")
            self.refused.add(change.party_id)
        if self.heard is not None:
            self.heard(change, result)


def push(
    sink: Sink,
    wanted: Wanted,
    ledger: Ledger,
    clock: Clock,
    *,
    batch: int = 100,
    owns: Collection[str] = (),
    again: bool = False,
    heard: Listener | None = None,
    now: Callable[[], Wanted] | None = None,
) -> Pushed:
    """Send what differs; failed rows are tried in further rounds, each after a longer pause.

    `now` is asked before each batch: it gives the same `Wanted`, or another one if something that
    may not leave any more is in it.
    """
    work = _Push(sink, wanted, ledger, clock, batch, owns, again, heard, now)
    patience = Patience(clock, attempts=ROUNDS, waiting=PAUSES)
    while True:
        work.round()
        open_ = ledger.intents()
        if not open_ or work.done.error is not None or not patience.again():
            break
    work.done.failed = len(open_)
    met = work.refused | {change.party_id for change in open_}
    work.done.waiting = len(set(waiting(work.wanted, ledger.held())) - met)
    return work.done


def _result(results: Iterator[Result], change: Change) -> Result:
    """The next one; raises ContractBroken if a sink gives none or that of another change."""
    result = next(results, None)
    if result is None or result.change_id != change.change_id:
        found = "none" if result is None else f"that of {result.change_id}"
        raise ContractBroken(f"expected a result of change {change.change_id}, found {found}")
    return result


def plan(
    wanted: Wanted, ledger: Ledger, *, owns: Collection[str] = (), again: bool = False
) -> list[Change]:
    """What a push would send now if the target took everything; sends and notes nothing."""
    held, open_ = ledger.held(), []
    for intent in ledger.intents():
        before = held.get(intent.party_id, ABSENT)
        change = resumed(intent, wish_of(intent.party_id, wanted))
        if change is None:
            held[intent.party_id] = given_up(before, intent.operation, intent.fields)
        else:
            varied = [f for f, value in change.fields.items() if intent.fields[f] != value]
            held[intent.party_id] = after(before, change, varied)
            open_.append(change)
    return [*open_, *planned(wanted, held, owns=owns, again=again)]
