"""Every command teaches itself, and the README only names commands that exist."""

import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from orchestration.cli.main import app
from stamm.errors import UsageError

ROOT = Path(__file__).parents[2]
COMMANDS = [
    "init", "check", "run", "dedupe", "status", "query", "metrics", "explain", "lookup", "resolve",
    "history", "why",
    "judge", "merge", "unmerge", "alias", "review", "evaluate", "simulate", "train",
    "publish", "push", "serve", "backup", "restore", "ui",
    "key", "desk", "connector", "schema", "quarantine", "target-group", "alert", "sandbox",
]  # fmt: skip


def test_the_commands_are_the_documented_ones():
    assert list(get_command(app).commands) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_help_text(name):
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output) > 200


def test_the_readme_names_only_commands_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[ `])stamm ([a-z]+)", readme))
    assert named <= set(COMMANDS)
    assert {"run", "init", "query"} <= named


def test_init_writes_a_file_that_is_valid_and_does_not_overwrite_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["init"]).exit_code == 0
    assert "sources" in Path("stamm.yaml").read_text(encoding="utf-8")
    second = CliRunner().invoke(app, ["init"])
    assert second.exit_code != 0


def test_a_declaration_goes_into_a_folder_that_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = ["schema", "declare", "shop", "--out", "schemas/shop.yml"]
    with pytest.raises(UsageError, match="expected the folder schemas to be there, found none"):
        CliRunner().invoke(app, out, catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []
