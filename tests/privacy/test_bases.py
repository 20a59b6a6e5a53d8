"""Every stream and field group says why its values are held, in words that something reads."""

import pytest

from connectors.registry import systems
from dedupe.survivorship.rules import load_rules

STREAMS = [(name, stream) for name, system in systems().items() for stream in system.streams]
# Read by int_social_handles, and how newsletters are read: neither is a golden attribute.
BESIDE_GOLDEN = {"social", "engagement"}
RETENTION_CLASSES = {
    "customer_master",
    "transaction",
    "tax_record",
    "support_case",
    "marketing",
    "analysis",
}


@pytest.mark.parametrize(("system", "stream"), STREAMS, ids=lambda x: getattr(x, "name", x))
def test_a_stream_and_its_field_groups_state_purpose_legal_basis_and_retention(system, stream):
    for basis in (stream.basis, *(group.basis for group in stream.field_groups)):
        assert basis.purpose
        assert basis.legal_basis.startswith("Art. 6 (1) ")
        assert basis.retention in RETENTION_CLASSES


def test_each_field_group_has_the_name_under_which_golden_looks_for_it():
    """Under another name its values would silently be told to rest on the stream's basis."""
    rules = load_rules()
    groups = {rule.group for kind in ("person", "organisation") for rule in rules.of(kind)}
    declared = {group.name for _, stream in STREAMS for group in stream.field_groups}
    assert declared - groups == BESIDE_GOLDEN
    assert declared & groups == {"birth_date", "company_name"}
