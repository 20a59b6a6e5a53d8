"""Builds in a real PostgreSQL: the rows and types of the build, one build in a transaction."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orchestration.catalogue import catalogue_of
from orchestration.jobs import roll_back
from orchestration.parsed import manifest_path
from orchestration.project import Project as Served
from orchestration.project import open_project
from privacy.suppressions import suppress_party
from serving import postgres
from serving.builds import current_build
from serving.catalogue import Described
from serving.postgres import copy_to_postgres
from serving.postgres_server import Target
from serving.publish import publish
from serving.release import go_back, release
from stamm.duck import open_warehouse
from stamm.errors import PublishError
from stamm.home import Home
from stamm.store import Store
from tests.end_to_end.company import Company, company_that_ran
from tests.peers.postgres import USER, Postgres, running
from tests.peers.serving import free_port

pytestmark = [pytest.mark.peer, pytest.mark.postgres, pytest.mark.timeout(900)]

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
PUBLISHER = "stamm_publisher"
SECRET = "9f8e7d6c-publisher"


@pytest.fixture(scope="module")
def running_server() -> Iterator[Postgres]:
    with running() as server:
        access = server.certificate.with_name("pg_hba.conf")
        with access.open("a", encoding="utf-8") as lines:
            lines.write(f"host all {PUBLISHER},analyst 127.0.0.1/32 scram-sha-256\n")
        server.execute("select pg_reload_conf()")
        server.execute(
            f"create role {PUBLISHER} login password '{SECRET}'; create role bi_reader; "
            f"grant bi_reader to {USER}; grant create on database crm to {PUBLISHER}"
        )
        yield server


@pytest.fixture
def server(running_server: Postgres) -> Postgres:
    running_server.execute("drop schema if exists stamm cascade; drop schema if exists own cascade")
    return running_server


@pytest.fixture
def target(server: Postgres) -> Target:
    url = f"postgresql://{PUBLISHER}:{SECRET}@127.0.0.1:{server.port}/crm"
    return Target(url, "stamm", "bi_reader")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("company")
    return company_that_ran(tmp_path_factory, folder, customers=80, seed=3)[0]


class Project:
    """A published folder of small builds, each of which says its number in two tables."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.root, self.path, self.target = folder / "p", folder / "state.db", target
        self.store, self.warehouse, self.number = Store.open(self.path), folder / "w.duckdb", 0

    def publish(self, rows: int = 200) -> str:
        self.number += 1
        with open_warehouse(self.warehouse) as con:
            con.execute(
                "create schema if not exists golden; create schema if not exists marts;"
                "create or replace table golden.golden_parties as select 'P' || i as party_id, "
                f"'Anna' as full_name, {self.number} as number from range({rows}) t(i);"
                "create or replace table golden.xref_parties as "
                "select 'r' || party_id as record_id, party_id from golden.golden_parties;"
                "create or replace table marts.fct_orders as select record_id as order_record_id, "
                f"record_id, {self.number} as number, date '2026-01-01' as ordered_on, "
                "'shop' as channel from golden.xref_parties;"
                "create or replace table marts.dim_channel as select 'shop' as channel"
            )
        at = AT + timedelta(days=self.number)
        build = release(
            self.warehouse, self.root, self.store, build_id=f"b{self.number}",
            info={"built_at": at.isoformat()}, at=at, keep=5, catalogue=CATALOGUE,
        )  # fmt: skip
        return build.build_id

    def copy(self, **changed: Any) -> postgres.Copied:
        target = replace(self.target, **changed)
        return copy_to_postgres(self.root, self.store, self.path, target)


CATALOGUE = {
    "fct_orders": Described(
        "One row per order.",
        {"ordered_on": r"Day it's ordered \ UTC."},
        "order_record_id",
        {"channel": ("dim_channel", "channel")},
    ),
    "dim_channel": Described("One row per channel.", {}, "channel"),
}


@pytest.fixture
def project(tmp_path: Path, target: Target) -> Iterator[Project]:
    made = Project(tmp_path, target)
    with closing(made.store):
        yield made


def reading(server: Postgres) -> psycopg.Connection[Any]:
    return psycopg.connect(server.url, password=server.password, autocommit=True)


# ---- what it holds ----


