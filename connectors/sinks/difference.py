"""What a target should hold × what it holds → the changes that make it so; pure functions.

In: `Wanted`, the outbox of the published build and what became of other parties; per party
`Held`, what the target confirmed. Out: changes, in the order in which they may be sent. The
target is compared with what it confirmed and not with an earlier outbox, so whatever went wrong
stays a difference until it is mended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any, Literal

from connectors.sinks.sink import Change, Operation

# absent: it never had the customer. unsure: a create or merge is under way that nobody stands by
# any more; the target may have taken it.
State = Literal["absent", "unsure", "live", "merged", "withdrawn", "deleted"]
Row = Mapping[str, Any]

# Who leaves goes first, so that an address is free before its new owner comes; a survivor is there
# before the ids that became it are marked.
_ORDER: tuple[Operation, ...] = ("delete", "withdraw", "create", "merge", "update")


@dataclass(frozen=True)
class Wanted:
    """What the published build lets out, by party; and which parties live or resolve to whom."""

    rows: Mapping[str, Row]
    living: Collection[str]
    resolves: Mapping[str, str]


@dataclass(frozen=True)
class Held:
    """What a target holds of one party.

    `uncertain` are fields of which two values may have arrived. `refused` is the digest of the
    wish that it said no to.
    """

    state: State = "absent"
    external_key: str | None = None
    into_party_id: str | None = None
    values: Row = field(default_factory=dict)
    uncertain: frozenset[str] = frozenset()
    refused: str | None = None


@dataclass(frozen=True)
class Wish:
    """What should be so of one party."""

    state: State
    values: Row = field(default_factory=dict)
    into_party_id: str | None = None

    def digest(self) -> str:
        """The same for the same wish."""
        said = json.dumps([self.state, self.into_party_id, self.values], sort_keys=True)
        return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


ABSENT = Held()


def wish_of(party_id: str, wanted: Wanted) -> Wish:
    """A customer of the outbox is live; of any other the target may keep nothing in use."""
    row = wanted.rows.get(party_id)
    if row is not None:
        return Wish("live", row)
    if party_id in wanted.living:
        return Wish("withdrawn")
    survivor = wanted.resolves.get(party_id)
    if survivor in wanted.rows:
        return Wish("merged", into_party_id=survivor)
    return Wish("withdrawn" if survivor in wanted.living else "deleted")


def differences(
    wanted: Wanted,
    held: Mapping[str, Held],
    *,
    owns: Collection[str] = (),
    again: bool = False,
    without: Collection[str] = (),
    name: Callable[[], str],
) -> list[Change]:
    """What can be sent now, in order; `name` gives ids of changes.

    A merge is among them once its survivor is live in the target; a loser that cannot be merged as
    it is is withdrawn. What was refused is left out
    until it is wished for otherwise, or `again`; departures are never. `without` are parties that
    are not looked at.
    """
    changes = [
        replace(change, change_id=name())
        for party_id in sorted({*wanted.rows, *held} - set(without))
        for change in _change(party_id, wanted, held, owns, again)
    ]
    return sorted(changes, key=lambda change: _ORDER.index(change.operation))


def first_phase(changes: list[Change]) -> list[Change]:
    """Those that are alike at the beginning; what comes after may look otherwise once they are."""
    return list(takewhile(lambda change: change.operation == changes[0].operation, changes))


def planned(
    wanted: Wanted, held: Mapping[str, Held], *, owns: Collection[str] = (), again: bool = False
) -> Iterator[Change]:
    """All that a push would send if the target took everything."""
    supposed = dict(held)
    while changes := differences(wanted, supposed, owns=owns, again=again, name=str):
        for change in first_phase(changes):
            supposed[change.party_id] = after(supposed.get(change.party_id, ABSENT), change)
            yield change


def waiting(wanted: Wanted, held: Mapping[str, Held]) -> list[str]:
    """Parties that differ and are not sent: refused as they are, or merged into one that is not
    there yet."""
    wishes = ((party_id, wish_of(party_id, wanted), holding) for party_id, holding in held.items())
    return [
        party_id
        for party_id, wish, holding in wishes
        if _waits(holding, wish) or _has_no_survivor(wish, holding, held)
    ]


def after(held: Held, change: Change, varied: Collection[str] = ()) -> Held:
    """What the target holds once it took the change.

    Of the fields that went out with other values before (`varied`) either may have arrived.
    """
    key = change.external_key or held.external_key
    if change.operation == "delete":
        return Held("deleted")
    if change.operation == "withdraw":
        return Held("withdrawn", key)
    if change.operation == "merge":
        return Held("merged", key, change.into_party_id)
    return Held(
        "live",
        key,
        values={**held.values, **change.fields},
        uncertain=(held.uncertain - change.fields.keys()) | set(varied),
    )


def given_up(held: Held, operation: Operation, fields: Iterable[str]) -> Held:
    """What is known of the target if a change may have arrived and is not sent again."""
    if operation in ("create", "merge"):
        return replace(held, state="unsure")
    return replace(held, uncertain=held.uncertain | set(fields))


def resumed(change: Change, wish: Wish) -> Change | None:
    """The change as it may be sent again; None if that would say what is not so any more.

    Its values are those that may leave now: who has the first ones already knows the id and takes
    nothing again, and nobody else gets what has been suppressed since.
    """
    if change.operation in ("withdraw", "delete"):
        return change
    if not serves(change, wish):
        return None
    whole = wish.values if change.operation == "update" else {}
    fields = {name: wish.values.get(name) for name in change.fields}
    return replace(change, fields=fields, whole=whole)


def serves(change: Change, wish: Wish) -> bool:
    """Whether the change is on the way to the wish."""
    match change.operation:
        case "create" | "update":
            return wish.state == "live"
        case "merge":
            return wish.state == "merged" and wish.into_party_id == change.into_party_id
        case "withdraw":
            return wish.state == "withdrawn"
        case "delete":
            return wish.state == "deleted"


def _change(
    party_id: str,
    wanted: Wanted,
    held: Mapping[str, Held],
    owns: Collection[str],
    again: bool,
) -> Iterator[Change]:
    """The one change of a party, if there is one."""
    holding, wish = held.get(party_id, ABSENT), wish_of(party_id, wanted)
    if not again and _is_stuck(holding, wish, wanted, held):
        # What it says of permissions and addresses is kept up with no more.
        if holding.state in ("live", "unsure"):
            yield Change("", "withdraw", party_id, {}, holding.external_key)
        return
    if not again and _waits(holding, wish):
        return
    if wish.state == "live":
        yield from _arrival(party_id, holding, wish.values, owns)
    elif holding.state in ("absent", "deleted"):
        return
    elif wish.state == "merged":
        yield from _merge(party_id, holding, wish, held)
    elif wish.state != holding.state:
        operation: Operation = "withdraw" if wish.state == "withdrawn" else "delete"
        yield Change("", operation, party_id, {}, holding.external_key)


def _arrival(party_id: str, holding: Held, values: Row, owns: Collection[str]) -> Iterator[Change]:
    kept = {name: value for name, value in values.items() if name not in owns}
    if holding.state != "live":
        new = holding.state in ("absent", "unsure", "deleted")
        yield Change("", "create", party_id, values if new else kept, holding.external_key)
        return
    gone = {name: None for name in holding.values if name not in values and name not in owns}
    differing = {
        name: value
        for name, value in {**kept, **gone}.items()
        if name in holding.uncertain or holding.values.get(name) != value
    }
    if differing:
        yield Change("", "update", party_id, differing, holding.external_key, whole=values)


def _merge(party_id: str, holding: Held, wish: Wish, held: Mapping[str, Held]) -> Iterator[Change]:
    into = str(wish.into_party_id)
    if not _is_marked(holding, wish) and not _has_no_survivor(wish, holding, held):
        key = held[into].external_key
        yield Change("", "merge", party_id, {}, holding.external_key, into, key)


def _is_marked(holding: Held, wish: Wish) -> bool:
    return holding.state == "merged" and holding.into_party_id == wish.into_party_id


def _has_no_survivor(wish: Wish, holding: Held, held: Mapping[str, Held]) -> bool:
    if wish.state != "merged" or holding.state in ("absent", "deleted"):
        return False
    survivor = held.get(str(wish.into_party_id), ABSENT)
    return survivor.state != "live" and not _is_marked(holding, wish)


def _is_stuck(holding: Held, wish: Wish, wanted: Wanted, held: Mapping[str, Held]) -> bool:
    """Whether it is to be merged, and the target refused that, or the survivor, as they are."""
    if wish.state != "merged" or holding.state == "absent":
        return False
    survivor = str(wish.into_party_id)
    refused = _waits(held.get(survivor, ABSENT), wish_of(survivor, wanted))
    return _waits(holding, wish) or (refused and _has_no_survivor(wish, holding, held))


def _waits(holding: Held, wish: Wish) -> bool:
    """Whether it said no to just this; a departure is asked for as long as it takes."""
    return wish.state in ("live", "merged") and holding.refused == wish.digest()
