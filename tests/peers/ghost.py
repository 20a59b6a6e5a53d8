"""A real Ghost site: installed and set up once, copied for each test, edited over its Admin API.

What it holds is told by its SQLite file, not by the API that the connector reads.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.peers.installed import cached, node_headers, run
from tests.peers.serving import answers, free_port, serving

VERSION = "5.130.6"
OWNER, PASSWORD = "anna@muster.example", "muster-2026-geheim"
KEY_ID, SECRET = "65a0000000000000000000a1", "5e" * 32
KEY = f"{KEY_ID}:{SECRET}"


@dataclass(frozen=True)
class Ghost:
    """A running site, and a session of its owner."""

    url: str
    file: Path
    session: requests.Session

    def ask(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        """An answer of the Admin API to the owner; None if it has no body."""
        url = f"{self.url}/ghost/api/admin/{path}/"
        answer = self.session.request(method, url, json=body, params=params, timeout=60)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def add(self, kind: str, **fields: Any) -> str:
        """A new member, newsletter or label; its id."""
        return str(self.ask("POST", kind, {kind: [fields]})[kind][0]["id"])

    def edit(self, kind: str, key: str, **fields: Any) -> None:
        self.ask("PUT", f"{kind}/{key}", {kind: [fields]})

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the database itself says."""
        with closing(sqlite3.connect(self.file, timeout=30)) as con:
            con.row_factory = sqlite3.Row
            return [dict(row) for row in con.execute(sql)]

    def execute(self, *statements: str) -> None:
        """For what no request can bring about, such as a thousand events of one moment."""
        with closing(sqlite3.connect(self.file, timeout=30)) as con, con:
            for sql in statements:
                con.execute(sql)


@contextmanager
def running(folder: Path) -> Iterator[Ghost]:
    """A site over a fresh copy of the one that was set up."""
    content = folder / "content"
    shutil.copytree(template() / "content", content)
    with _serving(content, folder / "ghost.log") as url:
        with _session(url) as session:
            yield Ghost(url, content / "data" / "ghost.db", session)


@contextmanager
def _session(url: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers.update({"Origin": url, "Accept-Version": "v5.130"})
        login = {"username": OWNER, "password": PASSWORD}
        answer = session.post(f"{url}/ghost/api/admin/session/", json=login, timeout=60)
        assert answer.status_code == 201, answer.text[:500]
        yield session


@contextmanager
def _serving(content: Path, log: Path) -> Iterator[str]:
    """A server over these files; it makes its database if there is none."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "NODE_ENV": "production",
        "url": url,
        "server__port": str(port),
        "database__client": "sqlite3",
        "database__useNullAsDefault": "true",
        "database__connection__filename": str(content / "data" / "ghost.db"),
        "paths__contentPath": str(content),
        "mail__transport": "stub",
        "privacy__useUpdateCheck": "false",
        "privacy__useGravatar": "false",
        "security__staffDeviceVerification": "false",
        "logging__level": "warn",
    }
    ready = answers(f"{url}/ghost/api/admin/site/")
    with serving(["node", "index.js"], ready, log, cwd=_program(), env=settings):
        yield url


def _program() -> Path:
    """The package with what it depends on, of which only its database is compiled."""

    def make(folder: Path) -> None:
        packed = run("npm", "pack", "--silent", f"ghost@{VERSION}", cwd=folder).split()[-1]
        run("tar", "xzf", packed, cwd=folder)
        program = folder / "package"
        file = program / "package.json"
        package = json.loads(file.read_text())
        del package["devDependencies"]  # some are not published
        package["allowScripts"] = {"sqlite3": True}
        file.write_text(json.dumps(package, indent=2))
        quiet = ("--silent", "--no-audit", "--no-fund", "--no-progress")
        how = ("--omit=dev", "--legacy-peer-deps", "--ignore-scripts")
        run("npm", "install", *how, *quiet, cwd=program)
        run("npm", "rebuild", "sqlite3", cwd=program, env=node_headers())

    return cached("ghost", VERSION, make) / "package"


def template() -> Path:
    """A site with an owner, and an integration whose key the tests know."""

    def make(folder: Path) -> None:
        content = folder / "content"
        shutil.copytree(_program() / "content", content)
        (content / "data").mkdir(exist_ok=True)
        with _serving(content, folder / "ghost.log") as url:
            owner = {
                "name": "Anna Muster", "email": OWNER, "password": PASSWORD,
                "blogTitle": "Leuchtenpost",
            }  # fmt: skip
            answer = requests.post(
                f"{url}/ghost/api/admin/authentication/setup/", json={"setup": [owner]},
                headers={"Origin": url}, timeout=60,
            )  # fmt: skip
            assert answer.status_code == 201, answer.text[:500]
        with closing(sqlite3.connect(content / "data" / "ghost.db")) as con, con:
            con.executescript(_INTEGRATION)

    return cached("ghost-site", f"{VERSION} {KEY} {_INTEGRATION}", make)


_INTEGRATION = f"""
    insert into integrations (id, type, name, slug, created_at, created_by)
    values ('65a0000000000000000000a0', 'custom', 'stamm', 'stamm', '2026-01-01 00:00:00', '1');
    insert into api_keys (id, type, secret, role_id, integration_id, created_at, created_by)
    select '{KEY_ID}', 'admin', '{SECRET}', id, '65a0000000000000000000a0',
           '2026-01-01 00:00:00', '1'
    from roles where name = 'Admin Integration';
"""
