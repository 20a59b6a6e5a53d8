"""What a build is a function of, as one hash: equal hashes mean there is nothing to do."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from orchestration.parsed import project_fingerprint
from orchestration.project import REPOSITORY, Project
from orchestration.specifications import match_specifications
from stamm.store import Store

_CODE = ("stamm", "connectors", "dedupe", "quality", "privacy", "serving", "orchestration")
# Append-only tables in which people decide; a run has to look at what they added.
DECISIONS = (
    "judgements",
    "pins",
    "record_aliases",
    "consent_events",
    "suppressions",
    "quarantine_decisions",
)


# Settings that say when and how one is told, and nothing of what is built. Where sources are and
# how they are read shows in landing; what they declare of their streams is `_declared`.
_NO_ROWS = {"sources", "alerts", "log", "schedule", "hourly", "owner"}


def run_fingerprint(project: Project, store: Store, as_of: date) -> str:
    """Landing, decisions, code, models, settings, declared streams and the as-of date."""
    from connectors.landing import fingerprint

    parts = [
        fingerprint(project.home.landing),
        decisions(store),
        _sent_back(project, store),
        _code(),
        project_fingerprint(),
        project.settings.model_dump_json(exclude=_NO_ROWS),
        _declared(project),
        *(spec.model_dump_json() for spec in match_specifications(project).values()),
        as_of.isoformat(),
    ]
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def decisions(store: Store) -> str:
    """Row counts of the tables of decisions; one that is not there yet has none."""
    counts = [
        store.query(f"select count(*) as n from {table}")[0]["n"] if store.has_table(table) else 0
        for table in DECISIONS
    ]
    return ",".join(map(str, counts))


def _sent_back(project: Project, store: Store) -> str:
    """How much was sent to targets that a source reads back: it does not vote."""
    from connectors.sinks.echo import sent_values

    return str(len(sent_values(store, project.settings.sinks.values())))


def _declared(project: Project) -> str:
    """What the landing tables take from declarations: those of tables stand in the settings."""
    streams = sorted(
        (system.name, stream.name, repr((stream.holds, stream.basis, stream.field_groups)))
        for system in project.systems.values()
        for stream in system.streams
    )
    return repr(streams)


def _code() -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(REPOSITORY)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    return [
        path
        for package in _CODE
        for path in (REPOSITORY / package).rglob("*")
        if path.suffix in {".py", ".yml", ".sql", ".csv"}
    ]
