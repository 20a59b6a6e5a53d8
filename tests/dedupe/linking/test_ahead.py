"""Results come in order, and no more is asked for than is in work."""

from __future__ import annotations

import pytest

from dedupe.linking.ahead import AHEAD, worked_ahead


@pytest.mark.parametrize("many", [0, 1, AHEAD, AHEAD + 1, 20])
def test_results_come_in_the_order_of_what_was_asked(many):
    assert list(worked_ahead(str, range(many))) == [str(n) for n in range(many)]


def test_the_next_thing_is_asked_for_when_a_result_was_taken():
    asked = []
    results = worked_ahead(str, (asked.append(n) or n for n in range(10)))
    assert asked == []
    for taken in range(1, 8):
        next(results)
        assert len(asked) == taken - 1 + AHEAD


def test_an_error_comes_where_its_result_would():
    results = worked_ahead((1).__truediv__, [1, 0, 2])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
