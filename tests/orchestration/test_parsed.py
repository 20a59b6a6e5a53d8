"""A parsed dbt project serves every data folder, until a file of the project changes."""

from pathlib import Path

import pytest

from orchestration import parsed
from stamm.errors import StammError
from stamm.home import Home


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "stamm" / "dbt"


@pytest.fixture
def parses(monkeypatch):
    """Stands in for dbt, which takes seconds: what it was asked to parse into."""
    into: list[Path] = []

    def invoke(arguments, *, target, logs):
        assert arguments == ["parse"]
        into.append(target)
        (target / "manifest.json").write_text("{}")
        (target / "partial_parse.msgpack").write_bytes(b"")

    monkeypatch.setattr("orchestration.dbt.invoke", invoke)
    return into


def test_the_second_folder_finds_what_the_first_one_parsed(cache, parses, tmp_path):
    first, second = (
        parsed.manifest_path(Home(tmp_path / "a")),
        parsed.manifest_path(Home(tmp_path / "b")),
    )
    assert first == second
    assert len(parses) == 1
    assert [path.name for path in cache.iterdir()] == [first.parent.name]


def test_a_project_that_changed_is_parsed_again_and_few_parses_are_kept(
    cache, parses, tmp_path, monkeypatch
):
    for state in range(8):
        monkeypatch.setattr(parsed, "project_fingerprint", lambda state=state: str(state))
        parsed.manifest_path(Home(tmp_path))
    assert len(parses) == 8
    assert len(list(cache.iterdir())) <= 5


def test_a_parse_that_failed_leaves_nothing(cache, tmp_path, monkeypatch):
    def invoke(*_, target, logs):
        (target / "partial_parse.msgpack").write_bytes(b"half")
        raise StammError("dbt parse did not run")

    monkeypatch.setattr("orchestration.dbt.invoke", invoke)
    with pytest.raises(StammError, match="did not run"):
        parsed.manifest_path(Home(tmp_path))
    assert list(cache.iterdir()) == []


def test_without_a_cache_each_data_folder_keeps_its_own(parses, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = Home(tmp_path / "data")
    assert parsed.manifest_path(home) == parsed.manifest_path(home)
    assert parsed.manifest_path(home).is_relative_to(home.dbt_target)
    assert len(parses) == 1


def test_of_two_that_parse_at_once_the_first_stays(cache, tmp_path, monkeypatch):
    def invoke(*_, target, logs):
        first = cache / parsed._key()
        first.mkdir()
        (first / "manifest.json").write_text("{}")
        (first / "partial_parse.msgpack").write_bytes(b"the first")
        (target / "partial_parse.msgpack").write_bytes(b"the second")

    monkeypatch.setattr("orchestration.dbt.invoke", invoke)
    kept = parsed.manifest_path(Home(tmp_path)).parent
    assert (kept / "partial_parse.msgpack").read_bytes() == b"the first"
    assert list(cache.iterdir()) == [kept]


@pytest.mark.parametrize("lost", ["manifest.json", "partial_parse.msgpack"])
def test_a_parse_that_lost_one_of_its_files_is_made_anew(cache, parses, tmp_path, lost):
    kept = parsed.manifest_path(Home(tmp_path)).parent
    (kept / lost).unlink()
    assert parsed.manifest_path(Home(tmp_path)).parent == kept
    assert (kept / lost).exists()
    assert len(parses) == 2
