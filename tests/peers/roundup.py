"""A real Roundup tracker: installed, fitted out once, copied for each test, edited by its own tool.

What it holds is told by its SQLite file, not by the API that the connector reads.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.installed import cached, python_packages, run
from tests.peers.serving import answers, free_port, serving

VERSION = "2.6.*"
PASSWORD = "muster-2026"


@dataclass(frozen=True)
class Roundup:
    """A running tracker."""

    url: str
    home: Path
    log: Path

    def admin(self, *commands: str) -> list[str]:
        """Run commands of roundup-admin in one process; what each prints, a line each."""
        program = str(_programs() / "roundup-admin")
        given = "".join(f"{command}\n" for command in (*commands, "commit", "exit"))
        said = run(program, "-i", str(self.home), given=given)
        return re.findall(r"(?:^|roundup> )(\d+)$", said, re.MULTILINE)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the database itself says."""
        with closing(sqlite3.connect(self.home / "db" / "db")) as con:
            con.row_factory = sqlite3.Row
            return [dict(row) for row in con.execute(sql)]

    def execute(self, *statements: str) -> None:
        """For what no command can bring about, such as ten thousand rows of one moment."""
        with closing(sqlite3.connect(self.home / "db" / "db")) as con, con:
            for sql in statements:
                con.execute(sql)

    def requests(self) -> list[int]:
        """The status of each request that it answered over REST so far."""
        lines = self.log.read_text(errors="replace")
        return [int(code) for code in re.findall(r'"GET /\S*rest/data\S* HTTP/1\.\d" (\d+)', lines)]


@contextmanager
def running(folder: Path, *, calls: int = 0, seconds: int = 3600) -> Iterator[Roundup]:
    """A server over a fresh copy; `calls` in `seconds` are allowed, 0 allows any number."""
    port, home = free_port(), folder / "tracker"
    shutil.copytree(template() / "tracker", home)
    url = f"http://127.0.0.1:{port}/support"
    _configure(home, {
        "web": f"{url}/", "api_calls_per_interval": str(calls), "api_interval_in_sec": str(seconds),
    })  # fmt: skip
    program = str(_programs() / "roundup-server")
    command = [program, "-n", "127.0.0.1", "-p", str(port), "-u", "root", f"support={home}"]
    log = folder / "roundup.log"
    with serving(command, answers(f"http://127.0.0.1:{port}/"), log):
        yield Roundup(url, home, log)


def _programs() -> Path:
    return python_packages("roundup", f"roundup=={VERSION}")


def template() -> Path:
    def make(folder: Path) -> None:
        program, home = str(_programs() / "roundup-admin"), str(folder / "tracker")
        run(program, "-i", home, "install", "classic", "sqlite")
        _configure(folder / "tracker", {
            "web": "http://127.0.0.1/support/", "domain": "example.org", "host": "localhost",
        })  # fmt: skip
        run(program, "-i", home, "initialise", PASSWORD)

    return cached("roundup-tracker", VERSION, make)


def _configure(home: Path, values: dict[str, str]) -> None:
    """Set lines of config.ini, also those that stand there as a comment."""
    path = home / "config.ini"
    text = path.read_text()
    for name, value in values.items():
        text, found = re.subn(rf"(?m)^#? ?{name} = .*$", f"{name} = {value}", text)
        assert found, f"{name} is not in config.ini"
    path.write_text(text)
