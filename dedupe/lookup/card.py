"""A business card: the raw fields of somebody who may be a customer already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from stamm.errors import UsageError


class Card(BaseModel):
    """What is known, as it was typed; the fields are those of the match input."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    full_name: str | None = None
    company_name: str | None = None
    birth_date: date | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    vat_id: str | None = None
    website_domain: str | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_nothing(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("emails", "phones", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if value is None or isinstance(value, str):
            value = [value or ""]
        if not isinstance(value, list | tuple):
            raise ValueError(f"expected a text or a list of texts, found {value!r}")
        return tuple(one for one in value if not isinstance(one, str) or one.strip())

    @property
    def is_empty(self) -> bool:
        """Nothing at all that could be looked for."""
        return not any(self.model_dump(exclude={"title", "country"}).values())


def read_card(fields: Mapping[str, Any]) -> Card:
    """Raises UsageError naming the field that does not fit, or an empty card."""
    try:
        card = Card.model_validate(dict(fields))
    except ValidationError as mistake:
        first = mistake.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"card: {name}: {first['msg']}", hint=f"Fields: {', '.join(Card.model_fields)}."
        ) from mistake
    if card.is_empty:
        raise UsageError(
            "card: expected at least one field to look for, found none",
            hint=f"Fields: {', '.join(Card.model_fields)}.",
        )
    return card
