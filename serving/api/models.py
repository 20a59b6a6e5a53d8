"""What answers hold, for the OpenAPI description; the fields are the columns of `queries/*.sql`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict

PartyId = Annotated[
    str,
    Path(
        description="A golden id; one that was merged away leads to the one that took it in.",
        pattern=r"^P[A-Z0-9]{1,40}$",
        examples=["PKNWDVJLNEACP7JPAJ3J6"],
    ),
]


class Customer(BaseModel):
    """A golden party. `resolved_from` is the id asked for, where another one answers for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "party_id": "PKNWDVJLNEACP7JPAJ3J6",
                    "resolved_from": None,
                    "party_type": "person",
                    "is_customer": True,
                    "full_name": "Sigrid Ziegelberg",
                    "email": "sigrid@ziegelberg.example",
                    "city": "Köln",
                    "sources": ["erp", "shop"],
                    "orders": 3,
                    "order_value_eur": 412.5,
                    "permission_email": True,
                }
            ]
        }
    )

    party_id: str
    resolved_from: str | None = None
    party_type: str | None = None
    is_customer: bool | None = None
    customer_kind: str | None = None
    lifecycle: str | None = None
    title: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    full_name: str | None = None
    company_name: str | None = None
    legal_form: str | None = None
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    vat_id: str | None = None
    website_domain: str | None = None
    sources: list[str] | None = None
    records: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    household_id: str | None = None
    orders: int | None = None
    open_orders: int | None = None
    first_order_on: date | None = None
    last_order_on: date | None = None
    order_value_eur: float | None = None
    invoiced_eur: float | None = None
    quotes: int | None = None
    open_quotes: int | None = None
    tickets: int | None = None
    open_tickets: int | None = None
    last_touch_at: datetime | None = None
    last_touch_kind: str | None = None
    permission_email: bool | None = None
    permission_sms: bool | None = None
    permission_phone: bool | None = None
    permission_post: bool | None = None


CUSTOMER_FIELDS = tuple(name for name in Customer.model_fields if name != "resolved_from")


class Page(BaseModel):
    """`next` is the cursor of the page after this one; null on the last."""

    build_id: str
    next: str | None


class CustomerPage(Page):
    """Customers and contacts in the order of their ids."""

    items: list[Customer]


class Part(BaseModel):
    """One side of a party; `resolved_from` as of a customer."""

    build_id: str
    party_id: str
    resolved_from: str | None


class Event(BaseModel):
    """One thing that happened; `amount_net_eur` of an invoice is negative for a credit note."""

    kind: str
    record_id: str
    source: str | None
    at: datetime
    channel: str | None
    number: str | None
    status: str | None
    amount_net_eur: float | None
    score: int | None


class Timeline(Part):
    """Newest first."""

    next: str | None
    items: list[Event]


class Record(BaseModel):
    """A source record of the party. `facet_of` names the record that it was cut from."""

    record_id: str
    source: str
    stream: str
    facet_of: str | None


class Sources(Part):
    """All records that are this party."""

    items: list[Record]


class Origin(BaseModel):
    """One golden value and the record that it was taken from, with purpose and legal basis."""

    attribute: str
    value: Any
    rule: str
    reason: str
    record_id: str
    source: str | None
    stream: str | None
    observed_at: datetime | None
    purpose: str | None
    legal_basis: str | None
    retention: str | None


class Provenance(Part):
    """Values that are counted over all records have no single origin and are not among these."""

    items: list[Origin]


class Happened(BaseModel):
    """One thing that happened to an id or its records."""

    at: datetime
    what: str
    other: str | None
    run_id: str | None
    why: str


class Version(BaseModel):
    """What we held true of a customer from one build to another."""

    valid_from: datetime
    valid_to: datetime | None
    is_current: bool
    ended_by: str | None
    lifecycle: str | None
    customer_name: str | None
    email: str | None
    phone: str | None
    street: str | None
    house_number: str | None
    postcode: str | None
    city: str | None
    country: str | None


class History(Part):
    """The life of the very id that was asked for, and the versions of the customer."""

    events: list[Happened]
    versions: list[Version]


class Member(BaseModel):
    """Somebody of a household, and what says so."""

    household_id: str
    party_id: str
    basis: str
    evidence: str | None
    full_name: str | None
    birth_date: date | None


class Household(Part):
    """Empty for who lives in none."""

    items: list[Member]


class Contact(BaseModel):
    """A person who acts for an organisation."""

    person_party_id: str
    organisation_party_id: str
    role: str | None
    basis: str | None
    title: str | None
    given_name: str | None
    family_name: str | None
    email: str | None
    phone: str | None


class Contacts(Part):
    """The people of an organisation, or the organisations of a person."""

    items: list[Contact]


class Company(BaseModel):
    """An organisation; `contacts` counts its people, `branches` are organisations too."""

    party_id: str
    resolved_from: str | None
    parent_party_id: str | None
    company_name: str | None
    legal_form: str | None
    vat_id: str | None
    website_domain: str | None
    street: str | None
    house_number: str | None
    postcode: str | None
    city: str | None
    country: str | None
    contacts: int
    branches: list[str]


class Reference(BaseModel):
    """The golden party that a source's record is."""

    record_id: str
    source: str
    stream: str
    party_id: str


class References(BaseModel):
    """More than one where several streams of a source use the same key."""

    build_id: str
    items: list[Reference]


class BuildInfo(BaseModel):
    """A build that is kept; `rows` by table."""

    build_id: str
    current: bool
    as_of: str | None
    built_at: str | None
    rows: dict[str, int]


class Builds(BaseModel):
    """Oldest first."""

    items: list[BuildInfo]


class Health(BaseModel):
    """`match` is `ready` or what a search waits for.

    `unchecked_restore` is the moment of the backup that the service was restored from, while nobody
    has entered again what was withdrawn or erased since; `status` is then `restored`, not `ok`.
    """

    status: str
    build_id: str
    match: str
    unchecked_restore: str | None = None
