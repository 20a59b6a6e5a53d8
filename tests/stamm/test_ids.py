"""Record ids are opaque and keyed; load ids sort by time."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from stamm.clock import ManualClock
from stamm.ids import new_ulid, record_id

KEY = b"k" * 32
NAMES = st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"]), max_size=8)


@given(st.tuples(NAMES, NAMES, NAMES), st.tuples(NAMES, NAMES, NAMES))
def test_two_records_share_an_id_only_if_source_stream_and_key_are_equal(a, b):
    assert (record_id(KEY, *a) == record_id(KEY, *b)) == (a == b)


def test_an_id_does_not_show_its_key_and_depends_on_the_secret():
    found = record_id(KEY, "shop", "customers", "anna@example.org")
    assert "anna" not in found
    assert len(found) == 32
    assert found != record_id(b"x" * 32, "shop", "customers", "anna@example.org")


def test_load_ids_sort_by_time():
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    first = new_ulid(clock)
    clock.sleep(0.01)
    assert first < new_ulid(clock)