def test_every_mart_of_a_real_build_has_the_same_rows_there(
    company: Company, server: Postgres, target: Target
) -> None:
    with closing(Store.open(company.home / "state.db")) as store:
        copied = copy_to_postgres(
            company.home / "published", store, company.home / "state.db", target
        )
    held = {**company.tables(), "dq_results": published_rows(company, "dq_results")}
    assert {name: len(rows) for name, rows in held.items()} == {
        name: rows for name, rows in copied.rows.items() if name != "build_info"
    }
    assert len(held) > 25
    with reading(server) as con:
        con.execute("set timezone = 'UTC'")
        for name, rows in held.items():
            there = con.execute(f'select * from stamm."{name}"').fetchall()
            assert sorted(map(_plain, there)) == sorted(map(_plain, rows)), name


def published_rows(company: Company, table: str) -> list[tuple[Any, ...]]:
    build = company.home / "published" / "current" / "stamm.duckdb"
    with open_warehouse(build, read_only=True) as con:
        return con.sql(f'from "{table}"').fetchall()


def _plain(row: tuple[Any, ...]) -> str:
    """One spelling per value of both drivers; moments of a build are in UTC."""
    return repr([_value(v) for v in row])


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    whole = isinstance(value, Decimal) and value.as_tuple().exponent == 0
    return int(value) if whole else value


def test_a_real_build_brings_its_meanings_keys_and_references(
    company: Company, server: Postgres, target: Target
) -> None:
    with closing(Store.open(company.home / "state.db")) as store:
        copy_to_postgres(company.home / "published", store, company.home / "state.db", target)
    [order] = server.rows(
        "select obj_description('stamm.fct_orders'::regclass) as said, "
        "col_description('stamm.fct_orders'::regclass, 1) as first"
    )
    assert order == {"said": "One row per order.", "first": "Record of the order."}
    kinds = {
        row["contype"]: row["n"]
        for row in server.rows(
            "select contype, count(*) as n from pg_constraint c join pg_namespace n "
            "on n.oid = c.connamespace where nspname = 'stamm' group by 1"
        )
    }
    assert kinds["p"] > 15
    described = catalogue_of(manifest_path(Home(company.home)))
    assert kinds["f"] == sum(len(mart.references) for mart in described.values()) > 20
    undescribed = server.rows(
        "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where nspname = 'stamm' and relkind = 'r' and obj_description(c.oid) is null "
        "and relname !~ '^(golden_|xref_parties|retired_|build_info)'"
    )
    assert undescribed == []


