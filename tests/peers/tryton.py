"""A real Tryton server: installed, fitted out once, copied for each test, edited over REST.

What it holds is told by its SQLite file, not by the API that the connector reads.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.peers.installed import cached, python_packages, run
from tests.peers.serving import answers, free_port, serving

SETUP = Path(__file__).with_name("tryton_setup.py")
VERSION = "8.2.*"
ARCHIVED_TOO = urlsafe_b64encode(b'{"active_test": false}').decode()
MODULES = ("trytond", "trytond-party", "trytond-company", "trytond-sale", "trytond-account-invoice")


@dataclass(frozen=True)
class Tryton:
    """A running server with one database."""

    url: str  # with the database
    key: str
    file: Path

    def create(self, model: str, **fields: Any) -> int:
        return int(self._sent("POST", model, fields)["id"])

    def write(self, model: str, record: int, **fields: Any) -> None:
        self._sent("PUT", f"{model}/{record}", fields)

    def delete(self, model: str, record: int) -> None:
        self._sent("DELETE", f"{model}/{record}")

    def _sent(self, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
        answer = requests.request(
            method, f"{self.url}/rest/model/{path}", json=fields, timeout=30,
            headers={"Authorization": f"Bearer {self.key}", "X-Tryton-Context": ARCHIVED_TOO},
        )  # fmt: skip
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the database itself says."""
        with closing(sqlite3.connect(self.file)) as con:
            con.row_factory = sqlite3.Row
            return [dict(row) for row in con.execute(sql)]

    def execute(self, sql: str) -> None:
        """For what no request can bring about, such as ten thousand rows of one moment."""
        with closing(sqlite3.connect(self.file)) as con, con:
            con.execute(sql)


@contextmanager
def running(folder: Path) -> Iterator[Tryton]:
    """A server over a fresh copy of the fitted-out database."""
    programs, fitted_out = _programs(), template()
    shutil.copy(fitted_out / "crm.sqlite", folder / "crm.sqlite")
    port = free_port()
    conf = _configured(folder, port)
    url = f"http://127.0.0.1:{port}/crm"
    command = [str(programs / "trytond"), "-c", str(conf)]
    with serving(command, answers(f"http://127.0.0.1:{port}/"), folder / "trytond.log"):
        yield Tryton(url, (fitted_out / "key").read_text(), folder / "crm.sqlite")


def _programs() -> Path:
    return python_packages("tryton", *(f"{module}=={VERSION}" for module in MODULES))


def template() -> Path:
    programs = _programs()

    def make(folder: Path) -> None:
        conf = _configured(folder, port=1)
        (folder / "crm.sqlite").touch()
        (folder / "password").write_text(secrets.token_urlsafe(16))
        key = secrets.token_hex(20)
        secret = {"TRYTONPASSFILE": str(folder / "password")}
        admin = (str(programs / "trytond-admin"), "-c", str(conf), "-d", "crm")
        run(*admin, "--email", "admin@example.org", "--all", env=secret)
        run(*admin, "-u", "sale", "account_invoice", "--activate-dependencies", env=secret)
        run(str(programs / "python"), str(SETUP), str(conf), key)
        (folder / "key").write_text(key)

    return cached("tryton-database", f"{VERSION} {SETUP.read_text()}", make)


def _configured(folder: Path, port: int) -> Path:
    conf = folder / "trytond.conf"
    conf.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
    )
    return conf
