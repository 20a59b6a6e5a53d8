"""`stamm why`, `review`, `evaluate` and `simulate` on sixty people and twenty firms."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from dedupe.judgement.judgements import record_judgement
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from orchestration.cli.main import app
from privacy.suppressions import suppress_address, suppress_party
from stamm.duck import open_warehouse
from stamm.home import Home
from stamm.store import Store
from tests.dedupe.match_input import write_match_input
from tests.dedupe.small_company import firms, people

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A data folder after a run of dedupe; nothing is published."""
    home = Home(tmp_path_factory.mktemp("data")).prepare()
    specifications = {t: load_specification(t) for t in ("person", "organisation")}
    with open_warehouse(home.warehouse) as con, closing(Store.open(home.store)) as store:
        write_match_input(con, [*people(), *firms()])
        resolve_parties(con, store, specifications, run_id="run-1", at=AT, work_dir=home.linkage)
    return home


@pytest.fixture
def stamm(home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(home.root))

    def command(*arguments):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.exception or result.output
        return result.stdout

    return command


def test_why_names_record_rule_and_basis_of_a_cell_and_takes_a_record_for_its_party(stamm):
    [cell] = json.loads(stamm("why", "p3@shop", "city", "--json"))["cells"]
    assert (cell["value"], cell["rule"], cell["legal_basis"]) == (
        "Berlin", "only_value", "Art. 6 (1) b",
    )  # fmt: skip
    said = stamm("why", cell["party_id"])
    assert "city  Berlin" in said
    assert "the only value there is" in said


def test_review_lists_what_is_in_doubt_with_the_command_to_look_closer(stamm):
    items = json.loads(stamm("review", "--list", "--limit", "5", "--json"))
    assert 0 < len(items) <= 5
    assert [i["value"] for i in items] == sorted((i["value"] for i in items), reverse=True)
    first = items[0]
    said = stamm("review", "--limit", "1")
    assert f"stamm explain {first['left_record']} {first['right_record']}" in said.replace("\n", "")


def test_evaluate_tells_what_the_model_expects_and_what_judgements_measure(stamm):
    before = json.loads(stamm("evaluate", "--json"))["types"]["person"]["measured"]
    stamm("judge", "p0@erp", "p0@shop", "same", "--why", "one person")
    told = json.loads(stamm("evaluate", "--json"))["types"]
    assert set(told) == {"person", "organisation"}
    assert 0 < told["person"]["estimated"]["clusters"]["precision"] <= 1
    after = told["person"]["measured"]
    assert after["judged"] == before["judged"] + 1
    assert after["recall"]["of"] == before["recall"]["of"] + 1
    assert "measured on judgements" in stamm("evaluate")


def test_simulate_tells_what_a_threshold_would_do(stamm, home):
    [kept] = json.loads(stamm("judge", "p1@erp", "p1@shop", "same", "--why", "one", "--json"))
    told = json.loads(stamm("simulate", "--threshold", "15", "--json"))
    assert told["parties_after"] > told["parties_before"]
    assert told["splits"] and not told["merges"]
    assert kept["judgement"] in told["contradicted"]  # the pair weighs less
    assert not home.simulation.exists()


@pytest.mark.slow
def test_train_shows_what_fifty_judgements_would_change_and_applies_nothing(stamm, home):
    refused = CliRunner().invoke(app, ["train", "--supervised"])
    assert "person: expected at least 50 judgements" in str(refused.exception)
    assert "organisation: expected at least 50" in str(refused.exception)
    with closing(Store.open(home.store)) as store:
        for i in range(10, 40):
            signed = {"by": "eva", "at": AT, "reason": "called"}
            record_judgement(store, [f"p{i}@erp"], [f"p{i}@shop"], "same", **signed)
            record_judgement(store, [f"p{i}@erp"], [f"p{i + 1}@shop"], "different", **signed)
    told = json.loads(stamm("train", "--supervised", "--write", "own", "--json"))
    [person] = told["proposals"]
    assert person["party_type"] == "person"
    assert person["agreement"]["of"] >= 60
    assert person["agreement"]["supervised"] >= 55
    assert told["written"] == ["own/person.yml"]
    tried = json.loads(stamm("simulate", "--spec", "own/person.yml", "--json"))
    assert tried == told["prediction"]
    said = stamm("train", "--supervised")
    assert "golden parties would become" in said
    assert "Nothing is applied" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train",), "expected --supervised"),
        (("simulate",), "expected --threshold or --spec"),
        (("simulate", "--threshold", "-7"), "expected more than -3 and at most 40 bits"),
        (("simulate", "--spec", "nowhere.yml"), "nowhere.yml"),
        (("why", "p3@shop", "shoe_size"), "expected a column of golden_parties"),
    ],
)
def test_what_cannot_work_says_why(stamm, arguments, says):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code
    assert says in str(result.exception)


def test_a_suppressed_address_is_nobodys_value(stamm, home):
    [cell] = json.loads(stamm("why", "p5@shop", "email", "--json"))["cells"]
    with closing(Store.open(home.store)) as store:
        suppress_address(store, cell["value"], reason="objection", at=AT)
    told = json.loads(stamm("why", "p5@shop", "--json"))["cells"]
    assert "email" not in {one["attribute"] for one in told}
    assert cell["value"] not in stamm("why", "p5@shop")


def test_nobody_who_is_suppressed_is_shown_or_listed(stamm, home):
    cell = json.loads(stamm("why", "p4@shop", "city", "--json"))
    named = {i["left_party"] for i in json.loads(stamm("review", "--limit", "500", "--json"))}
    with closing(Store.open(home.store)) as store:
        for party in {cell["party_id"], *sorted(named)[:1]}:
            suppress_party(store, party, reason="erasure", at=AT)
    refused = CliRunner().invoke(app, ["why", "p4@shop"])
    assert "this one is suppressed" in str(refused.exception)
    left = {i["left_party"] for i in json.loads(stamm("review", "--limit", "500", "--json"))}
    assert sorted(named)[0] not in left
