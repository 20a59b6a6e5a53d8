"""A real Request Tracker from Debian's packages: set up once, copied for each test, edited by REST.

What it holds is told by its SQLite file, not by the API that the connector reads.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.peers.installed import cached, debian_packages, run
from tests.peers.serving import answers, free_port, serving

PACKAGES = ("request-tracker5", "rt5-db-sqlite", "rt5-standalone")
SERVER = "/usr/share/request-tracker5/libexec/rt-server"
ROOT = ("root", "password")  # as the package sets it up
_CONFIG = """
Set($rtname, 'muster');
Set($Organization, 'muster.example');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebPath, '');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.sqlite');
Set($DatabaseHost, '');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($MailCommand, 'testfile');
Set($Timezone, 'Europe/Berlin');
Set($CorrespondAddress, 'hilfe@muster.example');
Set($CommentAddress, 'hilfe@muster.example');
1;
"""


@dataclass(frozen=True)
class RequestTracker:
    """A running server with one queue, General."""

    url: str
    file: Path

    def create(self, kind: str, **fields: Any) -> str:
        return str(self._sent("POST", kind, fields)["id"])

    def change(self, path: str, **fields: Any) -> None:
        self._sent("PUT", path, fields)

    def post(self, path: str, **fields: Any) -> None:
        self._sent("POST", path, fields)

    def delete(self, path: str) -> None:
        self._sent("DELETE", path)

    def _sent(self, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
        answer = requests.request(
            method, f"{self.url}/REST/2.0/{path}", json=fields, auth=ROOT, timeout=30
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the database itself says."""
        with closing(sqlite3.connect(self.file)) as con:
            con.row_factory = sqlite3.Row
            return [dict(row) for row in con.execute(sql)]

    def execute(self, sql: str) -> None:
        """For what no request can bring about, such as thousands of tickets of one moment."""
        with closing(sqlite3.connect(self.file, timeout=30)) as con, con:
            con.execute(sql)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[RequestTracker]:
    """A server over a fresh copy of the database; `options` go to its web server."""
    debian_packages(*PACKAGES)
    shutil.copy(template() / "rt.sqlite", folder / "rt.sqlite")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [SERVER, "--port", str(port), *options]
    ready = answers(f"{url}/REST/2.0/queues/all", auth=ROOT)
    with serving(command, ready, folder / "rt.log", env=_configured(folder, port)):
        yield RequestTracker(url, folder / "rt.sqlite")


def template() -> Path:
    def make(folder: Path) -> None:
        setup = ("/usr/sbin/rt-setup-database-5", "--action", "init", "--skip-create")
        run(*setup, env=_configured(folder, port=1))

    version = run("dpkg-query", "--show", "--showformat=${Version}", PACKAGES[0])
    return cached("request-tracker", version, make)


def _configured(folder: Path, port: int) -> dict[str, str]:
    """The environment that points the programs to a configuration of their own."""
    config, more = folder / "RT_SiteConfig.pm", folder / "RT_SiteConfig.d"
    more.mkdir(exist_ok=True)
    config.write_text(_CONFIG.format(port=port, folder=folder))
    return {"RT_SITE_CONFIG": str(config), "RT_SITE_CONFIG_DIR": str(more)}
