"""The entity sets of SAP S/4HANA that the sandbox serves: service, name, key, stream, EDMX.

Source: SAP Business Accelerator Hub, API_BUSINESS_PARTNER, API_SALES_ORDER_SRV,
API_SALES_QUOTATION_SRV, API_BILLING_DOCUMENT_SRV; Microsoft CSDL 2.0 for `$metadata`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import quoteattr


@dataclass(frozen=True)
class EntitySet:
    """One list of a service; `key` in the order in which the stream's keys are joined."""

    service: str
    name: str
    stream: str
    key: tuple[str, ...]
    navigation: str = ""  # an entity that a record holds, shown with `$expand`

    @property
    def type(self) -> str:
        return f"{self.service}.{self.name}Type"

    def predicate(self, joined: str) -> str:
        """`('17')`, or `(BusinessPartner='17',AddressID='3')` for a key of several parts."""
        if len(self.key) == 1:
            return f"('{_literal(joined)}')"
        parts = zip(self.key, joined.split("|"), strict=False)
        return "(" + ",".join(f"{name}='{_literal(part)}'" for name, part in parts) + ")"


def _literal(text: str) -> str:
    return text if text.isalnum() else quote(text.replace("'", "''"), safe="")


_PART = ("AddressID", "Person", "OrdinalNumber")
_RELATION = (
    "RelationshipNumber",
    "BusinessPartnerCompany",
    "BusinessPartnerPerson",
    "ValidityEndDate",
)
_PARTNER, _ORDER = "API_BUSINESS_PARTNER", "API_SALES_ORDER_SRV"
_QUOTATION, _BILLING = "API_SALES_QUOTATION_SRV", "API_BILLING_DOCUMENT_SRV"

ENTITY_SETS = (
    EntitySet(_PARTNER, "A_BusinessPartner", "business_partners", ("BusinessPartner",)),
    EntitySet(_PARTNER, "A_BusinessPartnerAddress", "addresses", ("BusinessPartner", "AddressID")),
    EntitySet(_PARTNER, "A_AddressEmailAddress", "emails", _PART),
    EntitySet(_PARTNER, "A_AddressPhoneNumber", "phones", _PART),
    EntitySet(
        _PARTNER, "A_BusinessPartnerTaxNumber", "tax_numbers", ("BusinessPartner", "BPTaxType")
    ),
    EntitySet(
        _PARTNER, "A_BusinessPartnerContact", "contacts", _RELATION, "to_ContactRelationship"
    ),
    EntitySet(_ORDER, "A_SalesOrder", "sales_orders", ("SalesOrder",)),
    EntitySet(_ORDER, "A_SalesOrderItem", "sales_order_items", ("SalesOrder", "SalesOrderItem")),
    EntitySet(
        _ORDER,
        "A_SalesOrderHeaderPartner",
        "sales_order_partners",
        ("SalesOrder", "PartnerFunction"),
    ),
    EntitySet(_QUOTATION, "A_SalesQuotation", "quotations", ("SalesQuotation",)),
    EntitySet(_BILLING, "A_BillingDocument", "billing_documents", ("BillingDocument",)),
    EntitySet(
        _BILLING,
        "A_BillingDocumentItem",
        "billing_items",
        ("BillingDocument", "BillingDocumentItem"),
    ),
)
BY_PATH = {(one.service, one.name): one for one in ENTITY_SETS}
SERVICES = tuple(dict.fromkeys(one.service for one in ENTITY_SETS))


def edmx(service: str, properties: Mapping[str, Sequence[str]]) -> str:
    """`$metadata` of a service; `properties` per entity set as its records have them."""
    sets = [one for one in ENTITY_SETS if one.service == service]
    types = "".join(_entity_type(one, properties[one.name]) for one in sets)
    listed = "".join(f'<EntitySet Name="{one.name}" EntityType="{one.type}"/>' for one in sets)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" '
        'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        '<edmx:DataServices m:DataServiceVersion="2.0">'
        f'<Schema Namespace="{service}" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">'
        f'{types}<EntityContainer Name="{service}_Entities" m:IsDefaultEntityContainer="true">'
        f"{listed}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )


def _entity_type(one: EntitySet, found: Sequence[str]) -> str:
    keys = "".join(f'<PropertyRef Name="{name}"/>' for name in one.key)
    names = dict.fromkeys((*one.key, *(name for name in found if name != one.navigation)))
    fields = "".join(_property(name, required=name in one.key) for name in names)
    return f'<EntityType Name="{one.name}Type"><Key>{keys}</Key>{fields}</EntityType>'


def _property(name: str, *, required: bool) -> str:
    nullable = ' Nullable="false"' if required else ""
    return f'<Property Name={quoteattr(name)} Type="{_edm_type(name)}"{nullable}/>'


def _edm_type(name: str) -> str:
    """By the naming of SAP's fields; amounts are decimals, flags begin with Is or contain `Is`."""
    if name.endswith("DateTime"):
        return "Edm.DateTimeOffset"
    if name.endswith("Date"):
        return "Edm.DateTime"
    if name.endswith("Time"):
        return "Edm.Time"
    if name.endswith(("Amount", "Quantity")):
        return "Edm.Decimal"
    return "Edm.Boolean" if name.startswith("Is") or "Is" in name[1:] else "Edm.String"
