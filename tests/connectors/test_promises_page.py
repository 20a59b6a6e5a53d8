"""docs/connectors/promises.md names only tests that exist, and at least one for each promise."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "connectors" / "promises.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED.findall(PAGE))))
def test_a_test_that_is_named_exists(file: str, test: str):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_row_of_every_promise_names_a_test():
    for promise in PAGE.split("\n## ")[1:]:
        rows = [row for row in promise.splitlines() if row.startswith("| ")][1:]
        assert rows, promise[:40]
        assert all(NAMED.search(row) for row in rows), promise[:40]
