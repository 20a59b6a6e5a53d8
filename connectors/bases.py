"""The legal bases that streams are held on (GDPR, Art. 6 (1)), each named once.

Retention classes are defined in `privacy/`; a stream only names its class.
"""

from __future__ import annotations

from connectors.source import Basis, FieldGroup

CONTRACT = Basis("contract", "Art. 6 (1) b", "customer_master")
TRANSACTION = Basis("contract", "Art. 6 (1) b", "transaction")
INVOICE = Basis("accounting", "Art. 6 (1) c", "tax_record")
SERVICE = Basis("service", "Art. 6 (1) b", "support_case")
RELATION = Basis("business_relation", "Art. 6 (1) f", "customer_master")
MEASUREMENT = Basis("campaign_measurement", "Art. 6 (1) a", "marketing")
MARKETING = Basis("marketing", "Art. 6 (1) a", "marketing")
INSIGHT = Basis("market_insight", "Art. 6 (1) f", "analysis")


def birth_date(*fields: str) -> FieldGroup:
    """A birth date is given freely; no contract needs it."""
    return FieldGroup("birth_date", fields, Basis("congratulation", "Art. 6 (1) a", "marketing"))
