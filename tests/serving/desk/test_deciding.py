"""An undo leaves each pair of records with the word that it had; a letter is a record."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dedupe.identity.constitution import Member
from dedupe.identity.ledger import record_run
from dedupe.judgement.judgements import judgements, latest_verdicts, record_judgement
from serving.desk.deciding import Signed, decide, last_judgement, standing, undo

AT = datetime(2026, 1, 1, tzinfo=UTC)
ME = Signed("max", AT, AT)


def run(store, letters):
    clusters = [[Member(record) for record in party] for party in letters.split()]
    record_run(store, clusters, run_id=letters, at=AT)


def judge(store, left, verdict, right):
    record_judgement(store, left, right, verdict, by="eva", at=AT, reason="father and son")


def words(all_judgements):
    """Pair → the word that holds for it."""
    return {a + b: word for (a, b), (_, word) in latest_verdicts(all_judgements).items()}


def decided_and_undone(store):
    kept = decide(store, "a", "x", "same", ME, reason="slip", seen=last_judgement(store))
    undo(store, kept.seq, ME)


def test_an_undo_brings_back_what_was_said_of_only_some_of_the_pairs(store):
    judge(store, "a", "different", "x")
    run(store, "ab xy")  # b and y came later
    decided_and_undone(store)
    unsaid = {"ay": "unsure", "bx": "unsure", "by": "unsure"}
    assert words(judgements(store)) == {"ax": "different", **unsaid}
    assert words(standing(store)) == {"ax": "different"}  # the queue asks about the others again


PATTERNS = [("different", "", "", ""), ("", "different", "same", ""), ("same",) * 4,
            ("same", "different", "unsure", ""), ("unsure", "", "unsure", "")]  # fmt: skip


@pytest.mark.parametrize("said", PATTERNS)
def test_an_undo_restores_any_pattern_of_words(store, said):
    run(store, "ab xy")
    before = dict(zip(("ax", "ay", "bx", "by"), said, strict=True))
    for (left, right), word in before.items():
        if word:
            judge(store, left, word, right)
    decided_and_undone(store)
    assert words(judgements(store)) == {pair: word or "unsure" for pair, word in before.items()}
    assert words(standing(store)) == {pair: word for pair, word in before.items() if word}


def test_two_verdicts_are_undone_one_after_the_other(store):
    judge(store, "a", "different", "x")
    run(store, "ab x")
    first = decide(store, "a", "x", "same", ME, reason="", seen=last_judgement(store))
    second = decide(store, "a", "x", "unsure", ME, reason="", seen=last_judgement(store))
    undo(store, second.seq, ME)
    assert words(judgements(store)) == {"ax": "same", "bx": "same"}
    assert first.seq in {one.seq for one in standing(store)}
