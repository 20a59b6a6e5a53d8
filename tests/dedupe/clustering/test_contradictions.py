"""Judgements that contradict each other are listed; "different" wins in clustering."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dedupe.clustering.contradictions import Contradiction, contradictions
from dedupe.judgement.judgements import Judgement

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def judged(text: str) -> list[Judgement]:
    """`a=b ab#c`: a and b are the same, a and b are different from c."""
    found = []
    for seq, word in enumerate(text.split(), start=1):
        verdict = {"=": "same", "#": "different", "?": "unsure"}[
            next(sign for sign in word if sign in "=#?")
        ]
        left, right = word.replace("#", "=").replace("?", "=").split("=")
        sides = (frozenset(left), frozenset(right))
        found.append(Judgement(seq, NOW, "eva", verdict, *sides, reason="called"))
    return found


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("a=b b=c", []),
        ("a=b c#d", []),
        ("a=b b=c a#c", [Contradiction("a", "c", 3, (1, 2))]),
        ("a#c a=b b=c", [Contradiction("a", "c", 1, (2, 3))]),
        ("a=b a#b", []),  # the latest word counts: nothing contradicts it
        ("a=b b=c a#c b?c", []),  # taken back
        ("ab=c a#b", [Contradiction("a", "b", 2, (1,))]),
        ("a=b b=c c=d a=d d#b", [Contradiction("b", "d", 5, (1, 4))]),  # by the shortest chain
    ],
)
def test_a_different_that_a_chain_of_same_contradicts(said, expected):
    assert contradictions(judged(said)) == expected
