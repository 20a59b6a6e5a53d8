"""Pushes against a target that fails, lies dead or is killed: whatever happens, it ends well."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sinks.difference import Wanted
from connectors.sinks.ledger import Ledger
from connectors.sinks.push import push
from stamm.clock import ManualClock
from stamm.store import Store
from tests.connectors.sinks.target import Customer, Killed, Target, should_hold, wanted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA = {"family_name": "Beck", "email": "anna@example.org"}
BEN = {"family_name": "Roth", "email": None}


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "state.db")
    yield store
    store.close()


@pytest.fixture
def ledger(store):
    return Ledger(store, "crm", ManualClock(NOON))


def pushed(target, wishes, ledger, **options):
    return push(target, wishes, ledger, ManualClock(NOON), **options)


def log(store):
    rows = store.query("select operation, party_id, outcome, reason from sink_log order by seq")
    return [tuple(row) for row in rows]


def test_a_push_makes_the_target_hold_the_outbox_and_the_next_one_sends_nothing(ledger):
    target = Target()
    first = pushed(target, wanted({"A": ANNA, "B": BEN}), ledger)
    assert (first.sent, first.complete) == (Counter(create=2), True)
    assert target.rows == {"A": Customer("live", ANNA), "B": Customer("live", BEN)}
    assert pushed(target, wanted({"A": ANNA, "B": BEN}), ledger).sent.total() == 0
    assert len(target.asked) == 2
    assert ledger.held()["A"].external_key == "K-A"


def test_only_failed_rows_are_tried_again_and_after_a_pause(ledger, store):
    fails = iter([True, False])
    target = Target(lambda c: "failed" if c.party_id == "A" and next(fails) else "none")
    clock = ManualClock(NOON)
    done = push(target, wanted({"A": ANNA, "B": BEN}), ledger, clock)
    assert [change.party_id for change in target.asked] == ["A", "B", "A"]
    assert len({change.change_id for change in target.asked}) == 2
    assert 0.5 <= (clock.now() - NOON).total_seconds() <= 1.0
    assert (done.sent.total(), done.failed) == (2, 0)
    assert log(store) == [
        ("create", "A", "failed", "HTTP 503"),
        ("create", "B", "sent", ""),
        ("create", "A", "sent", ""),
    ]


def test_a_target_where_everything_fails_is_left_alone_after_five_rows(ledger):
    target = Target(lambda _: "failed")
    done = pushed(target, wanted({f"P{n}": BEN for n in range(40)}), ledger, batch=10)
    assert len(target.asked) == 3 * 5  # rounds
    assert (done.sent.total(), done.failed, done.complete) == (0, 10, False)
    target.fault = lambda _: "none"
    assert pushed(target, wanted({f"P{n}": BEN for n in range(40)}), ledger).sent.total() == 40


def test_a_target_that_cannot_be_reached_ends_the_push_and_nothing_is_lost(ledger):
    target = Target(lambda c: "unreachable" if c.party_id == "B" else "none")
    done = pushed(target, wanted({"A": ANNA, "B": BEN, "C": BEN}), ledger)
    assert (done.sent.total(), done.failed) == (1, 2)
    assert "expected an answer" in str(done.error)
    target.fault = lambda _: "none"
    assert pushed(target, wanted({"A": ANNA, "B": BEN, "C": BEN}), ledger).complete
    assert sorted(target.rows) == ["A", "B", "C"]


def test_a_refused_row_is_a_dead_letter_with_its_reason_until_its_values_change(ledger):
    target = Target(lambda c: "refused" if c.fields.get("email") == ANNA["email"] else "none")
    done = pushed(target, wanted({"A": ANNA, "B": BEN}), ledger)
    assert (done.sent.total(), done.refused, done.waiting) == (1, 1, 0)
    assert [(x.party_id, x.operation, x.reason) for x in ledger.letters()] == [
        ("A", "create", "HTTP 422")
    ]
    done = pushed(target, wanted({"A": ANNA, "B": BEN}), ledger)
    assert (done.refused, done.waiting, len(target.asked)) == (0, 1, 2)
    assert pushed(target, wanted({"A": ANNA, "B": BEN}), ledger, again=True).refused == 1
    assert pushed(target, wanted({"A": BEN, "B": BEN}), ledger).sent.total() == 1
    assert ledger.letters() == []


def test_a_loser_whose_merge_is_refused_is_not_left_in_use(ledger):
    """A consent withdrawn after it would reach the survivor only."""
    target = Target()
    pushed(target, wanted({"A": ANNA, "S": BEN}), ledger)
    target.fault = lambda c: "refused" if c.operation == "merge" else "none"
    pushed(target, wanted({"S": BEN}, A="S"), ledger)
    pushed(target, wanted({"S": BEN}, A="S"), ledger)
    assert target.rows["A"] == Customer("withdrawn")
    asked = len(target.asked)
    assert pushed(target, wanted({"S": BEN}, A="S"), ledger).waiting == 1
    assert len(target.asked) == asked
    target.fault = lambda _: "none"
    pushed(target, wanted({"S": BEN}, A="S"), ledger, again=True)
    assert target.rows["A"] == Customer("merged", {}, "S")


def test_a_loser_waits_out_of_use_for_a_survivor_that_the_target_refuses(ledger):
    target = Target()
    pushed(target, wanted({"A": ANNA}), ledger)
    target.fault = lambda c: "refused" if c.party_id == "S" else "none"
    done = pushed(target, wanted({"S": ANNA}, A="S"), ledger)
    assert (done.refused, done.waiting, target.rows["A"].state) == (1, 1, "withdrawn")
    target.fault = lambda _: "none"
    pushed(target, wanted({"S": ANNA}, A="S"), ledger, again=True)
    assert target.rows["A"] == Customer("merged", {}, "S")


def test_what_was_suppressed_after_a_crash_is_not_sent_again(ledger):
    """The create may have arrived; it is taken back and the customer withdrawn under its id."""
    target = Target(lambda _: "killed")
    with pytest.raises(Killed):
        pushed(target, wanted({"A": ANNA}), ledger)
    target.fault = lambda _: "none"
    done = pushed(target, wanted({}, living="A"), ledger)
    assert done.sent == Counter(withdraw=1)
    assert all(not change.fields for change in target.asked[1:])


def test_an_address_suppressed_after_a_crash_is_not_sent_again_and_is_taken_away(ledger):
    """It may have arrived with the first sending; only an update can tell."""
    target = Target(lambda _: "killed_after")
    with pytest.raises(Killed):
        pushed(target, wanted({"A": ANNA}), ledger)
    target.fault = lambda _: "none"
    pushed(target, wanted({"A": {**ANNA, "email": None}}), ledger)
    assert [change.fields.get("email") for change in target.asked[1:]] == [None, None]
    assert target.rows["A"].fields["email"] is None
    assert len({change.change_id for change in target.asked}) == 2


def test_who_is_suppressed_while_a_push_is_under_way_is_not_sent_any_more(ledger):
    """After the first batch B is suppressed, and C's address; D is held already and leaves."""
    target = Target()
    pushed(target, wanted({"D": BEN}), ledger)
    before = wanted({"A": ANNA, "B": ANNA, "C": ANNA, "D": {**BEN, "email": "ben@example.org"}})
    after = wanted({"A": ANNA, "C": BEN}, living="BD")
    asked = len(target.asked)
    done = pushed(
        target, before, ledger, batch=1,
        now=lambda: before if len(target.asked) == asked else after,
    )  # fmt: skip
    assert done.complete
    assert target.rows == should_hold(target, after)
    assert [(c.operation, c.party_id) for c in target.asked[asked:]] == [
        ("create", "A"), ("create", "C"), ("withdraw", "D"),
    ]  # fmt: skip
    assert [c.fields.get("email") for c in target.asked[asked:]] == [ANNA["email"], None, None]


