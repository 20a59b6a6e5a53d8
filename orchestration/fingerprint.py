"""What a build is a function of, as one hash: equal hashes mean there is nothing to do."""

from __future__ import annotations

import hashlib
from pathlib import Path

from orchestration.dbt import project_fingerprint
from orchestration.project import REPOSITORY
from orchestration.session import Session

_CODE = ("stamm", "connectors", "dedupe", "quality", "privacy", "serving")
_DECISIONS = ("judgements", "consent_events", "suppressions")


def run_fingerprint(session: Session) -> str:
    """Landing, decisions, code, models, settings and the as-of date."""
    from connectors.landing import fingerprint

    parts = [
        fingerprint(session.project.home.landing),
        _decisions(session),
        _code(),
        project_fingerprint(),
        session.project.settings.model_copy(update={"sources": {}}).model_dump_json(),
        session.as_of.isoformat(),
    ]
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _decisions(session: Session) -> str:
    """Row counts of the append-only tables in which people decide."""
    counts = [
        session.store.query(f"select count(*) as n from {table}")[0]["n"]
        for table in _DECISIONS
        if session.store.has_table(table)
    ]
    return ",".join(map(str, counts))


def _code() -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(_sources()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    return [
        path
        for package in _CODE
        for path in (REPOSITORY / package).rglob("*")
        if path.suffix in {".py", ".yml", ".sql", ".csv"}
    ]
