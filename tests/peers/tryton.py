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

from tests.peers import postgres
from tests.peers.installed import cached, python_packages, run
from tests.peers.serving import answers, free_port, serving

SETUP = Path(__file__).with_name("tryton_setup.py")
SENDER, PASSWORD = "stamm", "a-Long-Enough-Passphrase-41"
VERSION = "8.2.*"
PSYCOPG = "psycopg[binary,pool]==3.3.*"
WAITRESS, WSGI = "waitress==3.*", "trytond.application:app"
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


@dataclass(frozen=True)
class OnPostgres(Tryton):
    """The same, over PostgreSQL."""

    database: postgres.Postgres

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return self.database.rows(sql)

    def execute(self, sql: str) -> None:
        self.database.execute(sql)


def sender(crm: Tryton) -> tuple[str, str]:
    """Login and password of the account that belongs to the sink; made when first asked for."""
    if not crm.rows(f"select id from res_user where login = '{SENDER}'"):
        [group] = crm.rows("select id from res_group where name = 'Party Administration'")
        crm.create(
            "res.user", name="Stamm", login=SENDER, password=PASSWORD,
            groups=[["add", [group["id"]]]],
        )  # fmt: skip
    return SENDER, PASSWORD


def held(crm: Tryton, party_id: str) -> dict[str, Any]:
    """The party and what is in use of it, as the database says it."""
    [row] = crm.rows(
        f"select id, name, active, replaced_by from party_party where code='{party_id}'"
    )
    of = f"where active and party = {row['id']}"
    return {
        **row,
        "address": crm.rows(f"""
            select street_name, building_number, postal_code, city,
                   (select code from country_country as c where c.id = country) as country
            from party_address {of}"""),
        "mechanisms": {
            (one["type"], one["value_compact"])
            for one in crm.rows(f"select type, value_compact from party_contact_mechanism {of}")
        },
        "identifiers": {
            (one["type"], one["code"])
            for one in crm.rows(f"""
                select type, coalesce(code_compact, code) as code from party_identifier {of}""")
        },
        "categories": {
            one["name"]
            for one in crm.rows(f"""
                select c.name from "party_party-party_category" as r
                inner join party_category as c on r.category = c.id
                where r.party = {row["id"]}""")
        },
    }  # fmt: skip


@contextmanager
def running(folder: Path, *extra: str) -> Iterator[Tryton]:
    """A server over a fresh copy of the fitted-out database; `extra` are packages beside it."""
    programs, fitted_out = _programs(*extra), template()
    shutil.copy(fitted_out / "crm.sqlite", folder / "crm.sqlite")
    port = free_port()
    conf = _configured(folder, port)
    url = f"http://127.0.0.1:{port}/crm"
    command = [str(programs / "trytond"), "-c", str(conf)]
    with serving(command, answers(f"http://127.0.0.1:{port}/"), folder / "trytond.log"):
        yield Tryton(url, (fitted_out / "key").read_text(), folder / "crm.sqlite")


@contextmanager
def running_on_postgres(folder: Path, *extra: str) -> Iterator[Tryton]:
    """A server as a company runs it, over a fresh copy of the fitted-out database."""
    programs, fitted_out, port = _programs(*extra, PSYCOPG), postgres_template(), free_port()
    with postgres.running() as database:
        database.load(fitted_out / "crm.sql")
        conf = _configured(folder, port, _address(database))
        command = [str(programs / "trytond"), "-c", str(conf)]
        with serving(command, answers(f"http://127.0.0.1:{port}/"), folder / "trytond.log"):
            key = (fitted_out / "key").read_text()
            yield OnPostgres(f"http://127.0.0.1:{port}/crm", key, conf, database)


@contextmanager
def running_on_waitress(folder: Path) -> Iterator[Tryton]:
    """The same under a WSGI server, which keeps connections open, as trytond's own does not."""
    programs, fitted_out, port = _programs(WAITRESS), template(), free_port()
    shutil.copy(fitted_out / "crm.sqlite", folder / "crm.sqlite")
    env = {"TRYTOND_CONFIG": str(_configured(folder, port)), "TRYTOND_DATABASE_NAMES": "crm"}
    command = [str(programs / "waitress-serve"), f"--listen=127.0.0.1:{port}", WSGI]
    ready = answers(f"http://127.0.0.1:{port}/")
    with serving(command, ready, folder / "waitress.log", env=env):
        key = (fitted_out / "key").read_text()
        yield Tryton(f"http://127.0.0.1:{port}/crm", key, folder / "crm.sqlite")


def postgres_template() -> Path:
    programs = _programs(PSYCOPG)

    def make(folder: Path) -> None:
        with postgres.running() as database:
            conf = _configured(folder, 1, _address(database))
            (folder / "key").write_text(_fitted_out(programs, folder, conf))
            (folder / "crm.sql").write_text(database.dump())

    return cached("tryton-postgres", f"{VERSION} {SETUP.read_text()}", make)


def _address(database: postgres.Postgres) -> str:
    return f"postgresql://{postgres.ACCOUNT}@127.0.0.1:{database.port}/"


def _programs(*extra: str) -> Path:
    return python_packages("tryton", *(f"{module}=={VERSION}" for module in MODULES), *extra)


def template() -> Path:
    programs = _programs()

    def make(folder: Path) -> None:
        (folder / "crm.sqlite").touch()
        (folder / "key").write_text(_fitted_out(programs, folder, _configured(folder, port=1)))

    return cached("tryton-database", f"{VERSION} {SETUP.read_text()}", make)


def _fitted_out(programs: Path, folder: Path, conf: Path) -> str:
    """The key of a database that was empty until now."""
    (folder / "password").write_text(secrets.token_urlsafe(16))
    key = secrets.token_hex(20)
    secret = {"TRYTONPASSFILE": str(folder / "password")}
    admin = (str(programs / "trytond-admin"), "-c", str(conf), "-d", "crm")
    run(*admin, "--email", "admin@example.org", "--all", env=secret)
    run(*admin, "-u", "sale", "account_invoice", "--activate-dependencies", env=secret)
    run(str(programs / "python"), str(SETUP), str(conf), key)
    return key


def _configured(folder: Path, port: int, database: str = "sqlite://") -> Path:
    conf = folder / "trytond.conf"
    conf.write_text(
        f"[database]\nuri = {database}\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
    )
    return conf
