"""The server's process: found again, ended, and never left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox.server import running
from tests.sandbox.server.tiny_company import found


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state.rpartition(")")[2].split()[0] == "Z"


def wait_until_gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not is_gone(pid):
        time.sleep(0.02)
    return is_gone(pid)


def test_a_live_server_is_used_again_and_the_starter_ends_it(tmp_path: Path):
    found(tmp_path)
    with running(tmp_path) as first:
        assert json.loads((tmp_path / "server.json").read_text())["pid"] == first.pid
        with running(tmp_path) as second:
            assert second == first
        assert requests.get(f"{first.base_url}/_sandbox/health", timeout=5).ok
    assert is_gone(first.pid)


def test_a_server_of_another_folder_on_the_same_port_is_not_believed(tmp_path: Path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    for folder in (mine, other):
        folder.mkdir()
        found(folder)
    with running(other) as theirs:
        (mine / "server.json").write_text((other / "server.json").read_text())
        with running(mine) as ours:
            assert ours.base_url != theirs.base_url


def test_a_stale_announcement_is_passed_over(tmp_path: Path):
    found(tmp_path)
    stale = {"base_url": "http://127.0.0.1:9", "pid": 1}
    (tmp_path / "server.json").write_text(json.dumps(stale))
    with running(tmp_path) as server:
        assert server.pid != 1


PARENT = """
import os, sys, time
from pathlib import Path
from sandbox.server import running
with running(Path(sys.argv[1])) as server:
    if sys.argv[2] == "fork" and os.fork() == 0:
        time.sleep(30)  # holds the pipe open beyond its parent's death
        os._exit(0)
    print(server.pid, flush=True)
    time.sleep(30)
"""


@pytest.mark.parametrize("how", ["alone", "fork"])
def test_the_server_dies_with_a_parent_that_was_killed(tmp_path: Path, how: str):
    found(tmp_path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PARENT, str(tmp_path), how]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        assert not is_gone(server)
        parent.kill()
        parent.wait()
        try:
            assert wait_until_gone(server)
        finally:
            if how == "fork":  # the fork is in the group this test made
                os.killpg(parent.pid, signal.SIGKILL)


def test_a_company_without_a_file_is_answered_with_an_error_not_with_an_empty_list(tmp_path: Path):
    from tests.sandbox.server.tiny_company import MAIL

    with running(tmp_path) as server:
        answer = requests.get(f"{server.base_url}/mail/v3/contacts", headers=MAIL, timeout=5)
        assert answer.status_code == 500
        found(tmp_path)
        assert requests.get(f"{server.base_url}/mail/v3/contacts", headers=MAIL, timeout=5).ok
