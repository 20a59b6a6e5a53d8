"""A rejected record is told while its source sends it so: once, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from connectors.catalogue import create_views
from connectors.current import FILE
from connectors.extract import LoadResult, extract_with
from quality.gates import run_gate
from stamm.duck import in_memory
from stamm.settings import QualitySettings
from tests.connectors.conftest import NOON, SOURCE, STREAM, SWEPT, Bench, customer


def standing(bench: Bench) -> list[str]:
    """The rules of what stands rejected."""
    rows = bench.table("select rule from landing.all_rejected order by load_id, seq")
    return [rule for (rule,) in rows]


def at_the_gate(bench: Bench) -> tuple[list[str], int]:
    """Failed checks of the landing gate, and rows in quarantine after it."""
    with in_memory() as con:
        create_views(con, bench.landing, bench.systems)
        report = run_gate(
            "landing", con, bench.store, run_id="r", at=NOON, thresholds=QualitySettings()
        )
        [(waiting,)] = con.sql("select count(*) from quality.quarantined_rows").fetchall()
    return [check.name for check in report.checks if not check.passed], waiting


def test_a_mended_source_passes_the_gate_and_leaves_the_quarantine_empty(bench: Bench):
    bad = [customer(n, email=None) for n in range(90, 100)]
    bench.server.records = [*(customer(n) for n in range(90)), *bad]
    assert bench.extract().rejected == 10
    failed = ["rejected_share_is_small", "mandatory_values_are_present"]
    assert at_the_gate(bench) == (failed, 10)
    bench.server.records[90:] = [customer(n, 1) for n in range(90, 100)]
    assert bench.extract().upserts == 10
    assert at_the_gate(bench) == ([], 0)
    assert len(bench.live()) == 100


def test_a_bad_record_edited_on_four_days_counts_once(bench: Bench):
    bench.server.records = [customer(1), customer(2)]
    bench.extract()
    for day in range(1, 5):
        bench.server.records[1] = customer(2, day * 1440, email=None)
        bench.clock.sleep(86_400)
        assert bench.extract().rejected == 1
    assert standing(bench) == ["mandatory_null"]


def test_a_record_bad_again_stands_again(bench: Bench):
    bench.server.records = [customer(1), customer(2, email=None)]
    bench.extract()
    bench.server.records[1] = customer(2, 1)
    bench.extract()
    bench.server.records[1] = customer(2, 2, email=None)
    bench.extract()
    assert standing(bench) == ["mandatory_null"]


def test_a_record_put_back_as_it_was_landed_stands_no_more(bench: Bench):
    bench.server.records = [customer(1), customer(2)]
    bench.extract(full=True)
    good, bench.server.records[1] = bench.server.records[1], customer(2, 5, email=None)
    bench.extract(full=True)
    assert standing(bench) == ["mandatory_null"]
    bench.server.records[1] = good
    result = bench.extract(full=True)
    assert (result.rows, result.duplicates, standing(bench)) == (0, 2, [])
    assert bench.extract(full=True).load_id is None


def in_one_flush(bench: Bench) -> LoadResult:
    """A read whose pages are all taken before anything is written."""
    return extract_with(
        bench.server, SOURCE, STREAM, landing_root=bench.landing, store=bench.store,
        clock=bench.clock,
    )  # fmt: skip


@pytest.mark.parametrize("stood", [False, True], ids=["new", "stood"])
def test_a_record_mended_while_it_is_read_stands_no_more(bench: Bench, stood: bool):
    bench.server.tells_total = False
    bench.server.records = [customer(1, email=None), customer(2)]
    if stood:
        bench.extract()
    bench.server.records += [customer(1, 1)]
    result = in_one_flush(bench)
    assert (result.rejected, set(bench.live()), standing(bench)) == (0, {"1", "2"}, [])


def test_a_record_that_turns_bad_while_it_is_read_stands_beside_the_good_version(bench: Bench):
    bench.server.tells_total = False
    for turn in range(8):  # whichever way the hashes of the versions are ordered
        bench.server.records = [customer(1, turn=turn), customer(2), customer(1, email=None)]
        result = in_one_flush(bench)
        assert (result.upserts, result.rejected) == (1 if turn else 2, 1)
        assert (bench.live()["1"]["turn"], standing(bench)) == (turn, ["mandatory_null"])
        assert in_one_flush(bench).load_id is None


def test_a_bad_record_that_its_source_deletes_stands_no_more(bench: Bench):
    bench.server.records = [customer(1), customer(2, email=None)]
    bench.extract()
    del bench.server.records[1]
    bench.extract()
    assert standing(bench) == []


def test_a_bad_record_that_says_it_is_gone_stands_no_more(bench: Bench):
    stream = replace(STREAM, deleted=lambda r: r.get("status") == "deleted", total_is_exact=False)
    bench.server.tells_total = False
    bench.server.records = [customer(1), customer(2, email=None)]
    bench.extract(stream)
    bench.server.records[1] = customer(2, 1, email=None, status="deleted")
    assert bench.extract(stream).deletes == 0  # it never landed
    assert standing(bench) == []


def test_a_record_without_a_key_stands_until_a_full_read_misses_it(bench: Bench):
    bench.server.records = [customer(1), customer(None), customer(None, 1)]
    bench.extract(SWEPT)
    bench.server.records.append(customer(2))
    bench.extract(SWEPT)  # lands one record more, and meets both again
    assert standing(bench) == ["key_missing", "key_missing"]
    bench.server.records[1] = customer(3)
    bench.extract(SWEPT)
    assert standing(bench) == ["key_missing"]


def test_the_total_tells_that_a_record_without_a_key_was_mended(bench: Bench):
    bench.server.records = [customer(1), customer(None)]
    bench.extract()
    bench.server.records[1] = customer(2, 1)
    bench.extract()
    assert (standing(bench), set(bench.live())) == ([], {"1", "2"})


def test_of_what_a_server_shows_for_a_time_only_a_mended_record_stands_no_more(bench: Bench):
    report = replace(STREAM, forgets=True)
    bench.server.records = [customer(1), customer(None)]
    bench.extract(report)
    bench.server.records[1] = customer(2)
    bench.extract(report, full=True)
    assert standing(bench) == []


def test_a_full_read_that_may_have_missed_records_withdraws_nothing(bench: Bench):
    exported = replace(STREAM, total_is_exact=False)
    bench.server.tells_total = False
    bench.server.records = [customer(1), customer(2), customer(None)]
    bench.extract(exported)
    del bench.server.records[1:]
    bench.server.total = lambda _: 3  # type: ignore[method-assign] - they are only left out
    bench.extract(exported, full=True)
    assert standing(bench) == ["key_missing"]


def lost(bench: Bench) -> None:
    (bench.landing / "shop" / "customers" / FILE).unlink()


@pytest.mark.parametrize("between", [lambda _: None, lost], ids=["kept", "lost"])
def test_the_cache_beside_landing_may_be_lost(bench: Bench, between: Callable[[Bench], None]):
    bench.server.records = [customer(1), customer(2, email=None), customer(None)]
    bench.extract()
    between(bench)
    bench.server.records[1:] = [customer(2, 1), customer(3, 1)]
    bench.extract(full=True)
    between(bench)
    assert standing(bench) == []
    assert bench.extract(full=True).load_id is None
    bench.server.records.append(customer(4, 2))
    assert bench.extract().pages == 2  # 4 records over two pages; the total agrees, so once


def test_parts_of_a_key_do_not_run_into_each_other(bench: Bench):
    stream = replace(SWEPT, primary_key=("a", "b"), mandatory=())
    bench.server.records = [{"a": "x|y", "b": "z"}, {"a": "x", "b": "y|z"}, {"a": "x", "b": "z"}]
    assert bench.extract(stream).upserts == 3
    assert set(bench.live("shopware_orders")) == {r"x\|y|z", r"x|y\|z", "x|z"}


def nested(levels: int) -> object:
    deep: object = "x"
    for _ in range(levels):
        deep = [deep]
    return deep


@pytest.mark.parametrize("levels", [200, 300, 900])
def test_a_record_that_is_nested_too_deep_waits_in_quarantine(bench: Bench, levels: int):
    deep = nested(levels)
    bench.server.records = [customer(1), customer(2, more=deep)]
    result = bench.extract()
    assert (result.upserts, result.rejected) == ((2, 0) if levels < 254 else (1, 1))
    rules = {rule for (rule,) in bench.table("select rule from landing.all_rejected")}
    assert rules == (set() if levels < 254 else {"nested_too_deep"})


@pytest.mark.parametrize(
    ("odd", "rule", "reason"),
    [
        (customer(2, name="half \ud83d"), "unpaired_surrogate", "half a surrogate pair"),
        (customer("\ud83d"), "unpaired_surrogate", "half a surrogate pair"),
        (customer(2, given={"limit": Decimal("1.5")}), "not_json", "decimal.Decimal"),
        (customer(2, given=[b"x"]), "not_json", "bytes"),
        (customer(2, more=nested(5000)), "nested_too_deep", "254 levels"),
    ],
    ids=["half a pair", "half a pair in the key", "decimal", "bytes", "too deep to be written"],
)
def test_a_record_that_cannot_be_written_waits_with_its_own_reason(
    bench: Bench, odd: dict[str, object], rule: str, reason: str
):
    bench.server.records = [customer(1), odd]
    result = bench.extract()
    assert (result.upserts, result.rejected) == (1, 1)
    [(found, because)] = bench.table("select rule, reason from landing.all_rejected")
    assert found == rule
    assert reason in because
    bench.server.records[1] = customer(2, 1)
    bench.extract(full=True)
    assert standing(bench) == []


def test_whole_numbers_beyond_64_bits_land_with_all_their_digits(bench: Bench):
    near = [12345678901234567890123, 12345678901234567890124]
    bench.server.records = [customer(key, note="Müller", debt=-(2**63) - 1) for key in near]
    assert bench.extract().upserts == 2
    for key, record in bench.live().items():
        assert (str(record["id"]), record["note"], record["debt"]) == (key, "Müller", -(2**63) - 1)
    assert set(bench.live()) == {str(key) for key in near}
    assert bench.extract(full=True).load_id is None
