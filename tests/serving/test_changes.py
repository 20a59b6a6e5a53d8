"""Entries of the feed as values: what they add up to, and how two states differ."""

from datetime import UTC, datetime

import pytest

from serving.changes import Change, changes_of, operation_of, replay

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)


def entry(operation, party, other=None, **fields):
    return Change(1, "b1", AT, operation, party, other, fields)


ANNA = {"P1": {"name": "Anna", "permission_email": True}}


@pytest.mark.parametrize(
    ("change", "held"),
    [
        (entry("ADD", "P2", name="Bea"), ANNA | {"P2": {"name": "Bea"}}),
        (entry("SPLIT", "P2", "P1", name="Bea"), ANNA | {"P2": {"name": "Bea"}}),
        (entry("MOD", "P1", name="Anne"), {"P1": {"name": "Anne", "permission_email": True}}),
        (entry("MERGE", "P1", "P2"), {}),
        (entry("DEL", "P1"), {}),
        (entry("WITHDRAW", "P1"), {}),
        (
            entry("WITHDRAW", "P1", permission_email=False),
            {"P1": {"name": "Anna", "permission_email": False}},
        ),
        (entry("DEL", "P9"), ANNA),  # a consumer that began with a snapshot that was ahead
    ],
)
def test_what_each_operation_does_to_what_a_consumer_holds(change, held):
    assert replay([change], ANNA) == held
    assert replay([change, change], ANNA) == held  # twice does no harm


def test_only_fields_that_differ_are_named_and_one_that_is_no_more_is_none():
    assert changes_of({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5}) == {"b": 5, "c": None}


@pytest.mark.parametrize(
    ("changed", "operation"),
    [
        ({"city": "Köln"}, "MOD"),
        ({"permission_email": True}, "MOD"),
        ({"permission_email": False}, "WITHDRAW"),
        ({"city": "Köln", "permission_phone": False}, "WITHDRAW"),
    ],
)
def test_a_permission_taken_back_is_a_withdrawal(changed, operation):
    assert operation_of(changed) == operation
