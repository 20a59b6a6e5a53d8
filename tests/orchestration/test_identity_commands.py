"""`stamm judge`, `merge`, `unmerge`, `alias`, `resolve` and `history`, as a shell sees them."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from dedupe.answers.links import Link
from dedupe.answers.why import Cell, Lost
from dedupe.identity.constitution import Member
from dedupe.identity.ledger import record_run
from dedupe.judgement.judgements import judgements
from orchestration.cli.identity import _show, _show_link
from orchestration.cli.main import app
from privacy.suppressions import suppress_party
from stamm.home import Home
from stamm.ids import record_id
from stamm.store import Store

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    with closing(Store.open(Home(tmp_path / "data").prepare().store)) as opened:
        yield opened


@pytest.fixture
def ids(store):
    """Three parties: a with b, c, d."""
    clusters = [[Member("a"), Member("b")], [Member("c")], [Member("d")]]
    return dict(record_run(store, clusters, run_id="run-1", at=AT).assignment)


def stamm(*arguments):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.exception or result.output
    return result.stdout


def refused(*arguments):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code
    return str(result.exception)


def test_a_judgement_is_kept_and_says_that_the_next_run_applies_it(store, ids):
    said = stamm("judge", ids["a"], "c", "different", "--why", "two sisters")
    assert f"2 records of {ids['a']} against 1 record" in said
    assert "The next `stamm run` applies it." in said
    [kept] = judgements(store)
    assert (kept.verdict, kept.reason) == ("different", "two sisters")
    assert kept.judged_by


def test_merge_and_unmerge_tell_a_script_both_sides(store, ids):
    merged = json.loads(stamm("merge", "c", "d", "--why", "one firm", "--json"))
    assert [(m["verdict"], m["left"]["records"], m["right"]["records"]) for m in merged] == [
        ("same", ["c"], ["d"])
    ]
    [parted] = json.loads(stamm("unmerge", "b", "--why", "the daughter", "--json"))
    assert (parted["left"]["records"], parted["right"]["records"]) == (["b"], ["a"])


def test_a_decision_without_a_reason_or_about_nobody_is_refused(store, ids):
    assert "expected a reason" in refused("judge", "a", "c", "same")
    assert "same, different or unsure" in refused("judge", "a", "c", "maybe", "--why", "x")
    assert "no run has seen it" in refused("merge", "a", "zz", "--why", "x")
    assert judgements(store) == []


def test_keys_that_a_source_changed_are_read_from_its_own_list(store, tmp_path):
    secret = store.secret("record_id")
    old, new = (record_id(secret, "erp", "business_partners", key) for key in ("17", "9017"))
    party = record_run(store, [[Member(old)]], run_id="1", at=AT).assignment[old]
    (tmp_path / "rekeyed.csv").write_text(
        "source,stream,old_key,new_key\nerp,business_partners,17,9017\nerp,business_partners,1,2\n"
    )
    said = json.loads(stamm("alias", "--file", "rekeyed.csv", "--why", "migration", "--json"))
    assert said == {"read": 2, "stated": 1}
    assert json.loads(stamm("resolve", new, "--json"))["party_id"] == party


def test_a_list_that_does_not_fit_names_what_is_missing(store, ids, tmp_path):
    (tmp_path / "bad.csv").write_text("source,old_key,new_key\nerp,17,9017\n")
    assert "none called stream" in refused("alias", "--file", "bad.csv", "--why", "x")
    (tmp_path / "bad.csv").write_text("source,stream,old_key,new_key\nerp,x,,9017\n")
    assert "line 2: expected a value" in refused("alias", "--file", "bad.csv", "--why", "x")
    assert "expected OLD and NEW, or --file" in refused("alias", "a", "--why", "x")


def test_resolve_answers_today_and_as_of_the_end_of_a_day(store, ids):
    record_run(store, [[Member(r) for r in "abc"], [Member("d")]], run_id="2", at=AT.replace(day=8))
    today = json.loads(stamm("resolve", ids["c"], "--json"))
    assert (today["party_id"], today["life"], today["records"]) == (ids["a"], "merged", [*"abc"])
    before = json.loads(stamm("resolve", ids["c"], "--as-of", "2026-01-05", "--json"))
    assert (before["party_id"], before["life"]) == (ids["c"], "alive")
    assert "expected a day like 2026-06-30" in refused("resolve", "a", "--as-of", "soon")


def test_history_tells_causes_but_no_words_about_a_suppressed_party(store, ids):
    stamm("unmerge", "b", "--why", "Anna's daughter")
    told = json.loads(stamm("history", ids["a"], "--json"))
    assert "Anna's daughter" in told[-1]["why"]
    suppress_party(store, ids["a"], reason="erasure", at=AT)
    assert "Anna" not in stamm("history", ids["a"])
    assert "Anna" not in stamm("history", "b")


def test_a_reason_in_brackets_is_told_as_it_was_given(store, ids, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)  # a table in a pipe is as wide as it needs to be
    stamm("judge", ids["a"], "c", "different", "--why", "[see mail] he wrote [/quote]")
    assert "[see mail] he wrote [/quote]" in stamm("history", "c")


@pytest.mark.parametrize(
    ("moment", "zone"),
    [("0001-01-01T00:00:00", "Europe/Berlin"), ("9999-12-31", "America/New_York"),
     ("0001-01-01T00:00:00+14:00", "Europe/Berlin")],
)  # fmt: skip
def test_a_moment_beyond_the_edge_of_time_is_refused(store, ids, tmp_path, moment, zone):
    (tmp_path / "stamm.yaml").write_text(f"timezone: {zone}\n")
    assert "expected a moment from 0001-01-02" in refused("resolve", "a", "--as-of", moment)


def test_why_tells_what_a_person_wrote_in_brackets(capsys):
    seen = datetime(2026, 1, 1)  # noqa: DTZ001  (facts are UTC without saying so)
    cell = Cell("P1", "phone", "+49 1", "pinned", "r1", "erp", seen, "contract", "b", "x", (),
                (Lost("[none]", "r2", "[old] shop", seen, None, None),),
                by_hand="pinned by me because [see mail] and [/quote]")  # fmt: skip
    _show(cell)
    _show_link(Link("acts for", "P2", "same [/] domain", "[mail] of x.de", "r1", None))
    said = capsys.readouterr().out
    for words in ("[see mail] and [/quote]", "[none]", "of [old] shop", "same [/] domain",
                  "[mail] of x.de"):  # fmt: skip
        assert words in said