KINDS = {
    "varchar": (["ä,\"\n'\\", "", "\\.", None], "text"),
    "boolean": ([True, False, None], "boolean"),
    "decimal(18,2)": (["-0.10", None], "numeric(18,2)"),
    "double": ([1 / 3, float("inf"), None], "double precision"),
    "date": (["2026-02-28", None], "date"),
    "timestamp": (["2026-03-29 02:30:00.123456", None], "timestamp with time zone"),
    "timestamptz": (["2026-03-29 02:30:00+02", None], "timestamp with time zone"),
    "varchar[]": ([['a"', "b,\\{}", None, "", "NULL"], [], None], "text[]"),
    "decimal(9,1)[]": ([["1.5"], None], "numeric(9,1)[]"),
    "json": (['{"a": [1, "ü"]}', None], "jsonb"),
    "struct(a integer)": ([{"a": 1}, None], "jsonb"),
    "blob": ([b"\x00\xff", None], "bytea"),
    "uuid": (["11111111-2222-3333-4444-555555555555", None], "uuid"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_each_type_arrives_as_it_is(
    kind: str, server: Postgres, project: Project
) -> None:
    values, expected = KINDS[kind]
    with open_warehouse(project.warehouse) as con:
        con.execute(f"create schema marts; create table marts.kinds (n int, v {kind})")
        for number, value in enumerate(values):
            con.execute("insert into marts.kinds values (?, ?)", [number, value])
        held = con.sql("select v from marts.kinds order by n").fetchall()
    publish(project.warehouse, project.root, build_id="b", info={})
    project.copy()
    with reading(server) as con:
        con.execute("set timezone = 'UTC'")
        there = con.execute("select v from stamm.kinds order by n").fetchall()
    if expected == "jsonb":
        import json

        held = [(json.loads(v) if isinstance(v, str) else v,) for (v,) in held]
    assert [_plain(row) for row in there] == [_plain(row) for row in held]
    [told] = server.rows(
        "select format_type(atttypid, atttypmod) as kind from pg_attribute "
        "where attrelid = 'stamm.kinds'::regclass and attname = 'v'"
    )
    assert told["kind"] == expected


def test_comments_keys_indices_and_references_are_those_of_the_contract(
    server: Postgres, project: Project
) -> None:
    project.publish()
    project.copy()
    [said] = server.rows(
        "select col_description('stamm.fct_orders'::regclass, attnum) as said "
        "from pg_attribute where attrelid = 'stamm.fct_orders'::regclass "
        "and attname = 'ordered_on'"
    )
    assert said["said"] == r"Day it's ordered \ UTC."
    assert [row["d"] for row in server.rows(
        "select pg_get_constraintdef(oid) as d from pg_constraint "
        "where conrelid = 'stamm.fct_orders'::regclass order by 1"
    )] == [
        "FOREIGN KEY (channel) REFERENCES stamm.dim_channel(channel) NOT VALID",
        "PRIMARY KEY (order_record_id)",
    ]  # fmt: skip
    indexed = server.rows("select indexdef from pg_indexes where tablename = 'fct_orders'")
    assert {row["indexdef"].partition("btree ")[2] for row in indexed} == {
        "(order_record_id)", "(record_id)", "(channel)", "(ordered_on)",
    }  # fmt: skip


# ---- who may ----


def test_the_reader_may_read_everything_and_write_nothing(
    server: Postgres, project: Project
) -> None:
    for _ in range(2):  # also what replaced the first
        project.publish()
        project.copy()
    with reading(server) as con:
        for table in ("golden_parties", "fct_orders", "published_build"):
            assert con.execute(f"select count(*) from stamm.{table}").fetchone()
            for writing in (f"delete from stamm.{table}", f"drop table stamm.{table}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    con.execute(writing)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            con.execute("create table stamm.mine (id int)")


def test_a_reader_role_that_is_not_there_is_told_and_nothing_is_written(
    server: Postgres, project: Project
) -> None:
    project.publish()
    with pytest.raises(PublishError, match="expected a role of the server, found 'nobody'"):
        project.copy(reader="nobody")
    assert schemas(server) == []


def schemas(server: Postgres) -> list[str]:
    found = server.rows("select nspname from pg_namespace where nspname ~ '^stamm' order by 1")
    return [row["nspname"] for row in found]


# ---- suppressed, gone back ----


def test_who_is_suppressed_is_not_there_and_goes_with_the_next_copy(
    server: Postgres, project: Project
) -> None:
    project.publish()
    suppress_party(project.store, "P1", reason="objection", at=AT)
    assert project.copy().rows["golden_parties"] == 199
    suppress_party(project.store, "P2", reason="objection", at=AT)
    assert project.copy().rows["golden_parties"] == 198
    assert project.copy().rows == {}
    told = server.rows("select 1 as n from stamm.golden_parties where party_id in ('P1', 'P2')")
    assert told == []


def test_after_a_rollback_the_copy_is_of_the_earlier_build(
    server: Postgres, project: Project
) -> None:
    for _ in range(2):
        project.publish()
        project.copy()
    go_back(project.root, project.store, at=AT)
    assert project.copy().build_id == "b1"
    assert server.rows("select distinct number from stamm.fct_orders") == [{"number": 1}]


# ---- readers meanwhile ----

ASKED = (
    "select build_id from stamm.published_build",
    "select 'b' || min(number) from stamm.golden_parties",
    "select 'b' || max(o.number) from stamm.fct_orders o join stamm.xref_parties x "
    "using (record_id) join stamm.golden_parties g using (party_id)",
)


def _read(url: str, password: str, which: int, begun: Any, stop: Any, answers: Any) -> None:
    """Transactions in a loop, on one connection; every second reader wants repeatable reads."""
    seen = []
    with psycopg.connect(url, password=password) as con:
        if which % 2:
            con.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        begun.wait(120)
        while not stop.is_set():
            time.sleep(0.05)
            with con.transaction():
                con.execute("select now()")
                time.sleep(0.01)
                order = ASKED[which % 3 :] + ASKED[: which % 3]
                seen.append({con.execute(sql).fetchone()[0] for sql in order})  # type: ignore[index]
    answers.put(seen)


def test_ten_readers_see_no_error_and_one_build_in_each_transaction_of_twenty_publishes(
    server: Postgres, project: Project
) -> None:
    project.publish()
    project.copy()
    spawn = multiprocessing.get_context("spawn")
    begun, stop, answers = spawn.Barrier(11), spawn.Event(), spawn.Manager().Queue()
    readers = [
        spawn.Process(
            target=_read,
            args=(server.url, server.password, which, begun, stop, answers),
            daemon=True,
        )
        for which in range(10)
    ]
    for reader in readers:
        reader.start()
    begun.wait(120)
    for _ in range(20):
        project.publish()
        project.copy()
        time.sleep(0.1)
    stop.set()
    seen = [answers.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(300)
    assert [reader.exitcode for reader in readers] == [0] * 10
    assert all(len(builds) == 1 for answer in seen for builds in answer)
    told = {build for answer in seen for builds in answer for build in builds}
    assert len(told) > 10
    assert told <= {f"b{number}" for number in range(1, 22)}
    assert schemas(server) == ["stamm"]


def test_a_publish_waits_for_a_transaction_that_has_a_table_open(
    server: Postgres, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.publish()
    project.copy()
    project.publish()
    monkeypatch.setattr(postgres, "_PATIENCE_SECONDS", 2)
    with psycopg.connect(server.url, password=server.password) as con:
        con.execute("select 1 from stamm.fct_orders")
        with pytest.raises(PublishError, match="transactions that hold its tables open"):
            project.copy()
        assert con.execute(ASKED[0]).fetchone() == ("b1",)
        con.commit()
        assert project.copy().build_id == "b2"


def test_a_view_of_an_analyst_reads_the_next_build(server: Postgres, project: Project) -> None:
    project.publish()
    project.copy()
    server.execute(
        f"create schema own; grant usage on schema own to {USER}; "
        "create view own.numbers as select distinct number from stamm.fct_orders; "
        f"grant select on own.numbers to {USER}; alter view own.numbers owner to {PUBLISHER}; "
        f"grant usage, create on schema own to {PUBLISHER}"
    )
    project.publish()
    project.copy()
    with reading(server) as con:
        assert con.execute("select number from own.numbers").fetchall() == [(2,)]


def test_what_somebody_else_hung_on_a_table_is_not_dropped_in_silence(
    server: Postgres, project: Project
) -> None:
    project.publish()
    project.copy()
    server.execute(
        "create schema own; create materialized view own.kept as select * from stamm.fct_orders"
    )
    project.publish()
    with pytest.raises(PublishError, match="materialized view own.kept depends on"):
        project.copy()
    assert server.rows(ASKED[0]) == [{"build_id": "b1"}]
    server.execute("drop schema own cascade")
    assert project.copy().build_id == "b2"


# ---- when it breaks ----

STEPS = ["_load", "_fill", "references", "_grant", "_swap", "_replace", "_views_of_others"]


def _copy_and_die(folder: Path, target: Target, step: str) -> None:
    original = getattr(postgres, step)

    def die(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        if step in ("references", "_views_of_others"):
            list(result)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(postgres, step, die)
    with closing(Store.open(folder / "state.db")) as store:
        copy_to_postgres(folder / "p", store, folder / "state.db", target)


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_a_step_the_old_build_stands_whole_and_the_next_copy_ends(
    step: str, server: Postgres, project: Project, tmp_path: Path, target: Target
) -> None:
    project.publish()
    project.copy()
    project.publish()
    spawn = multiprocessing.get_context("spawn")
    dying = spawn.Process(target=_copy_and_die, args=(tmp_path, target, step))
    dying.start()
    dying.join(300)
    assert dying.exitcode == -signal.SIGKILL
    with reading(server) as con:
        assert [con.execute(sql).fetchone() for sql in ASKED] == [("b1",)] * 3
    assert project.copy().build_id == "b2"
    assert schemas(server) == ["stamm"]


def _copy(folder: Path, target: Target) -> None:
    with closing(Store.open(folder / "state.db")) as store:
        copy_to_postgres(folder / "p", store, folder / "state.db", target)


def test_two_publishers_at_once_take_turns(
    server: Postgres, project: Project, tmp_path: Path, target: Target
) -> None:
    project.publish(rows=20_000)
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_copy, args=(tmp_path, target)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(300)
    assert [one.exitcode for one in both] == [0, 0]
    assert server.rows(ASKED[0]) == [{"build_id": "b1"}]


def test_a_server_that_does_not_answer_is_told_and_the_build_stands(project: Project) -> None:
    project.publish()
    url = f"postgresql://{PUBLISHER}:{SECRET}@127.0.0.1:{free_port()}/crm"
    with pytest.raises(PublishError, match="expected an answer, found") as told:
        project.copy(url=url)
    assert SECRET not in str(told.value)
    built = current_build(project.root)
    assert built is not None
    assert built.build_id == "b1"


def test_a_schema_of_somebody_else_is_left_alone(server: Postgres, project: Project) -> None:
    server.execute(f"create schema stamm; grant all on schema stamm to {PUBLISHER}")
    project.publish()
    with pytest.raises(PublishError, match="found 'stamm' of somebody else"):
        project.copy()


def test_a_server_elsewhere_needs_a_certificate_that_is_verified(project: Project) -> None:
    project.publish()
    with pytest.raises(PublishError, match="expected sslmode=verify-full, found 'require'"):
        project.copy(url="postgresql://u:pw12@db.example/crm?sslmode=require")


# ---- through Dagster ----


def test_the_asset_copies_the_build_and_the_job_that_rolls_back_takes_the_copy_along(
    company: Company,
    server: Postgres,
    target: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = project_with(target, company, tmp_path, monkeypatch)
    published = project.home.published
    first = current_build(published)
    assert first is not None
    customers = len(company.tables()["customer_360"])
    told = materialised(project)
    assert told["build"] == first.build_id
    [own] = server.rows("select count(*) as n from stamm.build_info")  # not among its tables
    rows = sum(one["rows"] for one in first.tables.values())
    assert told["dagster/row_count"] == rows + own["n"]
    assert there(server) == (first.build_id, customers)

    with open_warehouse(project.home.warehouse) as con:
        con.execute("delete from marts.customer_360 where party_id = "
                    "(select min(party_id) from marts.customer_360)")  # fmt: skip
    with closing(project.open_store()) as store:
        release(
            project.home.warehouse, published, store, build_id="later",
            info=first.info, at=AT + timedelta(days=1), keep=5, catalogue=CATALOGUE,
        )  # fmt: skip
    assert materialised(project)["build"] == "later"
    assert there(server) == ("later", customers - 1)

    assert roll_back.execute_in_process().success
    assert there(server) == (first.build_id, customers)


def there(server: Postgres) -> tuple[str, int]:
    """Which build the server says it holds, and its number of customers."""
    [row] = server.rows(
        "select build_id, (select count(*) from stamm.customer_360) as n from stamm.published_build"
    )
    return row["build_id"], row["n"]


def project_with(
    target: Target, company: Company, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Served:
    """The company, whose settings name the server now."""
    settings = folder / "stamm.yaml"
    settings.write_text(
        "sandbox: {customers: 80, seed: 3}\n"
        "publish: {postgres: {url: '${BI_URL}', schema: stamm, reader: bi_reader}}\n",
        encoding="utf-8",
    )
    for name, value in (
        ("BI_URL", target.url), ("STAMM_SETTINGS", settings), ("STAMM_HOME", company.home),
    ):  # fmt: skip
        monkeypatch.setenv(name, str(value))
    return open_project()


def materialised(project: Served) -> dict[str, Any]:
    """What the asset's event says, once the job made it and nothing else."""
    from dagster import AssetKey, DagsterInstance

    from orchestration.definitions import JOB, build_definitions

    key = AssetKey(["published", "postgres"])
    with DagsterInstance.ephemeral() as instance:
        outcome = build_definitions(project).resolve_job_def(JOB).execute_in_process(
            asset_selection=[key], instance=instance, run_config={"loggers": {"file": {}}}
        )  # fmt: skip
        event = instance.get_latest_materialization_event(key)
    assert outcome.success
    assert event is not None
    assert event.asset_materialization is not None
    return {k: v.value for k, v in event.asset_materialization.metadata.items()}
