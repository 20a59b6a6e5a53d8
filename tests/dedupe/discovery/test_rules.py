"""Blocking rules that could be."""

from dedupe.discovery.rules import candidates
from dedupe.specification import Comparison, load_specification

ADDRESS = next(c for c in load_specification("person").comparisons if c.name == "address")


def compared(column):
    """A column of the user's, compared by equality."""
    when = {"test": "equal", "column": column}
    levels = [
        {"name": "equal", "when": [when], "m": 0.8, "origin": "test"},
        {"name": "different", "m": 0.2, "origin": "test"},
    ]
    return Comparison.model_validate({"name": column, "needs": [column], "levels": levels})


def names(*comparisons):
    columns = ["city", *(c.name for c in comparisons)]
    return {rule.columns: rule.name for rule in candidates(comparisons, dict.fromkeys(columns))}


def test_a_rule_is_called_by_its_columns():
    found = names(ADDRESS, compared("x_branch"))
    assert found[("city",)] == "same_city"
    assert found[("x_branch",)] == "same_branch"
    assert found["city", "x_branch"] == "same_city_and_branch"


def test_no_two_rules_bear_one_name():
    """A town of ours and one of the user's; a column called as two others together."""
    user = ("x_city", "x_x_city", "x_a", "x_b", "x_a_and_b", "x_x_a_and_x_b")
    found = names(ADDRESS, *map(compared, user))
    assert found[("city",)] == "same_city"
    assert found[("x_city",)] == "same_x_city"
    assert len(set(found.values())) == len(found)
