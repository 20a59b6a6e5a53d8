"""Suppressions and consents given to us: append-only, in one spelling, and only with proof."""

import sqlite3
from datetime import UTC, datetime

import pytest

from dedupe.identity.constitution import Member
from dedupe.identity.ledger import record_run
from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import (
    DDL,
    Suppression,
    suppress_address,
    suppress_party,
    suppressions,
)
from serving.exports import export_ops
from stamm.duck import in_memory
from stamm.errors import UsageError
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def test_a_store_that_never_held_a_suppression_suppresses_nothing(store):
    assert suppressions(store) == []


def test_addresses_are_kept_in_one_spelling(store):
    suppress_party(store, "P1", reason="erasure", at=AT)
    suppress_address(store, " Anna@X.de ", reason="objection", at=AT)
    suppress_address(store, "+49 151 / 234-567", reason="objection", at=AT)
    assert suppressions(store) == [
        Suppression("P1", None, "erasure", AT),
        Suppression(None, "anna@x.de", "objection", AT),
        Suppression(None, "+49151234567", "objection", AT),
    ]


def test_a_suppression_is_never_changed_nor_taken_away(store):
    suppress_party(store, "P1", reason="restriction", at=AT)
    for change in ("update suppressions set party_id = 'P2'", "delete from suppressions"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            store.query(change)
    assert [entry.party_id for entry in suppressions(store)] == ["P1"]


def test_nothing_to_suppress_and_unknown_reasons_are_refused(store):
    with pytest.raises(UsageError, match="found none"):
        suppress_address(store, " ", reason="objection", at=AT)
    with pytest.raises(UsageError, match="objection, restriction, erasure"):
        suppress_party(store, "P1", reason="mood", at=AT)


def test_a_consent_needs_evidence_and_a_withdrawal_does_not(store):
    with pytest.raises(UsageError, match="expected evidence for a consent that was granted"):
        record_consent(store, ConsentEvent("a@x.de", "email", "granted", AT, None))
    withdrawn = ConsentEvent(" A@x.de", "email", "withdrawn", AT, None)
    assert record_consent(store, withdrawn) == record_consent(store, withdrawn)
    [row] = store.query("select address, event, purpose from consent_events")
    assert tuple(row) == ("a@x.de", "withdrawn", "marketing")


def test_both_reach_the_marts_through_the_exports(store):
    suppress_address(store, "a@x.de", reason="objection", at=AT)
    record_consent(store, ConsentEvent("a@x.de", "email", "granted", AT, "phone call", "r1"))
    with in_memory() as con:
        counts = export_ops(con, store)
        assert (counts["suppressions"], counts["consent_events"]) == (1, 1)
        assert con.sql("select address, since::varchar from ops.suppressions").fetchall() == [
            ("a@x.de", "2026-06-30 06:00:00")
        ]
        assert con.sql(
            "select record_id, event, occurred_at::varchar, evidence from ops.consent_events"
        ).fetchall() == [("r1", "granted", "2026-06-30 06:00:00", "phone call")]


def test_a_suppression_notes_how_far_the_ledger_of_ids_went(store):
    """A run that is at work dates by its start what it writes later: a moment tells too little."""
    suppress_party(store, "P1", reason="erasure", at=AT)
    for day in (1, 2):
        record_run(store, [[Member("a")], [Member("b")]][:day], run_id=str(day), at=AT)
        suppress_party(store, "P1", reason="erasure", at=AT)
    noted = [(entry.memberships_seq, entry.events_seq) for entry in suppressions(store)]
    assert noted == [(None, None), (1, 1), (2, 2)]


def test_a_store_of_before_is_read_as_it_is(store):
    store.migrate("suppressions", DDL[:3])
    store.query(
        "insert into suppressions (party_id, reason, since) values ('P1', 'erasure', ?)",
        [AT.isoformat()],
    )
    assert suppressions(store) == [Suppression("P1", None, "erasure", AT)]
