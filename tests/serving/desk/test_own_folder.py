"""Each server has a folder of its own for copies; what the dead left is removed."""

import signal
import subprocess
import sys
from pathlib import Path

from serving.desk.copies import Copies
from serving.desk.own_folder import OwnFolder

HOLDING = """
import sys
from pathlib import Path
from serving.desk.own_folder import OwnFolder
held = OwnFolder(Path(sys.argv[1]))
print(held.path, flush=True)
sys.stdin.readline()
"""


def another_server(root):
    """A process with a folder in `root`, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return process, Path(process.stdout.readline().strip())


def test_a_server_leaves_the_copies_of_one_that_lives_and_removes_those_of_one_that_died(tmp_path):
    process, theirs = another_server(tmp_path / "desk")
    try:
        (theirs / "warehouse.duckdb").write_bytes(b"a copy")
        ours = OwnFolder(tmp_path / "desk")
        assert (theirs / "warehouse.duckdb").read_bytes() == b"a copy"
        assert ours.path.is_dir()
        ours.close()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert theirs.is_dir()
    next_one = OwnFolder(tmp_path / "desk")
    assert list((tmp_path / "desk").iterdir()) == [next_one.path]
    next_one.close()
    assert list((tmp_path / "desk").iterdir()) == []


def test_what_an_older_stamm_left_goes_too(tmp_path):
    left = tmp_path / "desk" / "0123456789abcdef"
    left.mkdir(parents=True)
    (left / "warehouse.duckdb").write_bytes(b"a copy")
    (tmp_path / "desk" / "stray").write_bytes(b"x")
    OwnFolder(tmp_path / "desk").close()
    assert list((tmp_path / "desk").iterdir()) == []


def test_two_desks_on_one_data_folder_keep_their_copies(home):
    one, other = (Copies(home, lambda: "run-1") for _ in range(2))
    with one.bench() as bench:
        other.keep_up()
        other.close()
        assert bench.con.execute("select count(*) from golden.xref_parties").fetchone()[0] > 0
    assert one.scratch.parent.is_dir()
    one.close()
