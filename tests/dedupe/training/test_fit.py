"""The numbers of a model from counted patterns alone."""

import numpy as np
import pytest

from dedupe.training.fit import Chance, Patterns, fit
from tests.dedupe.small_model import specification

# Codes of family_name (1 to 3) and birth_date (1, 2), and pairs that have them.
PATTERNS = Patterns(
    np.array([[3, 2], [3, 1], [2, 2], [1, 2], [1, 1]], dtype=np.int8),
    np.array([400.0, 900.0, 60.0, 300.0, 50.0]),
)
CHANCE = Chance([np.array([0.9, 0.06, 0.04]), np.array([0.97, 0.03])], [0.0, 0.0], 2000)


def fitted(**alternative):
    stated = {"name": "household", "alike": {}, "share": 0.2, "origin": "test", **alternative}
    return fit(specification(alternative=stated), PATTERNS, CHANCE)


@pytest.mark.parametrize("alike", [{}, {"family_name": 0.6}])
def test_people_of_a_household_agree_by_chance_in_what_the_alternative_does_not_name(alike):
    named = [name for name in ("family_name", "birth_date") if name not in alike]
    found = fitted(as_strangers=[], alike=alike)
    stated = fitted(as_strangers=named, alike=alike)
    for one, other in zip(found.tables, stated.tables, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert np.array_equal(found.shares, stated.shares)
