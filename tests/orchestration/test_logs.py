"""Lines of a run: redacted, as text or JSON with the ids they are about, put aside by size."""

import json
import logging

import pytest

from orchestration.logs import about, put_aside, quiet_terminal

LINES = logging.getLogger("stamm")


@pytest.fixture(autouse=True)
def as_before():
    before = LINES.handlers, LINES.propagate
    yield
    LINES.handlers, LINES.propagate = before


def written(folder):
    return (folder / "stamm.log").read_text(encoding="utf-8").splitlines()


def test_json_lines_bear_run_stage_and_load_and_no_personal_data(tmp_path):
    quiet_terminal(tmp_path, "json")
    with about(run_id="r1"), about(stage="extract shop"), about(load_id="L1"):
        LINES.warning("anna@example.org: %s", "Could not convert string 'Köln' to INT32")
    LINES.warning("after")
    first, second = map(json.loads, written(tmp_path))
    assert {k: first[k] for k in ("level", "logger", "run_id", "stage", "load_id")} == {
        "level": "WARNING", "logger": "stamm", "run_id": "r1", "stage": "extract shop",
        "load_id": "L1",
    }  # fmt: skip
    assert "anna" not in first["message"]
    assert "Köln" not in first["message"]
    assert "run_id" not in second


def test_a_traceback_is_one_field_and_redacted(tmp_path):
    quiet_terminal(tmp_path, "json")
    try:
        raise ValueError("anna@example.org")
    except ValueError:
        LINES.exception("it failed")
    [line] = map(json.loads, written(tmp_path))
    assert "ValueError" in line["traceback"]
    assert "anna" not in line["traceback"]


def test_text_is_the_default(tmp_path):
    quiet_terminal(tmp_path)
    LINES.warning("plain")
    assert written(tmp_path)[0].endswith("WARNING stamm plain")


def test_a_grown_file_is_put_aside_and_an_open_writer_goes_on_in_the_new_one(tmp_path):
    quiet_terminal(tmp_path)
    for number in range(4):
        LINES.warning("line %s", number)
        with (tmp_path / "stamm.log").open("a", encoding="utf-8") as file:
            file.write("x" * (1 << 20))
        put_aside(tmp_path, megabytes=1, keep=2)
    LINES.warning("new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stamm.log", "stamm.log.1", "stamm.log.2"]
    assert len(written(tmp_path)) == 1
    assert "line 3" in (tmp_path / "stamm.log.1").read_text(encoding="utf-8")
    assert "line 2" in (tmp_path / "stamm.log.2").read_text(encoding="utf-8")


def test_a_small_file_stays(tmp_path):
    quiet_terminal(tmp_path)
    LINES.warning("little")
    put_aside(tmp_path, megabytes=1, keep=2)
    assert [p.name for p in tmp_path.iterdir()] == ["stamm.log"]
