"""Whatever people decide makes the next run look again."""

from datetime import UTC, datetime

import pytest

from dedupe.judgements import record_judgement
from orchestration.fingerprint import decisions
from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import suppress_address, suppress_party
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def test_each_decision_is_seen(store):
    seen = [decisions(store)]
    record_judgement(store, {"a"}, {"b"}, "different", by="Anna", at=AT, reason="two people")
    seen.append(decisions(store))
    suppress_party(store, "P1", reason="erasure", at=AT)
    seen.append(decisions(store))
    suppress_address(store, "anna@gmx.de", reason="objection", at=AT)
    seen.append(decisions(store))
    record_consent(
        store,
        ConsentEvent(
            record_id=None,
            address="anna@gmx.de",
            channel="email",
            purpose="marketing",
            event="withdrawn",
            occurred_at=AT,
            evidence=None,
        ),
    )
    seen.append(decisions(store))
    assert len(set(seen)) == 5


def test_a_table_that_is_made_empty_is_no_decision(store):
    before = decisions(store)
    from dedupe.judgements import judgements

    judgements(store)
    assert decisions(store) == before
