"""Simulator: what other thresholds would do is shown with examples, and nothing is changed."""

import hashlib
import re
import signal
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

import pytest

from dedupe.identity import ledger
from dedupe.judgement.judgements import record_judgement
from dedupe.resolve import resolve_parties
from orchestration.desk_simulation import Predictor, predict, predictor
from orchestration.project import open_project
from orchestration.runs import RunLog
from privacy.suppressions import suppress_party
from serving.api.reads import reads_of
from serving.desk import audit
from serving.desk.simulating import Busy, Predicted, RunAtWork, Simulations
from stamm.duck import open_warehouse
from stamm.errors import StammError
from stamm.store import Store
from tests.dedupe.small_company import FAMILY, GIVEN
from tests.serving.api.published import AT
from tests.serving.desk.desks import Browser, opened, scratch, task

HIGH = {"person": "15", "organisation": "15"}
BITS = {"person": 15.0, "organisation": 15.0}


class Known:
    """What was predicted once, by the code of a run."""

    def __init__(self, predicted):
        self.predicted = predicted

    def predict(self, thresholds, tell):
        return self.predicted

    def stop(self):
        """Nothing is at work."""


@pytest.fixture(scope="module")
def predicted(published_once):
    return predict(task(published_once, BITS), str)


@pytest.fixture
def desk(home, predicted):
    with opened(home, Known(predicted)) as found:
        yield found


def simulated(browser, thresholds=HIGH):
    """Started, waited for, looked at."""
    browser.get("/simulator")
    browser.send("/simulator", thresholds)
    browser.desk.simulations.wait()
    return browser.get("/simulator")


def shown(browser):
    """Golden ids on the page."""
    return set(re.findall(r"\bP[A-Z0-9]{6,}\b", browser.said))


def row(browser, name):
    return re.search(rf'<th scope="row">{name}</th><td>([^<]*)</td>', browser.seen.text)[1]


def untouched(home):
    with closing(Store.open(home.store)) as store:
        events = [tuple(one) for one in store.query("select * from party_events order by seq")]
    return hashlib.sha256(home.warehouse.read_bytes()).hexdigest(), events


def test_a_simulation_changes_nothing_and_each_type_has_a_threshold_of_its_own(home):
    before = untouched(home)
    with opened(home) as desk:
        admin = Browser(desk).logged_in("a.admin")
        simulated(admin, {"person": "1", "organisation": "30,0"})
    people = {f"{given} {family}" for given in GIVEN for family in FAMILY}
    assert "Metallbau" in admin.said
    assert not any(name in admin.said for name in people)
    assert untouched(home) == before
    assert not scratch(home).exists()


def test_where_nothing_would_change_it_says_so(home, predicted):
    nothing = Known(Predicted(replace(predicted.figures, merges=(), splits=()), ()))
    with opened(home, nothing) as desk:
        admin = Browser(desk).logged_in("a.admin")
        simulated(admin)
        assert "Nothing would be merged or split." in admin.said


def test_a_higher_threshold_tells_splits_with_examples(desk, admin):
    admin.get("/simulator")
    assert "people Slider Bits Now: +1.00 bits" in admin.said
    assert "firms Slider Bits Now: \N{MINUS SIGN}1.50 bits" in admin.said
    simulated(admin)
    found = desk.simulations.trial.predicted.figures
    assert len(found.splits) > 20
    assert found.merges == ()
    assert row(admin, "Splits") == f"{len(found.splits)}"
    assert row(admin, "Customers and contacts") == f"{found.parties_before} → {found.parties_after}"
    assert f"{len(found.minted)} new, {len(found.retired)} retired" in row(admin, "Ids")
    assert row(admin, "Revenue of those touched").endswith(" €")
    assert "people: +15.00 bits (now +1.00)" in admin.said
    assert "Started by a.admin, 2026-06-30 06:00 (UTC)" in admin.said
    assert admin.said.count("Splits off from") == 20


def test_examples_link_to_the_customers_and_each_is_in_the_log_of_reads(desk, admin):
    simulated(admin)
    links = re.findall(r'href="/desk/customers/(P\w+)"', admin.seen.text)
    assert len(links) == 20
    for party in links:
        *_, (read, name) = reads_of(desk.store, [party])
        assert (name, read.operation) == ("desk:a.admin", "desk simulator")
        assert read.purpose == "simulator: what another threshold would change"


