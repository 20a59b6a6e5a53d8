"""All versions of contacts are there for staging: also old ones, and those of deleted contacts."""

from __future__ import annotations

from dataclasses import replace

from stamm.settings import SourceSettings
from tests.connectors.conftest import STREAM, Bench, customer

CONTACTS = replace(STREAM, name="contacts")
MAIL = SourceSettings(name="mail", system="brevo")
VERSIONS = (
    "select key, version, raw ->> '$.email' from landing.brevo_contact_versions order by 1, 2"
)


def test_each_version_of_a_contact_is_kept_also_after_it_was_deleted(bench: Bench):
    bench.server.records = [customer(1, email="ida@old.de"), customer(2, email="udo@web.de")]
    bench.extract(CONTACTS, source=MAIL)
    bench.server.records = [customer(1, 10, email="ida@new.de")]
    bench.extract(CONTACTS, source=MAIL, full=True)
    assert set(bench.live("brevo_contacts")) == {"1"}
    assert bench.table(VERSIONS) == [
        ("1", 1, "ida@old.de"),
        ("1", 2, "ida@new.de"),
        ("2", 1, "udo@web.de"),
    ]
    assert bench.table("select count(distinct record_id) from landing.brevo_contact_versions") == [
        (2,)
    ]


def test_where_no_contact_landed_the_table_of_versions_is_empty(bench: Bench):
    assert bench.table(VERSIONS) == []
