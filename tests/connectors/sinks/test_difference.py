"""What is sent: the difference between what a target should hold and what it confirmed."""

from dataclasses import replace

import pytest

from connectors.sinks.difference import (
    Held,
    Wish,
    differences,
    given_up,
    planned,
    resumed,
    waiting,
)
from connectors.sinks.sink import Change
from tests.connectors.sinks.target import live, wanted

ANNA = {"family_name": "Beck", "email": "anna@example.org", "phone": None}


def told(wishes, held, **options):
    return [
        (change.operation, change.party_id, dict(change.fields))
        for change in differences(wishes, held, name=lambda: "c", **options)
    ]


# What the target holds of Anna, what is wished for, and what it is told.
CASES = [
    ("new", Held(), wanted({"A": ANNA}), [("create", "A", ANNA)]),
    ("as she is", live(**ANNA), wanted({"A": ANNA}), []),
    ("moved", live(**ANNA), wanted({"A": {**ANNA, "phone": "+49"}}),
     [("update", "A", {"phone": "+49"})]),
    ("a value gone", live(**ANNA), wanted({"A": {**ANNA, "email": None}}),
     [("update", "A", {"email": None})]),
    ("a column gone", live(**ANNA), wanted({"A": {"family_name": "Beck", "phone": None}}),
     [("update", "A", {"email": None})]),
    ("two values may have arrived", replace(live(**ANNA), uncertain=frozenset({"email"})),
     wanted({"A": ANNA}), [("update", "A", {"email": "anna@example.org"})]),
    ("lives, may not leave", live(**ANNA), wanted({}, living="A"), [("withdraw", "A", {})]),
    ("gone", live(**ANNA), wanted({}), [("delete", "A", {})]),
    ("back after a withdrawal", Held("withdrawn", "K"), wanted({"A": ANNA}),
     [("create", "A", ANNA)]),
    ("withdrawn, then gone", Held("withdrawn", "K"), wanted({}), [("delete", "A", {})]),
    ("merged, then parted again", Held("merged", "K", "B"), wanted({"A": ANNA}),
     [("create", "A", ANNA)]),
    ("deleted and gone", Held("deleted"), wanted({}), []),
    ("never there and gone", Held(), wanted({}), []),
    ("a create nobody heard of, and may not leave", Held("unsure"), wanted({}, living="A"),
     [("withdraw", "A", {})]),
    ("a create nobody heard of, and may leave after all", Held("unsure"), wanted({"A": ANNA}),
     [("create", "A", ANNA)]),
]  # fmt: skip


@pytest.mark.parametrize(("held", "wishes", "expected"), [c[1:] for c in CASES],
                         ids=[c[0] for c in CASES])  # fmt: skip
def test_the_target_is_told_what_differs_from_what_it_confirmed(held, wishes, expected):
    assert told(wishes, {"A": held}) == expected


def test_who_leaves_goes_first_and_a_survivor_is_there_before_its_loser_is_marked():
    wishes = wanted({"S": ANNA, "U": ANNA}, living="W", L="S")
    held = {"D": live(), "W": live(), "L": live(), "U": live()}
    order = [(change.operation, change.party_id) for change in planned(wishes, held)]
    assert order == [
        ("delete", "D"), ("withdraw", "W"), ("create", "S"), ("merge", "L"), ("update", "U"),
    ]  # fmt: skip


def test_a_merge_names_the_keys_of_both_and_waits_for_its_survivor():
    wishes = wanted({"S": ANNA}, L="S")
    assert told(wishes, {"L": live(), "S": Held()}) == [("create", "S", ANNA)]
    assert waiting(wishes, {"L": live(), "S": Held()}) == ["L"]
    [merge] = differences(wishes, {"L": live(), "S": live(**ANNA)}, name=lambda: "c")
    assert merge == Change("c", "merge", "L", {}, "K", "S", "K")


def test_a_loser_follows_when_its_survivor_is_merged_withdrawn_or_deleted():
    held = {"L": Held("merged", "K", "S"), "T": live(**ANNA)}
    assert told(wanted({"T": ANNA}, L="T"), held) == [("merge", "L", {})]
    assert told(wanted({"T": ANNA}, living="S", L="S"), held) == [("withdraw", "L", {})]
    assert told(wanted({"T": ANNA}), held) == [("delete", "L", {})]


def test_what_the_target_owns_is_sent_only_to_a_row_that_it_does_not_have():
    moved = wanted({"A": {**ANNA, "phone": "+49", "email": "b@example.org"}})
    assert told(moved, {}, owns=["phone"])[0][2]["phone"] == "+49"
    assert told(moved, {"A": live(**ANNA)}, owns=["phone"]) == [
        ("update", "A", {"email": "b@example.org"})
    ]
    [(_, _, fields)] = told(moved, {"A": Held("merged", "K", "B")}, owns=["phone"])
    assert "phone" not in fields


def test_a_refused_row_waits_until_it_is_wished_for_otherwise_or_again():
    refused = {"A": Held(refused=Wish("live", ANNA).digest())}
    assert told(wanted({"A": ANNA}), refused) == []
    assert waiting(wanted({"A": ANNA}), refused) == ["A"]
    assert told(wanted({"A": ANNA}), refused, again=True) == [("create", "A", ANNA)]
    assert len(told(wanted({"A": {**ANNA, "phone": "+49"}}), refused)) == 1


def test_a_departure_that_was_refused_does_not_wait():
    refused = {"A": replace(live(**ANNA), refused=Wish("deleted").digest())}
    assert told(wanted({}), refused) == [("delete", "A", {})]


def test_what_is_sent_again_has_its_id_and_says_no_more_than_may_leave_now():
    create = Change("c1", "create", "A", ANNA)
    now = Wish("live", {**ANNA, "email": None, "city": "Köln"})
    assert resumed(create, now) == replace(create, fields={**ANNA, "email": None})
    assert resumed(create, Wish("withdrawn")) is None
    assert resumed(Change("c2", "withdraw", "A", {}), now) == Change("c2", "withdraw", "A", {})


def test_a_change_that_is_given_up_may_have_arrived():
    assert given_up(Held(), "create", ANNA).state == "unsure"
    assert given_up(live(**ANNA), "update", ["email"]).uncertain == {"email"}
