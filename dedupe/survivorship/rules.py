"""The survivorship rules, read from `rules.yml` and checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stamm.errors import SettingsError
from stamm.yaml_text import read_yaml

PartyType = Literal["person", "organisation"]
Criterion = Literal[
    "completeness", "well_written", "verification", "agreement", "source_priority", "recency"
]
Attribute = Literal[
    "title", "given_name", "family_name", "full_name", "company_name", "birth_date", "email",
    "phone", "street", "house_number", "postcode", "city", "country", "vat_id", "website_domain",
]  # fmt: skip
# What a candidate's number has room for; see `contests`.
MOST_ATTRIBUTES, MOST_SYSTEMS = 7, 255
BUILT_IN = Path(__file__).with_name("rules.yml")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GroupRule(_Strict):
    """Attributes taken together from one record, and what decides which."""

    group: str
    attributes: tuple[Attribute, ...]
    order: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _can_be_followed(self) -> GroupRule:
        if len(self.attributes) > 1 and {"email", "phone"} & set(self.attributes):
            raise ValueError("expected email and phone in groups of their own: a record has many")
        if len(self.attributes) > MOST_ATTRIBUTES:
            raise ValueError(
                f"expected at most {MOST_ATTRIBUTES} attributes in a group, found"
                f" {len(self.attributes)}"
            )
        return self


class Rules(_Strict):
    """All rules; `source_priority` lists systems, best first."""

    source_priority: tuple[str, ...] = Field(max_length=MOST_SYSTEMS)
    not_from_purposes: tuple[str, ...] = ()
    person: tuple[GroupRule, ...]
    organisation: tuple[GroupRule, ...]

    def of(self, party_type: PartyType) -> tuple[GroupRule, ...]:
        return self.person if party_type == "person" else self.organisation


@cache
def load_rules(path: Path = BUILT_IN) -> Rules:
    """The rules in `path`. Raises SettingsError with one text per mistake."""
    content = read_yaml(path)
    try:
        return Rules.model_validate(content)
    except ValidationError as failure:
        mistakes = [
            f"{path.name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in failure.errors()
        ]
        raise SettingsError(mistakes) from failure
