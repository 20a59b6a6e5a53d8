"""`check` asks each stream of a source and tells everything that is wrong with it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors import blame, check
from connectors.credentials import FixedHeader
from connectors.paging import http_reader
from connectors.registry import systems
from connectors.settings import HttpSource
from connectors.source import Stream, System
from stamm.clock import ManualClock
from stamm.errors import CredentialsRefused, InputError, StammError, Unreachable
from tests.connectors.conftest import NOON, STREAM, Bench, customer


class Shop(HttpSource):
    """A source with one key of its own."""

    api_key: str = ""


SOURCE = Shop(name="shop", system="shopware", url="https://shop.example")
STREAMS = tuple(replace(STREAM, name=name) for name in ("customers", "orders", "lines"))


class Reader:
    """Answers with a total of 7, or with the error planned for a stream."""

    def __init__(self, planned: dict[str, StammError]) -> None:
        self.planned, self.asked = planned, []

    def total(self, stream: Stream) -> int:
        self.asked.append(stream.name)
        if stream.name in self.planned:
            raise self.planned[stream.name]
        return 7

    def close(self) -> None:
        pass


@pytest.fixture
def checked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Check the source, with these errors planned; (health, streams asked)."""

    def run(**planned: StammError) -> tuple[check.SourceHealth, list[str]]:
        reader = Reader(planned)
        system = System("shopware", Shop, STREAMS, lambda source, clock: reader)  # type: ignore[arg-type,return-value]
        monkeypatch.setattr(check, "systems", lambda: {"shopware": system})
        return check.check(SOURCE, bench.store, bench.landing, bench.clock), reader.asked

    return run


def test_a_sound_source_tells_totals_what_is_landed_and_the_lag(bench: Bench, checked: Any):
    bench.server.records = [customer(1), customer(2)]
    bench.extract(source=SOURCE)
    bench.clock.sleep(3 * 3600)
    health, _ = checked()
    assert health.ok
    assert [(s.stream, s.server_total, s.landed, s.lag) for s in health.streams] == [
        ("customers", 7, 2, timedelta(hours=3)),
        ("orders", 7, 0, None),
        ("lines", 7, 0, None),
    ]


def test_a_stream_that_may_not_be_read_does_not_hide_the_others(checked: Any):
    health, asked = checked(orders=CredentialsRefused("found HTTP 403", status=403))
    assert asked == ["customers", "orders", "lines"]
    assert (health.ok, health.reachable, health.credentials_ok) == (False, True, True)
    (found,) = health.problems
    assert found.problem == "shop.orders: found HTTP 403"
    assert found.remedy == (
        "Check sources.shop.api_key in stamm.yaml, the validity at the source, "
        "and the right to read orders."
    )


@pytest.mark.parametrize(
    "failure", [Unreachable("down"), CredentialsRefused("found HTTP 401", status=401)]
)
def test_what_holds_for_all_streams_is_told_once(checked: Any, failure: StammError):
    health, asked = checked(customers=failure)
    assert asked == ["customers"]
    assert len(health.problems) == 1


def test_landing_that_was_lost_is_told_beside_what_the_source_says(bench: Bench, checked: Any):
    bench.server.records = [customer(1)]
    bench.extract(source=SOURCE)
    shutil.rmtree(bench.landing)
    health, _ = checked(lines=InputError("broken", hint="mend it"))
    assert [(p.problem, p.remedy) for p in health.problems] == [
        (
            "shop: landing lacks loads that the store knows: customers",
            "Restore landing and state.db from the same backup, or `stamm run --reextract`.",
        ),
        ("shop.lines: broken", "mend it"),
    ]


def test_an_error_that_names_its_stream_already_is_not_named_twice():
    with pytest.raises(StammError) as caught, blame.blamed(SOURCE, STREAM):
        raise Unreachable("shop.customers: down")
    assert caught.value.message == "shop.customers: down"
    assert "sources.shop.patience" in caught.value.hint


def test_patience_bounds_the_waiting_for_a_source_that_does_not_answer():
    clock = ManualClock(NOON)
    source = SOURCE.model_copy(update={"url": "http://127.0.0.1:9", "patience": 4.0})
    reader = http_reader(source, FixedHeader("api-key", "not-a-secret"), clock)
    with pytest.raises(Unreachable):
        reader.total(systems()["zendesk"].stream("users"))
    assert timedelta(0) < clock.now() - NOON <= timedelta(seconds=4)
