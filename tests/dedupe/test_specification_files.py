"""A specification that cannot be read says what was expected, and where."""

from __future__ import annotations

import pytest

from dedupe.specification import MOST_COMPARISONS, load_specification, written
from stamm.errors import InputError


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        ("version: [1", "expected a specification in YAML"),
        ("version: 1\n", "party_type"),
        ("- 1\n", "Specification"),
    ],
)
def test_a_file_that_is_no_specification_is_a_clear_error(tmp_path, content, says):
    path = tmp_path / "own.yml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says) as refused:
        load_specification("person", path)
    assert "own.yml" in str(refused.value)


def test_a_column_whose_values_count_by_two_levels_is_refused(tmp_path):
    stated = load_specification("person")
    twice = stated.comparisons[0].model_copy(update={"name": "again"})
    path = tmp_path / "own.yml"
    path.write_text(written(stated.model_copy(update={
        "comparisons": (*stated.comparisons, twice)
    })), encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError, match="own.yml.*given: expected as term_frequency of one"):
        load_specification("person", path)


def test_more_comparisons_than_a_pattern_has_room_for_are_refused(tmp_path):
    stated = load_specification("person")
    other = [
        stated.comparisons[0].model_copy(update={"name": f"c{place}"})
        for place in range(MOST_COMPARISONS)
    ]
    path = tmp_path / "own.yml"
    path.write_text(written(stated.model_copy(update={
        "comparisons": (*stated.comparisons, *other)
    })), encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError, match="own.yml.*at most 21 comparisons, found 29"):
        load_specification("person", path)
