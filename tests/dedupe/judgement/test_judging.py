"""Decisions in the words of golden ids: a letter is a record, `ab c` are two parties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dedupe.clustering.clusters import Decisions
from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from dedupe.identity.memberships import members
from dedupe.judgement.judgements import decisions, judgements
from dedupe.judgement.judging import Signature, alias, judge, merge, side, unmerge
from dedupe.judgement.record_aliases import aliases
from stamm.errors import InputError, UsageError
from stamm.store import Store

AT = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED = Signature("eva", AT, "called them")


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def run(store, text: str, day: int = 1) -> dict[str, str]:
    """A run that found these parties; record → golden id."""
    born = datetime.fromisoformat("2020-01-01")
    clusters = [[Member(r, born + timedelta(ord(r))) for r in word] for word in text.split()]
    at = AT + timedelta(days=day)
    return dict(ledger.record_run(store, clusters, run_id=f"run-{day}", at=at).assignment)


def kept(store) -> list[tuple[str, str, str]]:
    """Judgements as (left, verdict, right), letters joined."""
    return [
        ("".join(sorted(j.left)), j.verdict, "".join(sorted(j.right))) for j in judgements(store)
    ]


def test_a_golden_id_stands_for_all_its_records_and_a_record_for_itself(store):
    ids = run(store, "ab c")
    judge(store, ids["a"], "c", "different", SIGNED)
    assert kept(store) == [("ab", "different", "c")]
    [judgement] = judgements(store)
    assert (judgement.judged_by, judgement.judged_at, judgement.reason) == (
        "eva", AT, "called them",
    )  # fmt: skip


def test_an_id_that_was_merged_away_stands_for_the_one_that_took_it_in(store):
    gone = run(store, "a b c")["b"]
    run(store, "ab c", 2)
    asked = side(store, gone)
    assert asked.records == {"a", "b"}
    assert asked.party_id == ledger.resolve(store, gone)


def test_several_records_can_be_one_side(store):
    run(store, "abc d")
    judge(store, "a, b", "d", "unsure", SIGNED)
    assert kept(store) == [("ab", "unsure", "d")]


def test_a_merge_of_three_says_of_each_that_it_belongs_to_all_before(store):
    ids = run(store, "ab c d")
    merge(store, [ids["a"], "c", ids["d"]], SIGNED)
    assert kept(store) == [("ab", "same", "c"), ("abc", "same", "d")]


def test_an_unmerge_parts_records_from_the_rest_of_their_party(store):
    run(store, "abcd e")
    unmerge(store, ["b", "c"], SIGNED)
    assert kept(store) == [("bc", "different", "ad")]


def test_a_later_merge_takes_an_unmerge_back(store):
    ids = run(store, "ab")
    unmerge(store, ["a"], SIGNED)
    ids = run(store, "a b", 2)
    merge(store, [ids["a"], ids["b"]], SIGNED)
    told = decisions(judgements(store), {"a": 0, "b": 1})
    assert told == Decisions(((0, 1),), frozenset(), frozenset({0, 1}))


@pytest.mark.parametrize(
    ("decide", "says"),
    [
        (lambda s: judge(s, "a", "a,c", "different", SIGNED), "1 on both"),
        (lambda s: judge(s, "a,b", "b", "same", SIGNED), "they are one already"),
        (lambda s: merge(s, ["a"], SIGNED), "two or more"),
        (lambda s: unmerge(s, ["a", "c"], SIGNED), "of one golden party, found those of 2"),
        (lambda s: unmerge(s, ["c"], SIGNED), "found no other"),
        (lambda s: judge(s, "a", "c", "same", Signature("eva", AT, " ")), "expected a reason"),
    ],
)
def test_a_decision_that_says_nothing_is_refused_and_not_kept(store, decide, says):
    run(store, "ab c")
    with pytest.raises(UsageError, match=says):
        decide(store)
    assert kept(store) == []


def test_what_no_run_has_seen_is_refused(store):
    run(store, "ab")
    with pytest.raises(InputError, match="x: expected a golden id or a record id"):
        judge(store, "a", "x", "same", SIGNED)


def test_after_a_re_keying_ids_memberships_and_judgements_follow(store):
    before = run(store, "ab c")
    judge(store, "a", "c", "different", SIGNED)
    assert alias(store, [("a", "n"), ("c", "m")], SIGNED) == 2
    assert members(store, before["a"]) == {"a", "b", "n"}
    assert run(store, "nb m", 2) == {"n": before["a"], "b": before["a"], "m": before["c"]}
    assert {e.event for e in ledger.events(store)} == {"created"}
    apart = decisions(judgements(store), {"n": 0, "b": 1, "m": 2}).apart
    assert apart == {(0, 2)}
    unmerge(store, ["a"], SIGNED)  # the old name still works
    assert kept(store)[-1][0] == "n"


def test_a_re_keyed_founder_keeps_its_id_when_its_party_splits(store):
    before = run(store, "abc")["a"]
    alias(store, [("a", "n")], SIGNED)
    after = run(store, "n bc", 2)
    assert after["n"] == before
    assert after["b"] != before


def test_a_part_cut_from_a_re_keyed_record_follows(store):
    org = [Member("a#org")]
    before = dict(ledger.record_run(store, [org, [Member("a")]], run_id="1", at=AT).assignment)
    alias(store, [("a", "n")], SIGNED)
    renamed = [[Member("n#org")], [Member("n")]]
    after = dict(ledger.record_run(store, renamed, run_id="2", at=AT).assignment)
    assert after == {"n#org": before["a#org"], "n": before["a"]}


def test_a_new_name_that_already_has_a_party_keeps_it_and_the_old_id_leads_there(store):
    old = run(store, "a")["a"]
    new = run(store, "n", 2)["n"]
    alias(store, [("a", "n")], SIGNED)
    assert run(store, "n", 3)["n"] == new
    assert ledger.resolve(store, old) == new


@pytest.mark.parametrize("pairs", [[("a", "n"), ("n", "m")], [("n", "m"), ("a", "n")]])
def test_a_chain_of_new_names_in_one_file_keeps_the_id(store, pairs):
    before = run(store, "a x")["a"]
    assert alias(store, pairs, SIGNED) == 2
    assert run(store, "m x", 2)["m"] == before


@pytest.mark.parametrize(
    ("pairs", "says", "hint"),
    [
        ([("x", "y")], "found x, which no run has seen", "before the next run"),
        ([("n", "a")], "found n, which no run has seen", "a is known: the other way round"),
        ([("x", "y"), ("u", "v")], "found 2 that no run has seen, such as x", "before the next"),
    ],
)
def test_old_names_of_which_nobody_knows_any_are_refused(store, pairs, says, hint):
    run(store, "a")
    with pytest.raises(InputError, match=says) as raised:
        alias(store, pairs, SIGNED)
    assert hint in raised.value.hint
    assert aliases(store).newer == {}


def test_the_same_statement_may_come_again(store):
    run(store, "a")
    assert [alias(store, [("a", "b")], SIGNED) for _ in range(2)] == [1, 0]


def test_records_that_no_party_ever_held_are_passed_over(store):
    run(store, "a")
    assert alias(store, [("x", "y"), ("a", "b")], SIGNED) == 1


def rekey(store, old: str, new: str, day: int) -> None:
    alias(store, [(old, new)], Signature("eva", AT + timedelta(days=day), "new keys"))


def test_an_old_name_belongs_to_whoever_holds_the_new_one(store):
    ids = run(store, "ax b")
    rekey(store, "x", "n", 2)
    assert members(store, ids["a"]) == {"a", "n", "x"}
    run(store, "a bn", 3)
    assert members(store, ids["a"]) == {"a"}
    assert members(store, ids["a"], AT + timedelta(days=2)) == {"a", "n", "x"}
    assert members(store, ids["a"], AT + timedelta(days=1)) == {"a", "x"}


def test_a_key_that_is_given_to_somebody_else_is_that_persons(store):
    run(store, "a x")
    rekey(store, "x", "n", 2)
    later = run(store, "ax n", 3)
    assert members(store, later["a"]) == {"a", "x"}
    assert members(store, later["n"]) == {"n"}


def test_different_says_nothing_of_a_record_that_left_under_its_new_name(store):
    """A steward said that n, once a's x, is b's. That a and b are different does not undo it."""
    ids = run(store, "ax b")
    rekey(store, "x", "n", 2)
    run(store, "an b", 3)
    unmerge(store, ["n"], SIGNED)
    judge(store, "n", ids["b"], "same", SIGNED)
    run(store, "a bn", 4)
    judge(store, ids["a"], ids["b"], "different", SIGNED)
    assert kept(store)[-1] == ("a", "different", "bn")
    told = decisions(judgements(store), {"a": 0, "b": 1, "n": 2})
    assert (told.together, told.apart) == (((1, 2),), {(0, 1), (0, 2)})


def test_a_record_is_not_parted_from_its_own_old_name(store):
    run(store, "x")
    rekey(store, "x", "n", 2)
    run(store, "n", 3)
    with pytest.raises(UsageError, match="found no other"):
        unmerge(store, ["n"], SIGNED)
    assert kept(store) == []
