"""SAP S/4HANA: business partners with their parts, sales orders, quotations, billing documents.

Flow: OData V2 `/sap/opu/odata/sap/<service>/<entity set>` → landing. Try it: `stamm check`.
Source: SAP Business Accelerator Hub, API_BUSINESS_PARTNER, API_SALES_ORDER_SRV,
API_SALES_QUOTATION_SRV, API_BILLING_DOCUMENT_SRV. A change of an address, e-mail, phone or tax
number leaves its partner's LastChangeDate as it was, so these are streams of their own, swept.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from connectors.bases import CONTRACT, INVOICE, RELATION, TRANSACTION, birth_date
from connectors.credentials import basic
from connectors.odata import (
    KeyOrderedPages,
    changed_since,
    changed_since_day,
    day_and_time,
    moment_of,
)
from connectors.paging import HttpReader, http_reader
from connectors.settings import HttpSource
from connectors.source import About, Basis, Cursor, Stream, System
from stamm.clock import Clock

_ROOT = "/sap/opu/odata/sap"
_PARTNERS = f"{_ROOT}/API_BUSINESS_PARTNER"
_ORDERS = f"{_ROOT}/API_SALES_ORDER_SRV"
_QUOTATIONS = f"{_ROOT}/API_SALES_QUOTATION_SRV"
_BILLING = f"{_ROOT}/API_BILLING_DOCUMENT_SRV"


class S4Source(HttpSource):
    """An S/4HANA system and a communication user that may read its APIs."""

    username: str
    password: SecretStr


def _swept(name: str, path: str, key: tuple[str, ...], basis: Basis, *, expand: str = "") -> Stream:
    """A stream without a moment of change: read whole, compared, what is missing is deleted."""
    return Stream(name, key, basis, path, paginate=KeyOrderedPages(expand=expand))


def _document(name: str, path: str, key: str, basis: Basis, *mandatory: str) -> Stream:
    return Stream(
        name,
        (key,),
        basis,
        path,
        cursor=Cursor("LastChangeDateTime", moment_of("LastChangeDateTime")),
        paginate=KeyOrderedPages(changed_since("LastChangeDateTime")),
        sweep=timedelta(days=7),
        mandatory=mandatory,
    )


business_partners = Stream(
    "business_partners",
    ("BusinessPartner",),
    CONTRACT,
    f"{_PARTNERS}/A_BusinessPartner",
    cursor=Cursor(
        "LastChangeDate",
        day_and_time(("LastChangeDate", "LastChangeTime"), ("CreationDate", "CreationTime")),
    ),
    # Days are all the server filters by; LastChangeDate is null until the first change.
    paginate=KeyOrderedPages(changed_since_day("LastChangeDate", "CreationDate")),
    sweep=timedelta(days=7),
    mandatory=("BusinessPartnerCategory",),
    field_groups=(birth_date("BirthDate"),),
)
_ADDRESS_PART = ("AddressID", "Person", "OrdinalNumber")

STREAMS = (
    business_partners,
    _swept(
        "addresses",
        f"{_PARTNERS}/A_BusinessPartnerAddress",
        ("BusinessPartner", "AddressID"),
        CONTRACT,
    ),
    _swept("emails", f"{_PARTNERS}/A_AddressEmailAddress", _ADDRESS_PART, CONTRACT),
    _swept("phones", f"{_PARTNERS}/A_AddressPhoneNumber", _ADDRESS_PART, CONTRACT),
    _swept(
        "tax_numbers",
        f"{_PARTNERS}/A_BusinessPartnerTaxNumber",
        ("BusinessPartner", "BPTaxType"),
        INVOICE,
    ),
    _swept(
        "contacts",
        f"{_PARTNERS}/A_BusinessPartnerContact",
        (
            "RelationshipNumber",
            "BusinessPartnerCompany",
            "BusinessPartnerPerson",
            "ValidityEndDate",
        ),
        RELATION,
        expand="to_ContactRelationship",  # function and department are there
    ),
    _document("sales_orders", f"{_ORDERS}/A_SalesOrder", "SalesOrder", TRANSACTION, "SoldToParty"),
    _swept(
        "sales_order_items",
        f"{_ORDERS}/A_SalesOrderItem",
        ("SalesOrder", "SalesOrderItem"),
        TRANSACTION,
    ),
    _swept(
        "sales_order_partners",
        f"{_ORDERS}/A_SalesOrderHeaderPartner",
        ("SalesOrder", "PartnerFunction"),
        TRANSACTION,
    ),
    _document(
        "quotations",
        f"{_QUOTATIONS}/A_SalesQuotation",
        "SalesQuotation",
        TRANSACTION,
        "SoldToParty",
    ),
    _document(
        "billing_documents",
        f"{_BILLING}/A_BillingDocument",
        "BillingDocument",
        INVOICE,
        "SoldToParty",
    ),
    _swept(
        "billing_items",
        f"{_BILLING}/A_BillingDocumentItem",
        ("BillingDocument", "BillingDocumentItem"),
        INVOICE,
    ),
)


def _open(source: S4Source, clock: Clock) -> HttpReader:
    credentials = basic(source.username, source.password.get_secret_value())
    return http_reader(source, credentials, clock)


ABOUT = About(
    title="SAP S/4HANA",
    category="ERP",
    rights="A communication user of an arrangement for SAP_COM_0008 (business partners) and those"
    " of sales orders, quotations and billing documents; reading is enough.",
    limits="The gateway's own; a page holds 1,000 records.",
    verified="SAP's own model of API_BUSINESS_PARTNER served by SAP CAP over OData V2, and the"
    " sandbox; orders, quotations and billing documents on the sandbox alone.",
    traps=(
        "Partners can be filtered by the day of their change only, and the day is null before it.",
        "A change of an address, e-mail, phone or tax number leaves its partner's day as it was:"
        " these are read whole and compared.",
        "A server that caps pages links them up to the asked $top only, and tells nothing of what"
        " is behind it.",
        "Moments come as /Date(ms)/, times of day as PT8H5M3S, totals as text.",
        "A contact's function and department come with $expand of the relationship.",
    ),
)

SYSTEM = System("s4", S4Source, STREAMS, _open, ABOUT)
