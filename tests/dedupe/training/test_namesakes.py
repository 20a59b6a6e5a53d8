"""Namesakes: how many records bear a name tells how likely two of them are one person."""

import numpy as np
import pytest

from dedupe.training.namesakes import MOST_RECORDS, NameCounts, learn_namesakes

PEOPLE = 30_000
# How many people to expect of a name: many rare ones, some usual ones.
EXPECTED = np.array([0.001, 0.01, 0.1, 1.0])
SIZES = np.array([0.0, 0.5, 0.3, 0.2])  # one, two or three records of each person


def drawn(seed=3, spread=1.0):
    """Whole names by (records, bin), and the true share of pairs that are one person's."""
    dice = np.random.default_rng(seed)
    names = np.zeros((MOST_RECORDS + 1, len(EXPECTED)))
    same, pairs = np.zeros_like(names), np.zeros_like(names)
    for place, expected in enumerate(EXPECTED):
        bearers = dice.poisson(spread * expected, PEOPLE)
        name = np.repeat(np.arange(PEOPLE), bearers)
        sizes = dice.choice(len(SIZES), size=len(name), p=SIZES)
        n = np.minimum(np.bincount(name, sizes, PEOPLE).astype(int), MOST_RECORDS)
        inside = np.bincount(name, sizes * (sizes - 1) // 2, PEOPLE)
        names[:, place] = np.bincount(n[bearers > 0], minlength=MOST_RECORDS + 1)
        same[:, place] = np.bincount(n, inside, MOST_RECORDS + 1)
        pairs[:, place] = np.bincount(n, n * (n - 1) // 2, MOST_RECORDS + 1)
    return NameCounts(names, EXPECTED), same / np.maximum(pairs, 1), pairs


def test_the_sizes_of_parties_are_learnt_without_a_single_label():
    counts, _, _ = drawn()
    assert learn_namesakes(counts).sizes[1:4] == pytest.approx(SIZES[1:], abs=0.02)


@pytest.mark.parametrize("spread", [1.0, 4.0])
def test_the_chance_that_two_records_of_a_name_are_one_persons_is_found(spread):
    counts, truth, pairs = drawn(spread=spread)
    found = learn_namesakes(counts).same
    often = pairs > 2000  # of fewer, the truth itself is not known well
    assert found[often] == pytest.approx(truth[often], abs=0.08)


def test_more_records_than_a_person_has_are_namesakes():
    counts, _, _ = drawn()
    same = learn_namesakes(counts).same
    rare = 1  # expected 0.01
    assert same[2, rare] > 0.9
    assert same[6, rare] < 0.5
