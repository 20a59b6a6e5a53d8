"""What changes and goes when time passes: moves, edits of children, withdrawals, deletes.

Flow: a sample of live records → rewritten or removed ones. A child is edited without its parent:
ERP children have no change time at all, shop addresses have their own.
"""

from __future__ import annotations

from typing import Any

from sandbox.population import Address, draw_address, draw_mobile
from sandbox.shelfmarks import Mark, find, find_beginning, live, remove, rewrite, sample
from sandbox.spelling import Scribe, WrittenAddress, typo
from sandbox.wire import at, brevo, shopware, zendesk
from sandbox.world import World

MONTH = 30
# Shares per 30 days of a stream's live records.
EDITED = {"emails": 0.006, "phones": 0.006, "addresses": 0.003, "customer_addresses": 0.005}
WITHDRAWN, DELETED = 0.005, 0.003


def _count(world: World, system: str, stream: str, share: float, days: int) -> int:
    """At least one, so that also a small company shows every kind of change."""
    return max(1, round(live(world, system, stream) * share * days / MONTH))


# --- moves


def move(world: World, days: int) -> int:
    """Private people move, with their household; a system may not be told."""
    people = _movable(world)
    share = world.mess.share("other_fields.moves_per_year") * days / 365.25
    households = {
        world.dice.choose(people)[1] for _ in range(max(1, round(len(people) * share / 1.3)))
    }
    movers = [entity for entity, home in people if home in households]
    homes: dict[str, Address] = {}
    for entity, home in people:
        if home in households:
            country = _country(world, entity)
            homes.setdefault(home, draw_address(world, country))
            _tell_systems(world, entity, homes[home])
    return len(movers)


def _movable(world: World) -> list[tuple[str, str]]:
    """(person, household or the person itself), without people known at work."""
    rows = world.records.db.execute(
        "select entity_id, coalesce(max(household_id), entity_id) from truth"
        " where party_type = 'person' and entity_id is not null"
        " group by entity_id having max(organisation_entity_id) is null order by entity_id"
    )
    return [(entity, home) for entity, home in rows]


def _records_of(world: World, entity: str) -> list[Mark]:
    rows = world.records.db.execute(
        "select system, stream, key from truth where entity_id = ? order by system, key", (entity,)
    ).fetchall()
    return [mark for row in rows if (mark := find(world, *row))]


def _country(world: World, entity: str) -> str:
    """Nobody leaves the country."""
    for mark in _records_of(world, entity):
        for address in _addresses_of(world, mark):
            country = address.body["Country" if mark.system == "s4" else "country"]
            return str(country if mark.system == "s4" else country["iso"])
    return "DE"


def _addresses_of(world: World, mark: Mark) -> list[Mark]:
    if mark.system == "s4":
        return find_beginning(world, "s4", "addresses", mark.key + "|")
    if mark.system == "shopware":
        key = mark.body["defaultBillingAddressId"]
        return find_beginning(world, "shopware", "customer_addresses", key)
    return []


def _tell_systems(world: World, entity: str, home: Address) -> None:
    """Each record keeps the old address with the stated share."""
    systems = {"s4": "erp", "shopware": "webshop", "brevo": "email"}
    for mark in _records_of(world, entity):
        if mark.system not in systems or world.happens("other_fields.old_address_kept"):
            continue
        written = Scribe(world, systems[mark.system]).address(home)
        if not written.street:
            continue
        moment = world.moment()
        for address in _addresses_of(world, mark):
            _rewrite_address(world, address, written, moment)
        if mark.system == "brevo":
            attributes = mark.body["attributes"] | _brevo_address(written)
            rewrite(world, mark, {"attributes": attributes, "modifiedAt": brevo(moment)}, moment)


def _brevo_address(written: WrittenAddress) -> dict[str, str]:
    return {"PLZ": written.postcode, "ORT": written.city, "STRASSE": written.street_line}