def test_an_intent_of_somebody_suppressed_before_it_is_sent_again_is_taken_back(ledger):
    target = Target(lambda _: "taken")
    pushed(target, wanted({"A": ANNA}), ledger)
    target.fault = lambda _: "none"
    before, after = wanted({"A": ANNA}), wanted({}, living="A")
    pushed(target, before, ledger, now=lambda: after)
    assert target.rows["A"].state == "withdrawn"
    assert ledger.intents() == []


def test_nothing_of_a_deleted_customer_stays_in_the_store(store, ledger, tmp_path):
    target = Target()
    pushed(target, wanted({"A": ANNA}), ledger)
    assert store.query("select 1 from sink_sent")
    pushed(target, wanted({}), ledger)
    assert (target.rows, store.query("select 1 from sink_sent")) == ({}, [])
    assert "Beck" not in str([tuple(row) for row in store.query("select * from sink_rows")])


PARTIES = "ABCDE"
VALUES = st.fixed_dictionaries({"family_name": st.sampled_from(["Beck", "Roth"]),
                                "email": st.sampled_from([None, "a@example.org"])})  # fmt: skip
FAULTS = st.sampled_from(
    ["none", "none", "none", "refused", "failed", "taken", "unreachable", "killed", "killed_after"]
)


@st.composite
def builds(draw):
    """An outbox; of who is not in it some live, some became another one, some are gone."""
    rows, living, resolves = {}, set(), {}
    for party in PARTIES:
        fate = draw(st.sampled_from(["out", "out", "lives", "merged", "gone"]))
        if fate == "out":
            rows[party] = draw(VALUES)
        elif fate == "lives":
            living.add(party)
        elif fate == "merged":
            resolves[party] = draw(st.sampled_from(PARTIES))
    return Wanted(rows, {*rows, *living}, resolves)


@settings(deadline=None)
@given(
    history=st.lists(st.tuples(builds(), st.lists(FAULTS, max_size=12)), max_size=5),
       last=builds())  # fmt: skip
def test_from_any_state_and_after_any_crash_the_target_ends_with_the_outbox(history, last):
    store = Store.open(Path(":memory:"))
    target, ledger = Target(), Ledger(store, "crm", ManualClock(NOON))
    for wishes, faults in history:
        left = iter(faults)
        target.fault = lambda _, left=left: next(left, "none")
        with suppress(Killed):
            pushed(target, wishes, ledger, batch=2)
    target.fault = lambda _: "none"
    assert pushed(target, last, ledger, batch=2, again=True).complete
    assert target.rows == should_hold(target, last)
    before = len(target.asked)
    assert pushed(target, last, ledger).counts() == {
        "sent": 0, "refused": 0, "failed": 0, "waiting": 0,
    }  # fmt: skip
    assert len(target.asked) == before
    assert len({change.change_id for change in target.taken}) == len(target.taken)
    store.close()
