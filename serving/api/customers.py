"""`/customers`: one golden party by its id, or many by what they have in common."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from privacy.suppressions import canonical_address
from serving.api.asking import Asked, asked
from serving.api.models import CUSTOMER_FIELDS, Customer, CustomerPage, PartyId
from serving.api.problems import described
from serving.lookups import CANONICAL, addressed

router = APIRouter(tags=["customers"])
MayRead = Annotated[Asked, Depends(asked("read"))]
_ONE_FIELD = f"({'|'.join(CUSTOMER_FIELDS)})"
Fields = Annotated[
    str | None,
    Field(
        description="Names of fields, joined by commas; all of them without it.",
        max_length=1000,
        pattern=f"^{_ONE_FIELD}(,{_ONE_FIELD})*$",
        examples=["full_name,email"],
    ),
]
_Text = Annotated[str | None, Field(min_length=1, max_length=200)]


class Sparse(BaseModel):
    """What one customer may be asked with. A parameter that is not here is refused: a filter with
    a typing mistake in its name must not give everybody."""

    model_config = ConfigDict(extra="forbid")

    fields: Fields = None


class Filters(Sparse):
    """Equal values, all of them; an address is compared in its canonical spelling."""

    party_type: _Text = None
    is_customer: bool | None = None
    customer_kind: _Text = None
    lifecycle: _Text = None
    email: _Text = None
    phone: _Text = None
    family_name: _Text = None
    company_name: _Text = None
    postcode: _Text = None
    city: _Text = None
    country: _Text = None
    vat_id: _Text = None
    household_id: _Text = None
    source: _Text = Field(default=None, description="A source that has a record of it.")
    after: _Text = Field(default=None, description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=500)


_CONDITIONS = {
    **{name: addressed(name) for name in CANONICAL},
    "source": "list_contains(sources, $source)",
    "after": "party_id > $after",
}
_OF_ACCOUNTS = {"is_customer", "customer_kind", "lifecycle", "household_id"}


@router.get(
    "/customers",
    response_model=CustomerPage,
    responses=described(401, 403, 422, 429, 503),
    summary="Customers and contacts by what they have in common, page by page",
)
def customers(asked: MayRead, filters: Annotated[Filters, Query()]) -> Response:
    """In the order of ids. Keep asking with `after` = `next` until `next` is null."""
    names = chosen(filters.fields)
    given = filters.model_dump(exclude={"fields", "limit"}, exclude_none=True)
    for name in given.keys() & CANONICAL.keys():
        given[name] = canonical_address(given[name])
    where = " and ".join(_CONDITIONS.get(name, f"{name} = ${name}") for name in given) or "true"
    of_accounts = bool(given.keys() & _OF_ACCOUNTS)
    rows = asked.view.customers(
        names, where, given, limit=filters.limit + 1, of_accounts=of_accounts
    )
    page = rows[: filters.limit]
    after = page[-1]["party_id"] if len(rows) > len(page) else None
    body = {"build_id": asked.view.build.build_id, "next": after, "items": page}
    return asked.answer("customers", [row["party_id"] for row in page], body)


@router.get(
    "/customers/{party_id}",
    response_model=Customer,
    responses=described(401, 403, 404, 422, 429, 503),
    summary="One golden customer or contact",
)
def customer(asked: MayRead, party_id: PartyId, sparse: Annotated[Sparse, Query()]) -> Response:
    """A merged id is answered by the one that took it in, and `resolved_from` says so."""
    names, party = chosen(sparse.fields), party_id
    row = asked.view.customer(party, names)
    if row is None:
        party = asked.party(party_id)
        row = asked.view.customer(party, names)
        assert row is not None, "who answers for an id is in the build"
    return asked.answer("customer", [party], {**row, "resolved_from": resolved(party_id, party)})


def resolved(asked_for: str, party: str) -> str | None:
    """The id that was asked for, where another one answers."""
    return asked_for if asked_for != party else None


def chosen(fields: str | None) -> tuple[str, ...]:
    """The names of the fields, the id always among them."""
    return tuple(dict.fromkeys(["party_id", *fields.split(",")])) if fields else CUSTOMER_FIELDS
