"""Vendors that misbehave in every known way: no record is lost, none is doubled."""

import pytest
import requests

from sandbox.company import create
from sandbox.server import running
from sandbox.server.faults import KINDS
from tests.end_to_end.company import company_that_ran, new_company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SYSTEMS = ("erp", "shop", "mail", "help")


def misbehave(url: str) -> None:
    """Each vendor does everything it can do wrong, one thing after the other."""
    for system in SYSTEMS:
        for place, kind in enumerate(KINDS):
            fault = {"system": system, "kind": kind, "times": 1, "after": place, "seconds": 0.05}
            requests.post(f"{url}/_sandbox/faults", json=fault, timeout=5).raise_for_status()


def test_after_every_misbehaviour_the_tables_are_those_of_a_calm_day(tmp_path, tmp_path_factory):
    calm, _ = company_that_ran(tmp_path_factory, tmp_path / "calm", customers=150, seed=5)
    company = new_company(tmp_path / "rough", customers=150, seed=5)
    company.take_keys_of(calm)
    folder = company.home / "sandbox"
    create(folder, customers=150, seed=5)
    with running(folder) as server:
        misbehave(server.base_url)
        rough = company.start("run", "--json")
        said = rough.communicate()
        assert rough.returncode in {0, 1}, said  # an empty answer or a refused token ends a run
        requests.delete(f"{server.base_url}/_sandbox/faults", timeout=5).raise_for_status()
        company.run()
    assert company.tables() == calm.tables()
    assert company.feed() == calm.feed()