def test_whoever_is_suppressed_is_in_no_example_from_the_next_look_on(desk, admin):
    simulated(admin)
    gone = re.findall(r'href="/desk/customers/(P\w+)"', admin.seen.text)[0]
    suppress_party(desk.store, gone, reason="objection", at=AT)
    admin.get("/simulator")
    assert gone not in admin.seen.text
    assert admin.said.count("Splits off from") == 20  # another one in their place


def test_whoever_is_restricted_is_in_no_example(home, predicted):
    with open_warehouse(home.warehouse) as con:
        con.execute("update golden.golden_parties set restricted = true")
    with opened(home, Known(predicted)) as desk:
        admin = Browser(desk).logged_in("a.admin")
        simulated(admin)
        assert len(desk.simulations.trial.predicted.figures.splits) > 20
        assert "None that may be shown." in admin.said
        assert not shown(admin)


def test_stewards_look_and_only_admins_start(desk, admin):
    simulated(admin)
    steward = Browser(desk).logged_in("m.winter")
    steward.get("/simulator")
    assert "Admins start a simulation" in steward.said
    assert "Splits off from" in steward.said
    assert 'type="number"' not in steward.seen.text
    first = desk.simulations.trial
    assert steward.send("/simulator", HIGH).status_code == 403
    assert desk.simulations.trial is first


def test_the_audit_trail_says_who_tried_what(desk, admin):
    simulated(admin, {"person": "2.5", "organisation": "4"})
    entry = audit.entries(desk.store)[0]
    assert (entry.actor, entry.action) == ("a.admin", "simulated thresholds")
    assert entry.detail == "person 2.5 bits, organisation 4 bits"


def test_what_is_no_threshold_is_refused_and_nothing_starts(desk, admin):
    for bits in ("", "x", "-3", "40.1", "nan", "inf", "1e9"):
        admin.get("/simulator")
        assert admin.send("/simulator", HIGH | {"person": bits}).status_code == 422, bits
        assert "a number above -3.0 and up to 40.0 bits" in admin.said
    assert desk.simulations.trial is None
    assert audit.entries(desk.store)[0].action != "simulated thresholds"


def test_while_a_run_is_at_work_it_says_so_and_nothing_is_copied(home):
    with opened(home) as desk:
        RunLog(desk.store).begin("run-9", "2026-06-30", full=False)
        admin = Browser(desk).logged_in("a.admin")
        simulated(admin)
        assert "A run is at work right now, or was cut off." in admin.said
        assert 'type="number"' in admin.seen.text  # another try
    assert not scratch(home).exists()


def test_a_run_that_begins_while_the_files_are_copied_is_noticed(home):
    with closing(Store.open(home.store)) as store:
        log = RunLog(store)

        def tell(stage):
            log.begin("run-9", "2026-06-30", full=False)

        with pytest.raises(RunAtWork):
            predict(task(home, BITS), tell)
    assert not scratch(home).exists()


class Held:
    """Waits until it is let go; what comes then is not of interest."""

    def __init__(self):
        self.go = threading.Event()

    def predict(self, thresholds, tell):
        tell("linking")
        self.go.wait(300)
        raise StammError("expected an end of the test, found it")

    def stop(self):
        self.go.set()


def test_one_at_a_time_with_its_progress_for_everybody(home):
    held = Held()
    with opened(home, held) as desk:
        admin, steward = Browser(desk).logged_in("a.admin"), Browser(desk).logged_in("m.winter")
        admin.get("/simulator")
        admin.send("/simulator", HIGH)
        for browser in (admin, steward):
            browser.get("/simulator")
            assert "The simulation is at work" in browser.said
            assert "Step" in browser.said
            assert 'data-poll="2"' in browser.seen.text
            assert ">Reload</a>" in browser.seen.text  # without a script
        assert admin.send("/simulator", HIGH).status_code == 409
        assert "A simulation of a.admin is at work already" in admin.said
        tried = [e for e in audit.entries(desk.store) if e.action == "simulated thresholds"]
        assert len(tried) == 1
        held.go.set()
        desk.simulations.wait()
        admin.get("/simulator")
        assert "expected an end of the test, found it" in admin.said
        assert "data-poll" not in admin.seen.text


