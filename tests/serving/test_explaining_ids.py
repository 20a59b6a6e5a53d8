"""Resolve and history show nobody who is suppressed; a letter is a record, `xy b` are two parties.

Anna (x, y) is suppressed on day 3. On day 2 she was one with Beate (b) by mistake, and parted.
"""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dedupe.answers.biography import history
from dedupe.identity.constitution import Member
from dedupe.identity.ledger import record_run
from dedupe.judgement.judging import Signature, judge
from privacy.suppressions import suppress_address, suppress_party
from serving.explaining import answer_shown, history_shown
from serving.suppressed import Suppressed
from stamm.errors import InputError
from stamm.store import Store

DAY = datetime(2026, 1, 1, tzinfo=UTC)
REASON = "Anna is Beate's daughter"


def run(store, letters, day):
    clusters = [[Member(record) for record in party] for party in letters.split()]
    at = DAY + timedelta(days=day)
    return record_run(store, clusters, run_id=f"run-{day}", at=at).assignment


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


@pytest.fixture
def parties(store):
    """Anna's and Beate's ids."""
    first = run(store, "b xy", 0)
    run(store, "bxy", 1)
    judge(store, "x,y", "b", "different", Signature("eva", DAY + timedelta(days=1), REASON))
    assert run(store, "b xy", 2) == first
    return first["x"], first["b"]


@pytest.fixture
def hidden(store, parties):
    suppress_party(store, parties[0], reason="erasure", at=DAY + timedelta(days=3))
    return parties


def test_while_nobody_is_suppressed_all_is_told(store, parties):
    anna, beate = parties
    assert answer_shown(store, anna).records == ("x", "y")
    assert history_shown(store, beate) == history(store, beate)
    assert {REASON in one.why for one in history(store, beate)} == {True, False}


def test_a_suppressed_party_does_not_answer_today_nor_for_the_past(store, hidden):
    anna, _ = hidden
    for asked in (anna, "x", "y"):
        for moment in (None, DAY, DAY + timedelta(days=1)):
            with pytest.raises(InputError, match=f"{asked}: .* this one is suppressed"):
                answer_shown(store, asked, moment)


def test_another_party_answers_without_the_records_that_are_hidden_now(store, hidden):
    _, beate = hidden
    then = DAY + timedelta(days=1)  # Beate's id held Anna's records
    assert answer_shown(store, beate, then).records == ("b",)
    assert answer_shown(store, "b").records == ("b",)


def test_a_merge_hides_who_took_the_suppressed_party_in(store, hidden):
    anna, beate = hidden
    run(store, "bxy", 4)
    for asked in (anna, beate, "b"):
        with pytest.raises(InputError, match="this one is suppressed"):
            answer_shown(store, asked)
    assert all(one.why == "" for one in history_shown(store, beate))


def test_the_history_of_another_party_names_no_suppressed_one(store, hidden):
    anna, beate = hidden
    for asked in (beate, "b"):
        told = history_shown(store, asked)
        assert told
        assert {one.other for one in told} <= {None, "b", beate}
        assert all(REASON not in one.why and anna not in one.why for one in told)
    events = [(one.what, one.other) for one in history_shown(store, beate)]
    assert ("took in", None) in events
    assert ("was judged different", None) in events


def test_the_history_of_who_is_suppressed_tells_ids_and_times_and_no_words(store, hidden):
    anna, _ = hidden
    expected = [replace(one, why="") for one in history(store, anna)]
    assert history_shown(store, anna) == expected


def test_words_that_name_a_suppressed_address_are_not_told(store):
    first = run(store, "b c", 0)
    words = "both wrote from „bea@web.de“"
    judge(store, "b", "c", "different", Signature("eva", DAY, words))
    assert any(words in one.why for one in history_shown(store, first["b"]))
    suppress_address(store, "Bea@web.de", reason="erasure", at=DAY)
    for asked in (first["b"], first["c"], "b"):
        told = history_shown(store, asked)
        assert "was judged different" in {one.what for one in told}
        assert not any("bea@web.de" in one.why for one in told)
    told = history_shown(store, "b", Suppressed(addresses=frozenset({"bea@web.de"})))
    assert not any("bea@web.de" in one.why for one in told)
