"""Tables of a database become streams; SQLite shows what every database shares."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from connectors.catalogue import create_views
from connectors.check import check
from connectors.database.address import parsed
from connectors.database.server import _options
from connectors.database.settings import DatabaseSource
from connectors.database.values import is_marked, moment, plain, to_key, to_token
from connectors.registry import declared, systems
from connectors.source import Page, Window
from stamm.duck import in_memory
from stamm.errors import ContractBroken, SettingsError, Unreachable
from stamm.settings import load_settings
from tests.connectors.sandboxed import Landing, small_pages

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
KNOWN = {name: system.settings for name, system in systems().items()}
TABLE = {"table": "kunden", "key": "nr", "cursor": "geaendert", "deleted": "geloescht"}


class Crm:
    """A database file and the source that reads its table of customers."""

    def __init__(self, folder: Path, **table: Any) -> None:
        self.file = folder / "crm.db"
        self.landing = Landing(folder)
        self.execute(
            "create table if not exists kunden"
            " (nr integer primary key, name text, geaendert timestamp, geloescht text)"
        )
        raw = {"system": "database", "name": "crm", "url": f"sqlite:///{self.file}"}
        tables = {"customers": {**TABLE, **table}}
        self.source = DatabaseSource.model_validate({**raw, "tables": tables})
        self.stream = systems()["database"].streams_of(self.source)[0]

    def execute(self, sql: str, *rows: tuple[Any, ...]) -> None:
        with closing(sqlite3.connect(self.file)) as con, con:
            con.executemany(sql, rows) if rows else con.execute(sql)

    def put(self, number: Any, name: Any = "Anna", at: Any = "2026-03-01 12:00:00", gone: Any = 0):
        self.execute("insert or replace into kunden values (?, ?, ?, ?)", (number, name, at, gone))

    def read(self, *, size: int = 2, full: bool = False) -> Any:
        return self.landing.extract(self.source, small_pages(self.stream, size), full=full)

    def records(self) -> dict[str, dict[str, Any]]:
        found = self.landing.records(self.source, self.stream)
        return {key: json.loads(raw) for key, raw in found}

    def pages(
        self, since: dt.datetime | None = None, resume: str | None = None, *, ends: bool = False
    ) -> list[Page]:
        reader = systems()["database"].open(self.source, self.landing.clock)
        stream = small_pages(self.stream, 2)
        return list(reader.read(stream, Window(since, NOON, ends=ends), resume))


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    return Crm(tmp_path)


def test_pages_go_by_key_and_a_page_can_be_resumed_after_the_last_one(crm: Crm):
    for number in (5, 3, 1, 4, 2):
        crm.put(number)
    pages = crm.pages()
    assert [[r["nr"] for r in page.records] for page in pages] == [[1, 2], [3, 4], [5]]
    assert {page.server_total for page in pages} == {5}
    resumed = crm.pages(resume=pages[0].next_token)
    assert [[r["nr"] for r in page.records] for page in resumed] == [[3, 4], [5]]


def test_edits_deletes_and_marks_are_landed(crm: Crm):
    for number in range(1, 8):
        crm.put(number)
    assert crm.read().upserts == 7
    crm.put(1, "Anna Beispiel", "2026-03-02 12:00:00")
    crm.put(2, at="2026-03-02 12:00:00", gone="X")
    crm.execute("delete from kunden where nr = 3")
    result = crm.read()
    assert (result.upserts, result.deletes) == (1, 2)
    assert set(crm.records()) == {"1", "4", "5", "6", "7"}
    crm.put(2, at="2026-03-03 12:00:00", gone="n")
    assert crm.read().upserts == 1
    assert crm.records()["2"]["geloescht"] == "n"


MOMENTS = ["2026-03-01 11:55:00", "2026-03-01T11:55:00Z", "2026-03-01 14:00:00+02:05", None]


@pytest.mark.parametrize("at", MOMENTS)
def test_an_incremental_read_meets_the_bound_itself_however_its_moment_is_written(
    crm: Crm, at: str | None
):
    crm.put(1, at=at)
    crm.put(2, at="2026-02-20 00:00:00")
    pages = crm.pages(since=dt.datetime(2026, 3, 1, 11, 55, tzinfo=dt.UTC))
    assert [r["nr"] for page in pages for r in page.records] == [1]
    assert pages[0].server_total == 1


@pytest.mark.parametrize("at", ["2026-03-01 12:00:00", "2026-03-01T23:00:00+11:00", None])
def test_a_stretch_ends_with_its_end_however_its_moment_is_written(crm: Crm, at: str | None):
    crm.put(1, at=at)
    crm.put(2, at="2026-03-03 00:00:00")
    since = dt.datetime(2026, 3, 1, 11, 55, tzinfo=dt.UTC)
    pages = crm.pages(since, ends=True)
    assert [(r["nr"], page.server_total) for page in pages for r in page.records] == [(1, 1)]
    assert {page.server_total for page in crm.pages(since)} == {2}


def test_a_composite_key_loses_no_tie_at_the_end_of_a_page(tmp_path: Path):
    crm = Crm(tmp_path, table="zeilen", key=["a", "b"], cursor=None, deleted=None)
    crm.execute("create table zeilen (a text, b int, primary key (a, b))")
    crm.execute("insert into zeilen values (?, ?)", *((a, b) for a in "xy" for b in range(5)))
    assert crm.read().pages == 6
    assert set(crm.records()) == {f"{a}|{b}" for a in "xy" for b in range(5)}


def test_rows_without_a_key_go_to_quarantine_and_do_not_disturb_the_rest(tmp_path: Path):
    crm = Crm(tmp_path, table="frei", key="nr", cursor=None, deleted=None)
    crm.execute("create table frei (nr text, name text)")
    crm.execute("insert into frei values (?, ?)", ("1", "A"), (None, "B"), (None, "B"), (None, "C"))
    result = crm.read()
    assert (result.upserts, result.rejected) == (1, 2)
    assert crm.read().rows == 0


def test_a_moment_that_cannot_be_read_keeps_only_its_own_row_out(crm: Crm):
    crm.put(1, at="gestern")
    crm.put(2)
    result = crm.read()
    assert (result.upserts, result.rejected) == (1, 1)


def test_text_in_another_encoding_does_not_take_its_page_with_it(crm: Crm):
    crm.execute("insert into kunden values (1, cast(x'4dfc6c6c6572' as text), null, null)")
    crm.put(2)
    crm.read()
    assert {key: row["name"] for key, row in crm.records().items()} == {
        "1": "M\ufffdller",
        "2": "Anna",
    }


def test_mapped_columns_bear_our_names_and_others_are_left_out(tmp_path: Path):
    crm = Crm(tmp_path, map={"full_name": "name", "id": "nr"}, deleted=None)
    crm.put(1, "Anna Muster")
    crm.read()
    at = "2026-03-01 12:00:00"
    assert crm.records() == {
        "1": {"id": 1, "full_name": "Anna Muster", "geaendert": at.replace(" ", "T")}
    }


def test_a_file_that_is_not_there_is_unreachable_and_not_made(crm: Crm):
    crm.file.unlink()
    with pytest.raises(Unreachable, match="unable to open database file"):
        crm.read()
    assert not crm.file.exists()


def test_a_cursor_that_is_no_moment_is_told(tmp_path: Path):
    with pytest.raises(ContractBroken, match="expected a moment in column 'nr'"):
        Crm(tmp_path, cursor="nr").read()


def test_check_tells_what_each_table_holds(crm: Crm):
    crm.put(1)
    health = check(crm.source, crm.landing.store, crm.landing.root, crm.landing.clock)
    assert [(one.stream, one.server_total) for one in health.streams] == [("customers", 1)]


# ---- views ----


def test_tables_get_their_view_and_basis_through_the_sources_that_declare_them(crm: Crm):
    crm.put(1)
    crm.read()
    with in_memory() as con:
        create_views(con, crm.landing.root, declared(systems(), [crm.source]))
        assert con.sql("select key from landing.database_customers").fetchall() == [("1",)]
        found = con.sql(
            "select purpose, retention from landing.stream_basis"
            " where system = 'database' and field_group = '*'"
        ).fetchall()
    assert found == [("contract", "customer_master")]


def test_two_sources_cannot_hold_one_stream_on_two_bases(crm: Crm, tmp_path: Path):
    (tmp_path / "b").mkdir()
    other = Crm(tmp_path / "b", basis="marketing")
    with pytest.raises(SettingsError, match="expected customers on the basis"):
        declared(systems(), [crm.source, other.source])


# ---- settings ----

MISTAKES = [
    ({"url": "postgresql://anna:geheim@db.example/crm"}, "url: expected a URL without a password"),
    ({"url": "postgresql://db.example/crm?password=geheim"}, "expected a URL without a password"),
    ({"url": "postgresql://db.example/crm?sslmode=require"}, "expected sslmode=verify-full"),
    ({"url": "postgresql://127.0.0.1/crm?host=db.example&sslmode=prefer"}, "sslmode=verify-full"),
    ({"url": "postgresql:///crm?service=elsewhere"}, "expected the server in the URL itself"),
    ({"url": "mysql+pymysql://db.example/crm"}, "expected a server on this machine, as TLS"),
    ({"url": "orakel://db.example/crm"}, "expected a database that SQLAlchemy knows"),
    ({"url": "geheim"}, "expected a URL such as postgresql://user@host/name"),
    ({"url": "sqlite://"}, "expected a file, such as sqlite:///crm.db"),
    ({"password": "geheim"}, "password: expected ${ENV_NAME}, found a value written out"),
    ({"tables": {}}, "tables: "),
    ({"tables": {"Kunden": TABLE}}, "tables: expected names of small letters, digits and _"),
    ({"tables": {"c": {**TABLE, "basis": "fun"}}}, "tables.c.basis: expected one of contract"),
    ({"tables": {"c": {**TABLE, "key": []}}}, "tables.c.key: "),
    ({"tables": {"c": {**TABLE, "coursor": "x"}}},
     "tables.c.coursor: expected one of basis, columns, cursor, deleted, holds, key, lag_minutes, "
     "map, schema, table, found 'coursor' – did you mean 'cursor'?"),
    ({"tables": {"c": {**TABLE, "map": {"nr": "name"}}}}, "expected names in map that no column"),
    ({"accept_shrinking": ["customer"]}, "found 'customer' – did you mean 'customers'?"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "message"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_a_mistake_in_the_settings_is_told(tmp_path: Path, changed: Any, message: str):
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, **changed)
    [mistake] = caught.value.mistakes
    assert message in mistake
    assert "geheim" not in mistake


def settings_of(folder: Path, **changed: Any) -> DatabaseSource:
    file = folder / "stamm.yaml"
    source = {"system": "database", "url": "sqlite:///crm.db", "tables": {"customers": TABLE}}
    file.write_text(json.dumps({"sources": {"crm": {**source, **changed}}}))
    found = load_settings(file, KNOWN).sources["crm"]
    assert isinstance(found, DatabaseSource)
    return found


def test_a_file_stands_beside_the_settings(tmp_path: Path):
    assert settings_of(tmp_path).url == f"sqlite:///{tmp_path / 'crm.db'}"


def test_another_host_than_this_machine_is_asked_with_its_certificate_verified(tmp_path: Path):
    near = settings_of(tmp_path, url="postgresql://anna@127.0.0.1/crm")
    far = settings_of(tmp_path, url="postgres://anna@db.example/crm")
    own = settings_of(tmp_path, url="postgres://anna@db.example/crm?sslrootcert=/own.pem")
    assert "sslmode" not in _options(near, parsed(near.url))
    assert _options(far, parsed(far.url))["sslmode"] == "verify-full"
    assert _options(far, parsed(far.url))["sslrootcert"]
    assert _options(own, parsed(own.url))["sslmode"] == "verify-full"
    assert "sslrootcert" not in _options(own, parsed(own.url))


def test_insecure_allows_what_is_no_tls():
    raw = {"system": "database", "insecure": True, "tables": {"customers": TABLE}}
    url = "postgresql://db.example/crm?sslmode=disable"
    assert DatabaseSource.model_validate({**raw, "url": url}).insecure
    with pytest.raises(ValidationError):
        DatabaseSource.model_validate({**raw, "url": url, "insecure": False})


# ---- values ----

VALUES = [
    (Decimal("49.90"), "49.90"),
    (dt.date(1990, 6, 30), "1990-06-30"),
    (NOON.replace(tzinfo=None), "2026-03-01T12:00:00"),
    (NOON, "2026-03-01T12:00:00+00:00"),
    (b"\x00\xff", "AP8="),
    (memoryview(b"\x00\xff"), "AP8="),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (2**63, "9223372036854775808"),
    (float("nan"), "nan"),
    ({"a": [Decimal("1"), None, True]}, {"a": ["1", None, True]}),
]


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=lambda one: type(one).__name__)
def test_values_become_json(value: Any, expected: Any):
    assert plain(value) == expected


KEYS = [1, "a|b", Decimal("1.50"), UUID(int=1), b"\x00", NOON, dt.date(1990, 6, 30), True]


@pytest.mark.parametrize("part", KEYS, ids=repr)
def test_a_key_comes_back_out_of_its_token(part: Any):
    [back] = to_key(to_token([part]), 1)
    assert (back, type(back)) == (part, type(part))


@pytest.mark.parametrize("token", ["", "x", '[["int", 1], ["int", 2]]', '[["set", 1]]', "[1]"])
def test_a_token_of_other_settings_begins_the_read_again(token: str):
    with pytest.raises(ContractBroken, match="to go on after"):
        to_key(token, 1)


TEXTS = [
    ("2026-01-02 03:04:05+00", "2026-01-02T03:04:05+00:00"),
    ("2026-01-02 03:04:05.12", "2026-01-02T03:04:05.120000"),
    ("2026-01-02", "2026-01-02"),
    ("infinity", "infinity"),
    ("0044-03-15 00:00:00 BC", "0044-03-15 00:00:00 BC"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_moments_that_the_server_wrote_are_iso(text: str, expected: str):
    assert moment(text) == expected


@pytest.mark.parametrize("value", [None, False, 0, "", " ", "N", "0", "false"])
def test_a_row_lives_whose_mark_says_no(value: Any):
    assert not is_marked(value)


@pytest.mark.parametrize("value", [True, 1, "X", "J", "2026-03-01T12:00:00"])
def test_a_row_is_gone_whose_mark_says_anything_else(value: Any):
    assert is_marked(value)


def declared_tables(**tables: Any) -> DatabaseSource:
    raw = {"system": "database", "name": "crm", "url": "sqlite:///crm.db", "tables": tables}
    return DatabaseSource.model_validate(raw)


PARTIES = {"table": "kunden", "key": "nr", "holds": "parties", "map": {"family_name": "name"}}
ORDERS = {
    "table": "auftraege", "key": "nr", "holds": "orders",
    "map": {"party_key": "kunde", "ordered_at": "am", "amount_net": "netto"},
}  # fmt: skip


def test_rows_of_a_table_that_holds_parties_are_landed_under_our_names_for_staging(tmp_path: Path):
    crm = Crm(tmp_path, holds="parties", map={"family_name": "name", "updated_at": "geaendert"})
    crm.put(1, "Ida Kern")
    crm.read()
    known = declared({"database": systems()["database"]}, [crm.source])
    with in_memory() as con:
        create_views(con, crm.landing.root, known)
        assert con.sql(
            "select source, stream, key, raw ->> '$.family_name' from landing.database_held_parties"
        ).fetchall() == [("crm", "customers", "1", "Ida Kern")]
        assert con.sql("select * from landing.database_held_orders").fetchall() == []


def test_a_name_that_staging_does_not_know_is_told_with_those_there_are():
    with pytest.raises(ValidationError, match=r"given_name, family_name.*found 'famly_name'"):
        declared_tables(customers={**PARTIES, "map": {"famly_name": "name"}})
    with pytest.raises(ValidationError, match="expected ordered_at, amount_net in map"):
        declared_tables(customers=PARTIES, orders={**ORDERS, "map": {"party_key": "kunde"}})
    with pytest.raises(ValidationError, match="expected some name in map"):
        declared_tables(customers={**PARTIES, "map": {}})


def test_orders_need_one_table_of_the_parties_that_their_keys_name():
    assert declared_tables(customers=PARTIES, orders=ORDERS).tables["orders"].holds == "orders"
    with pytest.raises(ValidationError, match="one table that holds parties .* found 0"):
        declared_tables(orders=ORDERS)
    with pytest.raises(ValidationError, match="one table that holds parties .* found 2"):
        declared_tables(customers=PARTIES, more=PARTIES, orders=ORDERS)
