"""A rejected record without a key may be any that is missing: none that it may be is given up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.current import FILE
from connectors.progress import ProgressLog
from stamm.errors import SuspiciouslyShort
from tests.connectors.conftest import NOON, SOURCE, STREAM, SWEPT, Bench, customer
from tests.connectors.test_rejections import standing


def landed(bench: Bench, number: int) -> None:
    bench.server.records = [customer(n) for n in range(1, number + 1)]
    bench.extract(SWEPT)


def live(bench: Bench) -> set[str]:
    return set(bench.live("shopware_orders"))


def without_key(record: dict[str, object]) -> dict[str, object]:
    return {"no": record["id"], **{k: v for k, v in record.items() if k != "id"}}


@pytest.mark.parametrize(("number", "renamed"), [(40, 40), (40, 21), (1, 1)])
def test_a_key_that_was_renamed_replaces_nothing(bench: Bench, number: int, renamed: int):
    landed(bench, number)
    records = bench.server.records
    records[:renamed] = map(without_key, records[:renamed])
    with pytest.raises(SuspiciouslyShort) as refused:
        bench.extract(SWEPT)
    assert str(refused.value).startswith(
        f"shop.orders: a full read brought {number - renamed} records and {renamed} that were "
        f"rejected, {number} are landed; nothing was replaced"
    )
    assert "without a readable id: does the source still write it as before?" in str(refused.value)
    assert len(live(bench)) == number


def test_what_a_nameless_record_may_be_stays_until_that_has_a_name_again(bench: Bench):
    landed(bench, 4)
    bench.server.records[1] = without_key(customer(2))
    for _ in range(2):
        result = bench.extract(SWEPT)
        assert (result.deletes, result.rejected, result.unsure) == (0, 1, 1)
        assert live(bench) == {"1", "2", "3", "4"}
    bench.server.records[1] = customer(2, 5)
    result = bench.extract(SWEPT)
    assert (result.upserts, result.unsure, standing(bench)) == (1, 0, [])


def test_what_is_missing_without_a_nameless_record_is_gone(bench: Bench):
    landed(bench, 4)
    bench.server.records[1] = without_key(customer(2))
    bench.extract(SWEPT)
    del bench.server.records[1]
    assert bench.extract(SWEPT).deletes == 1
    assert live(bench) == {"1", "3", "4"}


def test_a_record_that_was_met_beside_a_nameless_one_is_another(bench: Bench):
    bench.server.records = [customer(n) for n in range(1, 5)] + [{"total": 4}]
    bench.extract(SWEPT)
    del bench.server.records[1]  # and the last line of the list is the same every day
    assert bench.extract(SWEPT).deletes == 1
    bench.server.records[0] = without_key(customer(1))
    assert bench.extract(SWEPT).deletes == 0
    del bench.server.records[1]  # 3 was met beside both
    assert bench.extract(SWEPT).deletes == 1
    assert live(bench) == {"1", "4"}


def test_a_nameless_record_that_a_read_of_what_is_new_met_counts_as_well(bench: Bench):
    bench.server.records = [customer(n) for n in range(1, 5)]
    bench.extract()
    bench.server.records[1] = without_key(customer(2))
    bench.clock.sleep(60)
    assert bench.extract().deletes == 0
    assert bench.extract(full=True).deletes == 0
    assert set(bench.live()) == {"1", "2", "3", "4"}


def test_the_full_read_stays_due_while_it_is_unsure(bench: Bench):
    bench.server.records = [customer(n) for n in range(1, 5)]
    bench.extract()
    bench.server.records[1] = without_key(customer(2))
    bench.clock.sleep(86_400)
    bench.extract(full=True)
    read_at = ProgressLog(bench.store).of(SOURCE.name, STREAM.name).full_read_at
    assert read_at == f"{NOON:%Y-%m-%dT%H:%M:%S}.000000Z"


def test_a_window_read_again_forgets_whom_it_met(bench: Bench):
    landed(bench, 6)
    bench.server.records[:3] = [without_key(customer(1)), customer(3)]

    def mended(start: int) -> None:
        if start == 2 and len(bench.server.records) == 5:
            bench.server.records[0] = customer(1)
            del bench.server.records[-1]

    bench.server.before_page = mended
    assert bench.extract(SWEPT).deletes == 2  # 2 and 6; the second pass met all others by name
    assert live(bench) == {"1", "3", "4", "5"}


def lost(bench: Bench) -> None:
    (bench.landing / "shop" / "orders" / FILE).unlink()


@pytest.mark.parametrize("between", [lambda _: None, lost], ids=["kept", "lost"])
def test_the_cache_may_be_lost_while_it_is_unsure(bench: Bench, between: Callable[[Bench], None]):
    landed(bench, 4)
    bench.server.records[1] = without_key(customer(2))
    bench.extract(SWEPT)
    between(bench)
    assert bench.extract(SWEPT).deletes == 0
    del bench.server.records[1]
    between(bench)
    assert bench.extract(SWEPT).deletes == 1
