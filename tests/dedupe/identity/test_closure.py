"""A change decided on its part of the ledger is the change decided on all of it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.identity import ledger
from dedupe.identity.closure import changed_since, position, record_change
from dedupe.identity.constitution import Member
from dedupe.identity.memberships import follow_alias
from dedupe.judgement.record_aliases import state_aliases
from stamm.store import Store
from tests.dedupe.stores import store_in_memory

DAY = datetime(2026, 1, 1, tzinfo=UTC)
BORN = datetime.fromisoformat("2020-01-01")
LETTERS = "abcdefghij"


def clusters(text: str) -> list[list[Member]]:
    """`ab c` are two clusters; a letter tells the age."""
    return [[Member(r, BORN + timedelta(ord(r))) for r in word] for word in text.split()]


def lookup(text: str):
    """The present clusters of some records."""
    return lambda records: [c for c in clusters(text) if {m.record_id for m in c} & set(records)]


def changed(before: str, now: str) -> set[str]:
    """Records whose cluster is another one than before, and those that went."""
    old, new = ({frozenset(word) for word in text.split()} for text in (before, now))
    return {record for word in old ^ new for record in word}


def content(store: Store) -> list[list[tuple]]:
    return [
        [tuple(row) for row in store.query(f"select * from {table} order by 1")]
        for table in ("party_mints", "party_events", "party_memberships")
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """Up to seven runs; each puts some of ten records into up to five clusters."""
    runs, places = [], draw(st.lists(st.integers(0, 5), min_size=10, max_size=10))
    for _ in range(draw(st.integers(1, 7))):
        moved = draw(st.dictionaries(st.integers(0, 9), st.integers(0, 5), max_size=3))
        places = [moved.get(i, place) for i, place in enumerate(places)]
        words = ["".join(r for r, p in zip(LETTERS, places, strict=True) if p == n)
                 for n in range(1, 6)]  # fmt: skip
        runs.append(" ".join(filter(None, words)))
    return runs


@settings(max_examples=150, deadline=None)
@given(histories())
def test_the_ledger_is_the_same_whether_a_run_looks_at_all_or_at_what_changed(runs):
    with closing(store_in_memory()) as whole, closing(store_in_memory()) as part:
        before = ""
        for day, text in enumerate(runs):
            told = {"run_id": f"run-{day}", "at": DAY + timedelta(day)}
            everything = ledger.record_run(whole, clusters(text), **told)
            decision = record_change(part, changed(before, text), lookup(text), **told)
            assert decision.events == everything.events
            assert decision.assignment.items() <= everything.assignment.items()
            stayed = everything.assignment.keys() - decision.assignment.keys()
            state = ledger.load_state(part)
            assert {r: state.holder[r] for r in stayed} == {
                r: everything.assignment[r] for r in stayed
            }
            assert content(part) == content(whole)
            before = text


def test_only_what_hangs_together_is_looked_at():
    with closing(store_in_memory()) as store:
        first = ledger.record_run(store, clusters("ab c de f"), run_id="1", at=DAY)
        decision = record_change(store, {"c"}, lookup("abc de f"), run_id="2", at=DAY)
        assert set(decision.assignment) == {"a", "b", "c"}
        assert set(decision.assignment.values()) == {first.assignment["a"]}
        assert len(decision.state.parties) == 2


def test_a_ledger_that_went_on_without_us_names_the_records_to_look_at_again():
    with closing(store_in_memory()) as store:
        ledger.record_run(store, clusters("a b c"), run_id="1", at=DAY)
        noted = position(store)
        assert changed_since(store, noted) == set()
        ledger.record_run(store, clusters("ab c"), run_id="2", at=DAY)
        assert changed_since(store, noted) == {"b"}
        noted = position(store)
        ledger.record_run(store, clusters("ab"), run_id="3", at=DAY)
        assert changed_since(store, noted) == {"c"}


def test_a_founder_is_found_by_its_newer_name():
    with closing(store_in_memory()) as store:
        ids = ledger.record_run(store, clusters("ab c"), run_id="1", at=DAY).assignment
        noted = position(store)
        state_aliases(store, [("a", "x")], by="anna", at=DAY, reason="new keys")
        follow_alias(store, "a", "x", run_id="alias", at=DAY)
        assert changed_since(store, noted) == {"a", "x"}
        # Founder x leaves b behind and takes the id along, as a would have.
        decision = record_change(store, {"a", "b", "x"}, lookup("x b c"), run_id="2", at=DAY)
        assert decision.assignment["x"] == ids["a"]
        assert decision.assignment["b"] != ids["a"]
