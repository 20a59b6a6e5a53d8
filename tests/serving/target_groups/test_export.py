"""Who of a group leaves: with permission as it stands now, never who is suppressed."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import suppress_party
from serving.api.views import Published
from serving.builds import current_build
from serving.exports import export_ops
from serving.release import go_back, release
from serving.target_groups.export import export, groups
from stamm.duck import open_warehouse
from stamm.errors import PublishError, UsageError
from stamm.home import Home
from stamm.store import Store
from tests.serving.empty_build import create_tables

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
LATER = AT + timedelta(days=1)
# Bert gave no permission, Cleo's address may not leave, Dora is restricted since.
MEMBERS = {"P-anna": True, "P-bert": False, "P-cleo": False, "P-dora": True}


def write_marts(con) -> None:
    create_tables(con)
    con.execute(
        "insert into marts.target_groups by name select 'sleeping' as target_group, 4 as members, "
        "4 as may_leave, 2 as permission_email, 0 as permission_sms, 0 as permission_phone, "
        "0 as permission_post, '(a)' as condition, timestamp '2026-06-30 06:00' as build_at, "
        "date '2026-06-30' as as_of"
    )
    for party, permits in MEMBERS.items():
        email = None if party == "P-cleo" else f"{party}@x.de"
        con.execute(
            "insert into golden.golden_parties by name "
            "select ? as party_id, 'person' as party_type, ? as email, ? as restricted",
            [party, email, party == "P-dora"],
        )
        con.execute(
            "insert into golden.xref_parties by name select ? as record_id, ? as party_id",
            [f"r-{party}", party],
        )
        con.execute(
            "insert into golden.golden_lineage by name "
            "select ? as party_id, 'email' as attribute, 'contract' as purpose",
            [party],
        )
        con.execute(
            "insert into marts.crm_outbox by name select ? as party_id, ? as email, "
            "'contract' as basis, ? as permission_email, false as permission_post",
            [party, email, permits],
        )
        con.execute(
            "insert into marts.target_group_members by name "
            "select 'sleeping' as target_group, ? as party_id",
            [party],
        )


def publish(home: Home, store: Store, build_id: str) -> None:
    info = {"as_of": "2026-06-30", "built_at": AT.isoformat()}
    release(home.warehouse, home.published, store, build_id=build_id, info=info, at=AT, keep=5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path).prepare()
    with open_warehouse(home.warehouse) as con:
        write_marts(con)
    return home


@pytest.fixture
def store(home: Home):
    with closing(Store.open(home.store)) as store:
        publish(home, store, "b1")
        yield store


def members(home: Home, store: Store, **options) -> list[str]:
    view = Published(home.published, store).current()
    return [row["party_id"] for row in export(view, "sleeping", "email", **options).rows]


def test_only_who_permits_the_channel_leaves_unless_all_are_asked_for(home, store):
    assert members(home, store) == ["P-anna"]
    assert members(home, store, everybody=True) == ["P-anna", "P-bert"]
    view = Published(home.published, store).current()
    assert export(view, "sleeping", "email", everybody=True).without == 1
    assert export(view, "sleeping", "post").rows == []


def test_whoever_is_suppressed_leaves_no_more_also_after_a_rollback(home, store):
    publish(home, store, "b2")
    suppress_party(store, "P-anna", reason="erasure", at=LATER)
    assert members(home, store, everybody=True) == ["P-bert"]
    go_back(home.published, store, at=LATER)
    assert members(home, store, everybody=True) == ["P-bert"]


def test_a_withdrawal_since_the_build_counts_at_once(home, store):
    record_consent(
        store,
        ConsentEvent("p-anna@x.de", "email", "withdrawn", LATER, "by telephone", "r-P-anna"),
    )
    assert members(home, store) == []
    assert members(home, store, everybody=True) == ["P-anna", "P-bert"]


def test_a_group_that_the_build_has_not_is_told_with_those_it_has(home, store):
    view = Published(home.published, store).current()
    assert [row["target_group"] for row in groups(view)] == ["sleeping"]
    with pytest.raises(UsageError, match="did you mean 'sleeping'"):
        export(view, "sleping", "email")


def test_a_build_from_before_there_were_groups_says_what_to_do(home, tmp_path):
    with open_warehouse(home.warehouse) as con:
        con.execute("drop table marts.target_groups")
    with closing(Store.open(home.store)) as store:
        publish(home, store, "b0")
        with pytest.raises(PublishError, match="found none"):
            groups(Published(home.published, store).current())


def test_the_counts_of_a_build_are_kept_once_and_the_next_run_reads_them(home, store):
    assert current_build(home.published).build_id == "b1"
    publish(home, store, "b2")  # at the same moment: it replaces what b1 told
    go_back(home.published, store, at=LATER)
    with open_warehouse(home.warehouse) as con:
        assert export_ops(con, store)["target_group_counts"] == 1
        told = "select target_group, build_at::varchar, members from ops.target_group_counts"
        assert con.sql(told).fetchall() == [("sleeping", "2026-06-30 06:00:00", 4)]
