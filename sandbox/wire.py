"""How each vendor writes moments: epoch milliseconds → text on the wire."""

from __future__ import annotations

from datetime import UTC, date, datetime

_EPOCH = date(1970, 1, 1)
_DAY = 86_400_000


def at(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / 1000, UTC)


def odata_date(moment: int) -> str:
    """Edm.DateTime of a calendar day: midnight, no offset."""
    return f"/Date({moment - moment % _DAY})/"


def odata_day(day: date | None) -> str | None:
    return None if day is None else f"/Date({(day - _EPOCH).days * _DAY})/"


def odata_moment(moment: int) -> str:
    """Edm.DateTimeOffset in UTC."""
    return f"/Date({moment}+0000)/"


def odata_time(moment: int) -> str:
    """Edm.Time as a duration since midnight."""
    seconds = moment % _DAY // 1000
    return f"PT{seconds // 3600:02d}H{seconds // 60 % 60:02d}M{seconds % 60:02d}S"


def decimal(amount: float) -> str:
    """Edm.Decimal travels as a string."""
    return f"{amount:.2f}"


def shopware(moment: int) -> str:
    return at(moment).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03d}+00:00"


def brevo(moment: int) -> str:
    """ISO 8601 with the account's offset: +02:00 in the summer months, else +01:00."""
    hours = 2 if 4 <= at(moment).month <= 10 else 1
    local = at(moment + hours * 3_600_000)
    return local.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03d}+0{hours}:00"


def zendesk(moment: int) -> str:
    return at(moment).strftime("%Y-%m-%dT%H:%M:%SZ")
