"""SAP's own model of business partners, served by SAP CAP with its OData V2 adapter.

The model and CAP come from npm when a test runs, under SAP's developer licence, to which whoever
downloads them agrees; nothing of them is kept here. What the server holds is asked over OData V4,
record by record, not over V2, which the connector reads.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.peers.installed import npm_packages
from tests.peers.serving import answers, free_port, serving

MODEL = "@sap/cloud-sdk-vdm-business-partner-service"
ADAPTER = "@cap-js-community/odata-v2-adapter"
PACKAGES = (
    "@sap/cds@9", "@sap/cds-dk@9", "@cap-js/sqlite@2", f"{ADAPTER}@1", "express@4",
    f"{MODEL}@2.1.0",
)  # fmt: skip
SERVICE = "API_BUSINESS_PARTNER"
PATH = f"sap/opu/odata/sap/{SERVICE}"
USER, PASSWORD = "stamm", "muster-2026"
# Without an agent the adapter closes what it asks V4 on, and its caller's connection with it.
_KEEPING = """
const cds = require("@sap/cds"), agent = new (require("http").Agent)({ keepAlive: true })
cds.prependListener("bootstrap", app => app.use((req, _, next) => { req.agent = agent; next() }))
module.exports = cds.server
"""
_NAVIGATION = ("cds.Association", "cds.Composition")  # leads nowhere without data behind it


@dataclass(frozen=True)
class Sap:
    """A running service."""

    url: str

    def create(self, entity: str, **fields: Any) -> None:
        self._sent("POST", entity, fields)

    def change(self, entity: str, key: Mapping[str, str], **fields: Any) -> None:
        self._sent("PATCH", f"{entity}({_predicate(key)})", fields)

    def delete(self, entity: str, key: Mapping[str, str]) -> None:
        self._sent("DELETE", f"{entity}({_predicate(key)})")

    def held(self, entity: str) -> list[dict[str, Any]]:
        """All records of an entity set, as V4 tells them."""
        link, found = entity, []
        while link:
            page = self._sent("GET", link)
            found += [
                {name: value for name, value in row.items() if not name.startswith("@")}
                for row in page["value"]
            ]
            link = page.get("@odata.nextLink", "")
        return found

    def _sent(self, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
        url = f"{self.url}/odata/v4/{PATH}/{path}"
        answer = requests.request(method, url, json=fields, auth=(USER, PASSWORD), timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:400]}"
        return answer.json() if answer.content else None


def _predicate(key: Mapping[str, str]) -> str:
    return ",".join(f"{name}='{value}'" for name, value in key.items())


@contextmanager
def running(
    folder: Path, *, partners: int = 0, limit: int = 1000, keeps_open: bool = False
) -> Iterator[Sap]:
    """A server with so many partners of one day; a page holds `limit` records at most."""
    project, port = folder / "erp", free_port()
    _lay_out(project, limit)
    if keeps_open:
        (project / "server.js").write_text(_KEEPING)
    _write_partners(project, partners)
    program = str(project / "node_modules" / ".bin" / "cds")
    url = f"http://localhost:{port}"  # as its links name it; others are not followed
    ready = answers(f"{url}/odata/v4/{PATH}/A_BusinessPartner?$top=1", auth=(USER, PASSWORD))
    command = [program, "mock", SERVICE, "--port", str(port)]
    home = {"HOME": str(folder)}  # it notes running services there
    with serving(command, ready, folder / "cap.log", cwd=project, env=home):
        yield Sap(url)


def template() -> Path:
    """The folder of CAP and the model."""
    return npm_packages("sap", *PACKAGES, built=("better-sqlite3",))


def _lay_out(project: Path, limit: int) -> None:
    """A CAP project around the model."""
    packages, external = template() / "node_modules", project / "srv" / "external"
    external.mkdir(parents=True)
    (project / "node_modules").symlink_to(packages)
    model = json.loads((packages / MODEL / "business-partner-service-csn.json").read_text())
    for name, definition in model["definitions"].items():
        elements = definition.get("elements", {})
        for field in [f for f, one in elements.items() if one.get("type") in _NAVIGATION]:
            del elements[field]
        if name == SERVICE:
            definition["@path"] = PATH
    (external / f"{SERVICE}.csn").write_text(json.dumps(model))
    settings = {
        "requires": {
            SERVICE: {"kind": "odata", "model": f"srv/external/{SERVICE}"},
            "auth": {"kind": "basic", "users": {USER: {"password": PASSWORD}}},
            "db": {"kind": "sqlite", "credentials": {"url": ":memory:"}},
        },
        "query": {"limit": {"max": limit}},
        "cov2ap": {"plugin": True},
    }
    used = dict.fromkeys((ADAPTER, "@cap-js/sqlite", "@sap/cds"), "*")
    package = {"name": "erp", "version": "1.0.0", "dependencies": used, "cds": settings}
    (project / "package.json").write_text(json.dumps(package))


def _write_partners(project: Path, partners: int) -> None:
    """Data that CAP takes in at its start."""
    if not partners:
        return
    folder = project / "srv" / "external" / "data"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = ("BusinessPartner", "BusinessPartnerCategory", "LastName", "CreationDate")
    with (folder / f"{SERVICE}-A_BusinessPartner.csv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(names)
        for number in range(partners):
            writer.writerow((f"{number:010}", "1", f"Muster {number}", "2026-01-02"))
