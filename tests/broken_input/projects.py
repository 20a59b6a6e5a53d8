"""Projects with sources of their own: a served sandbox company, or a CSV of invented people."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.company import create
from sandbox.server import credentials as known
from sandbox.server import running
from tests.end_to_end.company import Company

SOURCES: dict[str, dict[str, Any]] = {
    "erp": {"system": "s4", "username": known.S4_USER, "password": "${ERP_PASSWORD}"},
    "shop": {
        "system": "shopware",
        "client_id": known.SHOPWARE_CLIENT_ID,
        "client_secret": "${SHOP_SECRET}",
    },
    "mail": {"system": "brevo", "api_key": "${MAIL_KEY}"},
    "help": {"system": "zendesk", "email": known.ZENDESK_EMAIL, "api_token": "${HELP_TOKEN}"},
}
SECRETS = {
    "ERP_PASSWORD": known.S4_PASSWORD,
    "SHOP_SECRET": known.SHOPWARE_CLIENT_SECRET,
    "MAIL_KEY": known.BREVO_API_KEY,
    "HELP_TOKEN": known.ZENDESK_API_TOKEN,
}
CARDS = {
    "system": "files",
    "path": "cards.csv",
    "format": "csv",
    "key": ["Nr"],
    "map": {"given_name": "Vorname", "family_name": "Nachname", "email": "E-Mail", "city": "Ort"},
}
CUSTOMERS = 130


@dataclass(frozen=True)
class Office:
    """A served sandbox company that nobody's project owns."""

    folder: Path
    url: str

    def empty_out(self, system: str, stream: str, field: str, share: float) -> tuple[int, int]:
        """Set a field to null in this share of a stream's records; (how many, of how many)."""
        with closing(sqlite3.connect(self.folder / "company.db")) as db, db:
            keys = [
                key
                for (key,) in db.execute(
                    "select key from record where (system, stream, deleted) = (?, ?, 0) order by 1",
                    (system, stream),
                )
            ]
            chosen = keys[: round(len(keys) * share)]
            for key in chosen:
                db.execute(
                    "update record set body = json_set(body, '$.' || ?, null) "
                    "where (system, stream, key) = (?, ?, ?)",
                    (field, system, stream, key),
                )
        return len(chosen), len(keys)

    @contextmanager
    def mended_after(self) -> Iterator[None]:
        """Whatever is done to the records meanwhile, they end as they were."""
        with closing(sqlite3.connect(self.folder / "company.db")) as db:
            before = db.execute("select body, system, stream, key from record").fetchall()
            yield
            with db:
                db.executemany(
                    "update record set body = ? where (system, stream, key) = (?, ?, ?)", before
                )


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    create(folder, customers=CUSTOMERS, seed=7)
    with running(folder) as server:
        yield Office(folder, server.base_url)


def project(folder: Path, sources: Mapping[str, Any]) -> Company:
    """A project folder whose stamm.yaml holds these sources."""
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"sources": dict(sources)}, allow_unicode=True)
    (folder / "stamm.yaml").write_text(text, encoding="utf-8")
    return Company(folder)


def four_systems(url: str, **changed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The sources of a served company; `changed` replaces settings of the source of that name."""
    return {
        name: {
            **settings,
            "url": f"{url}/{name}",
            "insecure": True,
            "patience": 1,
            **changed.get(name, {}),
        }
        for name, settings in SOURCES.items()
    }


def cards(people: int, header: str = "Nr;Vorname;Nachname;E-Mail;Ort") -> str:
    """A CSV of that many invented people; every hundredth has no number."""
    rows = [
        f"{'' if n % 100 == 0 else n};Änne;Größ{n:03};aenne.{n}@lindenhof-koeln.de;Köln"
        for n in range(1, people + 1)
    ]
    return "\n".join([header, *rows]) + "\n"


def health(company: Company, exit_code: int) -> dict[str, Any]:
    """What `stamm check --json` says."""
    text = company.stamm("check", "--json", exit_code=exit_code)
    found: dict[str, Any] = json.loads(text[: text.rindex("}") + 1])
    return found


def quarantined(company: Company) -> list[tuple[str, str, str, str]]:
    """(source, stream, rule, reason) of every quarantined row."""
    from stamm.duck import open_warehouse

    with open_warehouse(company.home / "work" / "warehouse.duckdb", read_only=True) as con:
        return con.sql(
            "select source, stream, rule, reason from quality.quarantined_rows "
            "where gate = 'landing' order by all"
        ).fetchall()
