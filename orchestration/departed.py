"""Who is gone is forgotten in the ledgers of targets too, also of targets that stamm.yaml lost.

In: a project with a published build, the ledgers. Out: no value of a customer that has to be
deleted, whether or not its target answers; and the targets that nobody tells anything any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stamm.clock import SystemClock

if TYPE_CHECKING:
    from connectors.sinks.ledger import Ledger
    from orchestration.project import Project
    from stamm.store import Store


def forget_departed(project: Project, store: Store) -> dict[str, int]:
    """Forget their values; gives the targets that are not declared, with how many they hold.

    A deletion still has to be told: the ledger keeps the customer's id and the target's key.
    """
    from connectors.sinks.difference import Wanted, wish_of
    from connectors.sinks.ledger import Ledger, names
    from serving.api.views import Published
    from serving.outgoing import outgoing

    known = names(store)
    if not known:
        return {}
    out = outgoing(Published(project.home.published, store).current(), store)
    wishes, left = Wanted(out.rows, out.living, out.resolves), {}
    for name in known:
        ledger = Ledger(store, name, SystemClock())
        held = ledger.held()
        gone = {party for party in held if wish_of(party, wishes).state == "deleted"}
        ledger.forget(gone)
        if name not in project.settings.sinks:
            _forget_what_comes_back(ledger, gone)
            left[name] = sum(one.state not in ("absent", "deleted") for one in held.values())
    return {name: count for name, count in left.items() if count}


def _forget_what_comes_back(ledger: Ledger, gone: set[str]) -> None:
    """No source reads back a target that is not declared; what was under way is not sent again."""
    for intent in ledger.intents():
        if intent.party_id in gone:
            ledger.give_up(intent)
    ledger.forget_sent(gone)


def told(left: dict[str, int]) -> list[str]:
    """A sentence for each target that is left behind."""
    return [
        f"{name}: stamm.yaml names no such target any more, and it holds {count:,} customers that "
        "are told neither changes, withdrawals nor deletions. Name it again under `sinks` and "
        "push, or delete them there."
        for name, count in left.items()
    ]
