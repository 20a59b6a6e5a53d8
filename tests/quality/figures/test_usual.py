"""How far a figure is from what is usual: chance and habit pass, a break does not."""

from random import Random

import pytest

from quality.figures.figure import Figure, Measured
from quality.figures.usual import times_the_limit


def figure(kind, floor):
    return Figure("it", "spread", kind, "x", floor, "a reason")


def shares(*values, rows=1000):
    return [Measured("shop", "it", rows, value) for value in values]


def counts(*values):
    return [Measured("shop", "it", value, float(value)) for value in values]


def mixes(*parts, rows=1000):
    return [Measured("shop", "it", rows, mix=tuple(part.items())) for part in parts]


def times(kind, floor, figures):
    *history, now = figures
    return times_the_limit(figure(kind, floor), now, history)


def test_without_a_history_nothing_is_unusual():
    assert times("share", 0.05, shares(0.9)) == 0
    assert times("count", 0.22, counts(10)) == 0


def test_a_share_is_told_once_it_has_moved_more_than_its_floor():
    assert times("share", 0.05, shares(0.10, 0.10, 0.14)) == pytest.approx(0.8, abs=0.2)
    assert times("share", 0.05, shares(0.10, 0.10, 0.20)) > 1
    assert times("share", 0.05, shares(0.20, 0.20, 0.10)) > 1


def test_a_share_that_is_used_to_moving_may_move():
    steady, restless = shares(*[0.2] * 8), shares(0.1, 0.3, 0.12, 0.28, 0.1, 0.3, 0.2, 0.25)
    [now] = shares(0.33)
    assert times_the_limit(figure("share", 0.05), now, steady) > 1
    assert times_the_limit(figure("share", 0.05), now, restless) < 1


def test_few_rows_say_little_and_fewer_than_twenty_nothing():
    assert times("share", 0.05, shares(0.1, 0.1, 0.3, rows=40)) < 1
    assert times("share", 0.05, shares(0.1, 0.1, 0.3, rows=4000)) > 1
    assert times("share", 0.05, shares(0.0, 0.0, 1.0, rows=19)) == 0


def test_a_source_that_lost_a_quarter_is_told_and_one_that_grew_as_ever_is_not():
    assert times("count", 0.22, counts(1000, 1010, 1021, 760)) > 1
    assert times("count", 0.22, counts(1000, 1010, 1021, 1033)) < 0.2
    assert times("count", 0.22, counts(1000, 1010, 1021, 0)) > 10
    # It has doubled each day so far: standing still is the news, doubling is not.
    assert times("count", 0.22, counts(100, 200, 400, 800, 1600, 3200, 6400)) < 0.1
    assert times("count", 0.22, counts(100, 200, 400, 800, 1600, 3200, 3200)) > 1


def test_a_level_is_told_by_its_ratio():
    assert times("level", 0.22, shares(60, 61, 62, rows=10_000)) < 0.2
    assert times("level", 0.22, shares(60, 61, 100, rows=10_000)) > 1
    assert times("level", 0.22, shares(60, 61, 36, rows=10_000)) > 1


def test_a_mix_is_told_by_what_moved_from_one_part_to_another():
    was = {"DE": 0.7, "AT": 0.2, "CH": 0.1}
    assert times("mix", 0.05, mixes(was, was, {"DE": 0.68, "AT": 0.21, "CH": 0.11})) < 1
    assert times("mix", 0.05, mixes(was, was, {"DE": 0.5, "AT": 0.2, "CH": 0.1, "FR": 0.2})) > 1


def test_samples_of_one_population_are_not_told():
    dice = Random(7)
    for _ in range(300):
        share, rows = dice.uniform(0.01, 0.9), dice.choice([30, 300, 3000])
        drawn = [sum(dice.random() < share for _ in range(rows)) / rows for _ in range(6)]
        assert times("share", 0.0, shares(*drawn, rows=rows)) < 1.5
        parts = [
            {"a": value, "b": 1 - value - (1 - value) / 3, "c": (1 - value) / 3} for value in drawn
        ]
        assert times("mix", 0.02, mixes(*parts, rows=rows)) < 1.5