def _rewrite_address(world: World, mark: Mark, written: WrittenAddress, moment: int) -> None:
    if mark.system == "s4":
        fields: dict[str, Any] = {
            "StreetName": written.street,
            "HouseNumber": written.house_number,
            "PostalCode": written.postcode,
            "CityName": written.city,
            "Region": written.region,
        }
    else:
        fields = {
            "street": written.street_line,
            "zipcode": written.postcode,
            "city": written.city,
            "updatedAt": shopware(moment),
        }
    rewrite(world, mark, fields, moment)


# --- edits of children only


def edit_children(world: World, days: int) -> int:
    """Addresses, e-mails and phones change while their parent's cursor stays."""
    editors = (
        ("s4", "emails", _edit_email),
        ("s4", "phones", _edit_phone),
        ("s4", "addresses", _edit_s4_street),
        ("shopware", "customer_addresses", _edit_shop_phone),
    )
    edited = 0
    for system, stream, edit in editors:
        count = _count(world, system, stream, EDITED[stream], days)
        for mark in sample(world, system, stream, count):
            moment = world.moment()
            rewrite(world, mark, edit(world, mark, moment), moment)
            edited += 1
    return edited


def _edit_email(world: World, mark: Mark, _moment: int) -> dict[str, Any]:
    """A new mailbox at the same provider."""
    local, _, domain = str(mark.body["EmailAddress"]).partition("@")
    address = f"{local}{world.dice.integer(1, 99)}@{domain}"
    world.claim_mailbox(address)
    return {"EmailAddress": address}


def _edit_phone(world: World, mark: Mark, _moment: int) -> dict[str, Any]:
    number = draw_mobile(world.dice, mark.body["DestinationLocationCountry"])
    return {"PhoneNumber": f"0{number[:3]} {number[3:]}", "PhoneNumberType": "3"}


def _edit_s4_street(world: World, mark: Mark, _moment: int) -> dict[str, Any]:
    """Somebody corrects a street, and slips."""
    return {"StreetName": typo(world.dice, mark.body["StreetName"])}


def _edit_shop_phone(world: World, mark: Mark, moment: int) -> dict[str, Any]:
    number = draw_mobile(world.dice, mark.body["country"]["iso"])
    return {"phoneNumber": f"0{number[:3]}/{number[3:]}", "updatedAt": shopware(moment)}


# --- withdrawals and deletes


def withdraw(world: World, days: int) -> int:
    """Readers take back their consent."""
    withdrawn = 0
    for mark in sample(
        world, "brevo", "contacts", _count(world, "brevo", "contacts", WITHDRAWN, days)
    ):
        if not mark.body["attributes"]["OPT_IN"]:
            continue
        moment = world.moment()
        attributes = mark.body["attributes"] | {
            "OPT_IN": False,
            "OPT_OUT_DATE": at(moment).date().isoformat(),
        }
        fields = {
            "attributes": attributes,
            "emailBlacklisted": True,
            "modifiedAt": brevo(moment),
        }
        rewrite(world, mark, fields, moment)
        withdrawn += 1
    return withdrawn


def delete(world: World, days: int) -> int:
    """Contacts, phones and customers who never ordered vanish; tickets are marked as deleted."""
    gone, buyers = 0, _customers_with_orders(world)
    for system, stream in (("brevo", "contacts"), ("s4", "phones"), ("shopware", "customers")):
        for mark in sample(world, system, stream, _count(world, system, stream, DELETED, days)):
            if mark.key in buyers:
                continue
            moment = world.moment()
            for child in _addresses_of(world, mark) if stream == "customers" else []:
                remove(world, child, moment)
            remove(world, mark, moment)
            gone += 1
    for mark in sample(world, "zendesk", "tickets", 1):
        moment = world.moment()
        fields = {
            "status": "deleted",
            "updated_at": zendesk(moment),
            "generated_timestamp": moment // 1000,
        }
        rewrite(world, mark, fields, moment)
        gone += 1
    return gone


def _customers_with_orders(world: World) -> set[str]:
    rows = world.records.db.execute(
        "select distinct json_extract(body, '$.orderCustomer.customerId') from record"
        " where system = 'shopware' and stream = 'orders'"
    )
    return {key for (key,) in rows}
