"""Entries of the change feed from a time when a party held records of somebody now suppressed.

Pure. No entry tells whose a value was. So of that time and since only what the feed tells of the
party to this day stays in them; whoever replays them all comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from dedupe.identity.stays import Stay
from serving.changes import PERMISSIONS, Change, Values


def unmixed(
    changes: list[Change], mixed: Collection[Stay], told_now: Callable[[str], Values | None]
) -> list[Change]:
    """The entries without other values; permissions are the party's own and stay as told."""
    begun: dict[str, datetime] = {}
    for stay in mixed:
        begun[stay.party_id] = min(stay.since, begun.get(stay.party_id, stay.since))
    now = {party: told_now(party) or {} for party in {c.party_id for c in changes} & begun.keys()}
    return [
        _only(change, now[change.party_id])
        if change.party_id in now and change.at >= begun[change.party_id]
        else change
        for change in changes
    ]


def _only(change: Change, told: Values) -> Change:
    kept = {
        name: value if name in PERMISSIONS or value == told.get(name) else None
        for name, value in change.fields.items()
    }
    return replace(change, fields=kept)
