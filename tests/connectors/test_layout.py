"""A new connector: laid out, it works as it is and keeps what every declaration keeps."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from connectors.layout import lay_out
from connectors.schema import KINDS
from stamm.errors import UsageError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "connectors").mkdir()
    return tmp_path


def loaded(path: Path, name: str):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_what_is_laid_out_runs_and_its_test_passes(checkout: Path):
    connector, schema, test = lay_out("acme_shop", checkout)
    try:
        module = loaded(connector, "connectors.acme_shop")
        assert (module.SYSTEM.name, module.SYSTEM.about.title) == ("acme_shop", "AcmeShop")
        assert "customers:" in schema.read_text()
        assert any(kind in schema.read_text() for kind in KINDS)
        loaded(test, "test_acme_shop").test_customers_are_paged_from_the_lower_bound_to_the_end()
    finally:
        sys.modules.pop("connectors.acme_shop", None)
        sys.modules.pop("test_acme_shop", None)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Acme", "expected a name of small letters, digits and _, no word of Python, found 'Acme'"),
        (
            "../acme",
            "expected a name of small letters, digits and _, no word of Python, found '../acme'",
        ),
        (
            "class",
            "expected a name of small letters, digits and _, no word of Python, found 'class'",
        ),
        ("shopware", "expected a new name, found 'shopware', which is a system already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(checkout: Path, name: str, said: str):
    with pytest.raises(UsageError) as refused:
        lay_out(name, checkout)
    assert refused.value.message == said
    assert list(checkout.rglob("*.py")) == []


def test_nothing_is_replaced(checkout: Path):
    mine = checkout / "connectors" / "acme.py"
    mine.write_text("mine")
    with pytest.raises(UsageError, match=r"connectors/acme\.py: is already here"):
        lay_out("acme", checkout)
    assert mine.read_text() == "mine"
    assert list((checkout / "connectors").iterdir()) == [mine]


def test_outside_a_checkout_it_says_where_to_go(tmp_path: Path):
    with pytest.raises(UsageError, match="expected a folder connectors"):
        lay_out("acme", tmp_path)
