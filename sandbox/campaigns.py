"""What customers are sent: lists, monthly campaigns and the events around them.

Flow: `Reader` → `brevo.events`; the campaigns themselves do not depend on the customers.
"""

from __future__ import annotations

from typing import Any

from sandbox.newsletter import LISTS, Reader
from sandbox.wire import at, brevo
from sandbox.world import DAY, World

EVERY = 30 * DAY
MAILS_MEAN = 1.6  # the statistics keep a sample of what was sent
_MAILBOX = "newsletter@sandbox-company.example"
_SENDING: dict[str, Any] = {
    "testSent": True,
    "header": "[DEFAULT_HEADER]",
    "footer": "[DEFAULT_FOOTER]",
    "sender": {"id": 1, "name": "Sandbox Company", "email": _MAILBOX},
    "replyTo": _MAILBOX,
    "htmlContent": "",
    "recipients": {"lists": [LISTS["newsletter"]], "exclusionLists": []},
    "statistics": {"globalStats": {}, "campaignStats": []},
}
THEMES = ("Neuheiten", "Frühjahrsangebote", "Gartenzeit", "Sommer", "Werkstatt", "Advent")


def add_lists(world: World) -> None:
    """The lists of the account."""
    for name, number in LISTS.items():
        body = {
            "id": number,
            "name": name,
            # Brevo no longer counts them in this list and answers 0.
            "totalSubscribers": 0,
            "totalBlacklisted": 0,
            "uniqueSubscribers": 0,
            "folderId": 1,
        }
        _add(world, "lists", number, body, world.start)


def add_campaigns(world: World, after: int) -> int:
    """One campaign for every 30 days of the company's history that end after `after`."""
    count = 0
    for sent in campaign_moments(world):
        if sent > after:
            _add_campaign(world, sent)
            count += 1
    return count


def campaign_moments(world: World) -> range:
    """When campaigns were sent, at eight in the morning UTC."""
    first = world.founded + EVERY - (world.founded + EVERY) % DAY + 8 * 3_600_000
    return range(first, world.now, EVERY)


def tag_of(sent: int) -> str:
    return f"newsletter-{at(sent):%Y-%m-%d}"


def _subject(sent: int) -> str:
    return f"{THEMES[at(sent).month % len(THEMES)]} {at(sent):%m/%Y}"


def _add_campaign(world: World, sent: int) -> None:
    number = world.records.next_id("campaign")
    body = {
        "id": number,
        "name": f"Newsletter {at(sent):%Y-%m-%d}",
        "subject": _subject(sent),
        "status": "sent",
        "type": "classic",
        "tag": tag_of(sent),
        **_SENDING,
        "sentDate": brevo(sent),
        "scheduledAt": brevo(sent),
        "createdAt": brevo(sent - 3 * DAY),
        "modifiedAt": brevo(sent),
    }
    _add(world, "campaigns", number, body, sent)


def read(world: World, reader: Reader, since: int | None = None) -> int:
    """The events of one reader; nobody gets mail before opting in or after opting out."""
    if reader.opted_in is None:
        return 0
    first, last = max(reader.opted_in, since or 0), reader.opted_out or world.now
    sent = [moment for moment in campaign_moments(world) if first < moment < last]
    if not sent:
        return 0
    mean = MAILS_MEAN if since is None else 0.5
    chosen = sorted({world.dice.choose(sent) for _ in range(world.dice.poisson(mean))})
    for moment in chosen:
        _add_mail(world, reader, moment)
    if reader.opted_out and chosen:
        _add_event(world, reader, chosen[-1], "unsubscribed", reader.opted_out)
    return len(chosen)


def _add_mail(world: World, reader: Reader, sent: int) -> None:
    dice = world.dice
    arrived = sent + dice.integer(1, 120) * 1000
    if dice.chance(0.015):
        _add_event(world, reader, sent, dice.choose(("hardBounces", "softBounces")), arrived)
        return
    _add_event(world, reader, sent, "delivered", arrived)
    opened = arrived + int(dice.gamma(0.7, 600)) * 60_000
    if opened > world.now or not dice.chance(0.36):
        return
    _add_event(world, reader, sent, "opened", opened)
    if dice.chance(0.2) and opened + 60_000 < world.now:
        _add_event(world, reader, sent, "clicks", opened + 60_000)
    elif dice.chance(0.002):
        _add_event(world, reader, sent, "spam", opened + 30_000)


def _add_event(world: World, reader: Reader, sent: int, event: str, moment: int) -> None:
    message = f"<{sent // 1000}.{reader.key}@smtp-relay.mailin.fr>"
    date = brevo(moment)
    body: dict[str, Any] = {
        "email": reader.email,
        "date": date,
        "messageId": message,
        "event": event,
        "subject": _subject(sent),
        "tag": tag_of(sent),
    }
    if event == "clicks":
        body["link"] = "https://shop.sandbox-company.example/angebote"
    key = f"{message}|{event}|{date}|{reader.email}"
    order = f"{moment:015d}|{key}"
    world.records.add("brevo", "events", key, body, created=moment, sort_key=order)


def _add(world: World, stream: str, number: int, body: dict[str, Any], moment: int) -> None:
    world.records.add(
        "brevo", stream, str(number), body, created=moment, sort_key=str(number).zfill(12)
    )