def test_a_prediction_says_when_runs_or_verdicts_have_overtaken_it(desk, admin):
    simulated(admin)
    assert "since" not in admin.said
    record_judgement(desk.store, ["p0@erp"], ["p1@erp"], "different", by="eva", at=AT, reason="x")
    admin.get("/simulator")
    assert "Verdicts were given since" in admin.said
    desk.simulations.begin(BITS, "a.admin", run="run-0", judgement=1)
    desk.simulations.wait()
    admin.get("/simulator")
    assert "Another run has ended since" in admin.said
    assert "Verdicts were given since" not in admin.said


def test_it_speaks_german(desk):
    admin = Browser(desk, "de").logged_in("a.admin")
    simulated(admin)
    for text in ("Das täte der nächste Lauf", "Teilungen", "Löst sich aus", "linkage: {threshold"):
        assert text in admin.said, text


def test_the_process_of_the_server_predicts_the_same_and_leaves_nothing(
    home, predicted, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(home.root))
    stages = []
    found = predictor(open_project(), scratch(home)).predict(BITS, stages.append)
    assert stages == ["copying", "linking", "counting"]
    assert not scratch(home).exists()
    assert found == predicted


def test_the_run_that_follows_does_what_was_shown(home, predicted):
    done = task(home, BITS)
    with open_warehouse(home.warehouse) as con, closing(Store.open(home.store)) as store:
        known = len(ledger.events(store))
        outcome = resolve_parties(
            con, store, done.specifications, run_id="run-2", at=AT, work_dir=home.linkage
        )
        events = ledger.events(store)[known:]
    splits = {(one.party_id, one.other_party_id) for one in events if one.event == "split"}
    assert splits == set(predicted.figures.splits)
    assert {(one.party_id, one.other_id) for one in predicted.examples} <= splits
    assert outcome.people + outcome.organisations == predicted.figures.parties_after
    back = predict(task(home, {"person": 1.0, "organisation": -1.5}), str)
    assert (len(back.figures.merges), back.figures.splits) == (len(splits), ())
    assert {(one.party_id, one.other_id) for one in back.examples} <= splits
    assert {(one.kind, one.records) for one in back.examples} == {("merge", 1)}


def test_both_kinds_are_among_twenty_examples(home, predicted):
    first, *rest = predicted.examples[:34]
    mixed = [first, *(replace(one, kind="merge") for one in rest[:30]), *rest[30:]]
    with opened(home, Known(replace(predicted, examples=tuple(mixed)))) as desk:
        admin = Browser(desk).logged_in("a.admin")
        simulated(admin)
        assert admin.said.count("Merges into") == 16
        assert admin.said.count("Splits off from") == 4


class Endless(Mapping):
    """Specifications that nobody has read to their end: who asks for one waits to be ended."""

    def __getitem__(self, name):
        return threading.Event().wait()

    def __iter__(self):
        return iter([threading.Event().wait()])

    def __len__(self):
        return 2


@pytest.fixture
def sigterm_ignored():
    """As whoever started the server may have left it; its processes inherit that."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("sigterm_ignored")
def test_an_end_of_the_server_ends_the_process_and_its_copies(home):
    process = Predictor(lambda bits: replace(task(home, bits), specifications=Endless()))
    simulations = Simulations(process, lambda: AT)
    linking, told = threading.Event(), process.predict

    def heard_of(thresholds, tell):
        def heard(stage):
            tell(stage)
            if stage == "linking":
                linking.set()

        return told(thresholds, heard)

    process.predict = heard_of
    simulations.begin(BITS, "a.admin", run="run-1", judgement=0)
    with pytest.raises(Busy):
        simulations.begin(BITS, "t.sommer", run="run-1", judgement=0)
    assert linking.wait(60)
    assert scratch(home).exists()
    simulations.close()
    assert simulations.trial.failure.startswith("the process of the simulation ended before")
    assert not scratch(home).exists()
    simulations.begin(BITS, "a.admin", run="run-1", judgement=0)
    simulations.wait()
    assert simulations.trial.failure == "the server is ending"
