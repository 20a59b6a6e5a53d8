"""The import table of the design, enforced by reading the code."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "stamm": set(),
    "connectors": {"stamm"},
    "dedupe": {"stamm"},
    "quality": {"stamm"},
    "privacy": {"stamm"},
    "serving": {"stamm", "dedupe", "privacy"},
    "sandbox": {"stamm"},
    "orchestration": {
        "stamm", "connectors", "dedupe", "quality", "privacy", "serving", "sandbox",
    },
}  # fmt: skip


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_the_design_lets_it(package: str) -> None:
    forbidden = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    for path in (ROOT / package).rglob("*.py"):
        assert not imports(path) & forbidden, path


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_each_package_is_the_one_of_this_tree(package: str) -> None:
    assert Path(str(importlib.import_module(package).__file__)).parent == ROOT / package


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_module_bears_the_name_of_a_standard_one(package: str) -> None:
    ours = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__", "__main__"}
    clashes = ours & set(sys.stdlib_module_names)
    assert not clashes - ALLOWED, clashes


# Inside a package these are always named in full (connectors.http), so nothing is shadowed.
ALLOWED = {"http"}


def test_only_one_module_opens_duckdb() -> None:
    callers = [
        path.relative_to(ROOT).as_posix()
        for package in MAY_IMPORT
        for path in (ROOT / package).rglob("*.py")
        if "duckdb.connect(" in path.read_text(encoding="utf-8")
    ]
    assert callers == ["stamm/duck.py"]


@pytest.mark.parametrize("package", ["connectors", "dedupe", "quality", "privacy", "serving"])
def test_no_stage_knows_the_scheduler(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert "dagster" not in imports(path), path
