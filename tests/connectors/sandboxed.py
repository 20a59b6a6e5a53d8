"""A small sandbox company, served for a whole test module, and its four sources."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from connectors.catalogue import create_views
from connectors.extract import LoadResult, extract_with, opened
from connectors.registry import declared, systems
from connectors.source import Reader, Stream
from sandbox.company import create
from sandbox.server import credentials as known
from sandbox.server import running
from stamm.clock import Clock, ManualClock
from stamm.duck import in_memory
from stamm.settings import SourceSettings
from stamm.store import Store

DECLARED: dict[str, dict[str, Any]] = {
    "erp": {"system": "s4", "username": known.S4_USER, "password": known.S4_PASSWORD},
    "shop": {
        "system": "shopware",
        "client_id": known.SHOPWARE_CLIENT_ID,
        "client_secret": known.SHOPWARE_CLIENT_SECRET,
    },
    "mail": {"system": "brevo", "api_key": known.BREVO_API_KEY},
    "help": {
        "system": "zendesk",
        "email": known.ZENDESK_EMAIL,
        "api_token": known.ZENDESK_API_TOKEN,
    },
}


@dataclass(frozen=True)
class Company:
    """A served company."""

    url: str

    def source(self, name: str, **changed: Any) -> SourceSettings:
        raw = {**DECLARED[name], "name": name, "url": f"{self.url}/{name}", "insecure": True}
        return systems()[raw["system"]].settings.model_validate({**raw, **changed})

    def misbehave(self, system: str, kind: str, **more: Any) -> None:
        fault = {"system": system, "kind": kind, **more}
        requests.post(f"{self.url}/_sandbox/faults", json=fault, timeout=5).raise_for_status()

    def behave(self) -> None:
        requests.delete(f"{self.url}/_sandbox/faults", timeout=5).raise_for_status()

    def asked(self, part: str) -> list[str]:
        """Requests since `forget_requests` whose address holds `part`."""
        seen = requests.get(f"{self.url}/_sandbox/requests", timeout=5).json()["recent"]
        return [one for one in seen if part in one]

    def forget_requests(self) -> None:
        requests.delete(f"{self.url}/_sandbox/requests", timeout=5).raise_for_status()


@contextmanager
def served_company(folder: Path, customers: int = 150) -> Iterator[Company]:
    create(folder, customers=customers, seed=7)
    with running(folder) as server:
        yield Company(server.base_url)


def small_pages(stream: Stream, size: int = 40) -> Stream:
    """The stream, asked for in pages so small that it has several."""
    if not hasattr(stream.paginate, "size"):
        return stream
    return replace(stream, paginate=replace(stream.paginate, size=size))


class Landing:
    """A landing folder with its store."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "landing"
        self.store = Store.open(folder / "state.db")
        self.clock: Clock = ManualClock(datetime.now(UTC))

    def extract(self, source: SourceSettings, stream: Stream, *, full: bool = False) -> LoadResult:
        with opened(source, self.clock) as reader:
            return self.extract_with(reader, source, stream, full=full)

    def extract_with(
        self, reader: Reader, source: SourceSettings, stream: Stream, *, full: bool = False
    ) -> LoadResult:
        return extract_with(
            reader,
            source,
            stream,
            landing_root=self.root,
            store=self.store,
            clock=self.clock,
            full=full,
            checkpoint_pages=1,
        )

    def records(self, source: SourceSettings, stream: Stream) -> list[tuple[str, str]]:
        """(key, raw) of each live record, in order of the key; a doubled one would show."""
        with in_memory() as con:
            known = {source.system: systems()[source.system]}
            create_views(con, self.root, declared(known, [source]))
            view = f"landing.{source.system}_{stream.name}"
            return con.execute(f"select key, raw from {view} order by all").fetchall()

    def keys(self, source: SourceSettings, stream: Stream) -> list[str]:
        return [key for key, _ in self.records(source, stream)]
