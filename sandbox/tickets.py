"""What customers ask: tickets with their metrics, CSAT ratings and NPS answers.

Flow: `Caller` → `zendesk.tickets`, `ticket_metrics`, `satisfaction_ratings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.dice import Weighted
from sandbox.helpdesk import Caller
from sandbox.wire import zendesk
from sandbox.world import DAY, World

TICKETS_MEAN = 2.0
NPS_FIELD = 900001
NPS_SCORES = Weighted(list(enumerate((3, 1, 2, 2, 3, 6, 7, 14, 23, 21, 18))))
SUBJECTS = (
    "Lieferung verspätet",
    "Rechnung unklar",
    "Artikel defekt",
    "Rückgabe",
    "Frage zum Produkt",
    "Adresse ändern",
    "Passwort vergessen",
    "Gutschein einlösen",
    "Garantie",
)
TYPES = Weighted([("question", 50), ("problem", 25), ("incident", 20), ("task", 5)])
PRIORITIES = Weighted([("normal", 60), ("low", 20), ("high", 16), ("urgent", 4)])
CHANNELS = Weighted([("email", 55), ("web", 30), ("voice", 10), ("chat", 5)])
RATINGS = Weighted([("unoffered", 45), ("offered", 25), ("good", 25), ("bad", 5)])


@dataclass(frozen=True, slots=True)
class _Course:
    """How a ticket went; moments in epoch milliseconds, durations in minutes."""

    opened: int
    changed: int
    solved: int | None
    reply_minutes: int
    score: str


def ask(world: World, caller: Caller, since: int | None = None) -> int:
    """All tickets of one user since `since`; returns how many."""
    first = max(caller.created, since or 0)
    count = world.dice.poisson(TICKETS_MEAN * 1.8 * (world.now - first) / (4 * 365 * DAY))
    for _ in range(count):
        add_ticket(world, caller, first)
    return count


def _draw_course(world: World, first: int) -> _Course:
    dice, opened = world.dice, world.moment(first)
    reply = 5 + int(dice.gamma(1.2, 400))
    minutes = reply + int(dice.gamma(0.9, 3000))
    solved = opened + minutes * 60_000
    if solved > world.now or dice.chance(0.02):
        return _Course(opened, opened, None, reply, "unoffered")
    return _Course(opened, solved, solved, reply, dice.pick(RATINGS))


def add_ticket(world: World, caller: Caller, first: int | None = None) -> None:
    """One ticket, opened after `first`."""
    course = _draw_course(world, first or world.start)
    dice, number = world.dice, world.records.next_id("ticket")
    nps = dice.pick(NPS_SCORES) if course.solved and dice.chance(0.15) else None
    user = int(caller.key)
    body = {
        "id": number,
        "subject": dice.choose(SUBJECTS),
        "type": dice.pick(TYPES),
        "priority": dice.pick(PRIORITIES),
        "status": "closed" if course.solved else dice.choose(("new", "open", "pending")),
        "requester_id": user,
        "submitter_id": user,
        "assignee_id": None,
        "organization_id": int(caller.organisation) if caller.organisation else None,
        "via": {"channel": dice.pick(CHANNELS)},
        "tags": [],
        "custom_fields": [{"id": NPS_FIELD, "value": nps}],
        "satisfaction_rating": {"score": course.score},
        "created_at": zendesk(course.opened),
        "updated_at": zendesk(course.changed),
        "generated_timestamp": course.changed // 1000,
    }
    _add(world, "tickets", number, body, course)
    _add_metrics(world, number, course)
    if course.score != "unoffered":
        _add_rating(world, number, user, course)


def _add_metrics(world: World, ticket: int, course: _Course) -> None:
    number = world.records.next_id("zendesk")
    minutes = (course.solved - course.opened) // 60_000 if course.solved else None
    body = {
        "id": number,
        "ticket_id": ticket,
        "created_at": zendesk(course.opened),
        "solved_at": zendesk(course.solved) if course.solved else None,
        "reply_time_in_minutes": {"calendar": course.reply_minutes, "business": None},
        "full_resolution_time_in_minutes": {"calendar": minutes, "business": None},
        "reopens": int(world.dice.chance(0.07)),
        "replies": 1 + world.dice.poisson(0.8),
        "updated_at": zendesk(course.changed),
    }
    _add(world, "ticket_metrics", number, body, course)


def _add_rating(world: World, ticket: int, user: int, course: _Course) -> None:
    number = world.records.next_id("zendesk")
    body = {
        "id": number,
        "ticket_id": ticket,
        "requester_id": user,
        "score": course.score,
        "comment": None,
        "created_at": zendesk(course.changed),
        "updated_at": zendesk(course.changed),
    }
    _add(world, "satisfaction_ratings", number, body, course)


def _add(world: World, stream: str, number: int, body: dict[str, Any], course: _Course) -> None:
    world.records.add(
        "zendesk", stream, str(number), body,
        created=course.opened, changed=course.changed, sort_key=str(number).zfill(15),
    )  # fmt: skip
