"""How a dbt call ends: models that break, tests that find rows, nodes that were skipped."""

from pathlib import Path

import pytest

from orchestration.dbt import NodeResult, _raise_on_failure
from stamm.errors import GateStopped, StammError

COMPILED = Path("compiled")


def node(name: str, kind: str, status: str, failures: int = 0) -> NodeResult:
    return NodeResult(f"{kind}.stamm.{name}", kind, status, failures, 0.1, "Division by zero")


def test_all_well_raises_nothing():
    _raise_on_failure([node("dim_date", "model", "success"), node("t", "test", "warn")], COMPILED)


def test_a_test_that_finds_rows_is_a_gate_although_what_hangs_on_it_was_skipped():
    results = [node("keys_are_unique", "test", "fail", 3), node("customer_360", "model", "skipped")]
    with pytest.raises(GateStopped, match="keys_are_unique: 3 rows") as stopped:
        _raise_on_failure(results, COMPILED)
    assert stopped.value.exit_code == 3


def test_a_model_that_breaks_is_told_before_the_tests():
    results = [node("a", "test", "fail", 1), node("fct_orders", "model", "error")]
    with pytest.raises(StammError, match=r"model.stamm.fct_orders: Division by zero") as broken:
        _raise_on_failure(results, COMPILED)
    assert broken.value.exit_code == 1


def test_an_ending_that_nobody_knows_is_no_success():
    with pytest.raises(StammError, match="ended as 'odd'"):
        _raise_on_failure([node("a", "model", "odd")], COMPILED)
