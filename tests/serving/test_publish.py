"""A build is complete or invisible; a reader of an old one is not disturbed."""

import json
import multiprocessing
import stat

import pytest

from serving.publish import current_build, list_builds, open_published, prune, publish, rollback
from stamm.duck import open_warehouse
from stamm.errors import PublishError


@pytest.fixture
def warehouse(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path) as con:
        con.execute("create schema marts")
        con.execute("create schema golden")
        con.execute("create table marts.customer_360 as select 1 as party_id, 'Anna' as name")
        con.execute("create table golden.xref_parties as select 'r1' as record_id, 1 as party_id")
        con.execute("create table golden.scored_pairs as select 'r1' as l, 'r2' as r")
    return path


def change(warehouse, name):
    with open_warehouse(warehouse) as con:
        con.execute("update marts.customer_360 set name = ?", [name])


def names(root):
    with open_published(root, root / "state.db") as con:
        return [row[0] for row in con.sql("select name from customer_360").fetchall()]


def test_marts_and_golden_are_published_and_working_tables_are_not(warehouse, tmp_path):
    build = publish(warehouse, tmp_path / "p", build_id="b1", info={"as_of": "2026-06-30"})
    assert set(build.tables) == {"customer_360", "xref_parties"}
    assert names(tmp_path / "p") == ["Anna"]
    assert {p.name for p in (build.folder / "parquet").iterdir()} == {
        "customer_360.parquet",
        "xref_parties.parquet",
    }
    described = json.loads((build.folder / "build.json").read_text())
    assert described["tables"]["customer_360"]["rows"] == 1


def test_the_published_files_cannot_be_written(warehouse, tmp_path):
    build = publish(warehouse, tmp_path / "p", build_id="b1", info={})
    modes = {stat.S_IMODE(p.stat().st_mode) for p in build.folder.rglob("*") if p.is_file()}
    assert modes == {0o444}


def test_equal_content_has_equal_checksums_in_any_row_order(warehouse, tmp_path):
    with open_warehouse(warehouse) as con:
        con.execute("insert into marts.customer_360 values (2, 'Bea')")
    first = publish(warehouse, tmp_path / "p", build_id="b1", info={})
    with open_warehouse(warehouse) as con:
        con.execute(
            "create or replace table marts.customer_360 as "
            "from (values (2, 'Bea'), (1, 'Anna')) t(party_id, name)"
        )
    second = publish(warehouse, tmp_path / "p", build_id="b2", info={})
    assert first.tables == second.tables


def test_rows_lie_in_one_order_whatever_theirs_was_and_what_hangs_on_a_link_together(
    warehouse, tmp_path
):
    rows = "(values ('o1', 'l2'), ('o2', 'l1'), ('o3', 'l2'), ('o4', 'l1')) t(id, party_link_id)"
    for number, order in enumerate(("id", "id desc")):
        with open_warehouse(warehouse) as con:
            con.execute(f"create or replace table marts.fct_orders as from {rows} order by {order}")
        build = publish(warehouse, tmp_path / "p", build_id=f"b{number}", info={})
        with open_warehouse(build.database, read_only=True) as con:
            found = con.sql("select id from fct_orders").fetchall()
        assert found == [("o2",), ("o4",), ("o1",), ("o3",)]


def test_a_table_of_any_name_is_published(warehouse, tmp_path):
    with open_warehouse(warehouse) as con:
        con.execute('create table marts."Odd-name" as select 1 as party_id')
    assert "Odd-name" in publish(warehouse, tmp_path / "p", build_id="b1", info={}).tables


def test_going_back_makes_the_build_before_current_again(warehouse, tmp_path):
    root = tmp_path / "p"
    publish(warehouse, root, build_id="b1", info={})
    change(warehouse, "Anne")
    publish(warehouse, root, build_id="b2", info={})
    assert names(root) == ["Anne"]
    assert rollback(root).build_id == "b1"
    assert names(root) == ["Anna"]
    assert rollback(root, "b2").build_id == "b2"
    with pytest.raises(PublishError, match="expected one of b1, b2, found 'b3'"):
        rollback(root, "b3")


def test_builds_are_in_the_order_of_their_making_whatever_their_names(warehouse, tmp_path):
    """In one second, or on a clock that stands still, names say nothing about order."""
    root = tmp_path / "p"
    for name in ("moment-f", "moment-a", "moment-c"):
        publish(warehouse, root, build_id=name, info={})
    assert [b.build_id for b in list_builds(root)] == ["moment-f", "moment-a", "moment-c"]
    assert rollback(root).build_id == "moment-a"
    assert rollback(root).build_id == "moment-f"
    with pytest.raises(PublishError, match="no build before"):
        rollback(root)


def test_old_builds_go_and_the_current_one_stays(warehouse, tmp_path):
    root = tmp_path / "p"
    for name in ("b1", "b2", "b3", "b4"):
        publish(warehouse, root, build_id=name, info={})
    rollback(root, "b1")
    assert prune(root, keep=2) == ["b2"]
    assert [b.build_id for b in list_builds(root)] == ["b1", "b3", "b4"]


def test_a_crash_before_the_rename_leaves_the_old_build_current(warehouse, tmp_path, monkeypatch):
    root = tmp_path / "p"
    publish(warehouse, root, build_id="b1", info={})

    def crash(folder):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("serving.publish._seal", crash)
        with pytest.raises(KeyboardInterrupt):
            publish(warehouse, root, build_id="b2", info={})
    assert current_build(root).build_id == "b1"
    assert [b.build_id for b in list_builds(root)] == ["b1"]
    publish(warehouse, root, build_id="b2", info={})
    assert current_build(root).build_id == "b2"
    assert not list(root.glob("*.tmp"))


def test_a_copy_that_lost_a_row_is_not_published(warehouse, tmp_path, monkeypatch):
    root = tmp_path / "p"
    publish(warehouse, root, build_id="b1", info={})
    with monkeypatch.context() as broken:
        broken.setattr(
            "serving.publish._COPY", "create table {copy} as select * from {origin} limit 0"
        )
        with pytest.raises(PublishError, match=r"differs from the warehouse: expected \(1, "):
            publish(warehouse, root, build_id="b2", info={})
    assert current_build(root).build_id == "b1"


def test_a_build_is_never_written_over(warehouse, tmp_path):
    publish(warehouse, tmp_path / "p", build_id="b1", info={})
    with pytest.raises(PublishError, match="'b1' is published already"):
        publish(warehouse, tmp_path / "p", build_id="b1", info={})


def test_the_file_has_the_format_that_old_readers_open(warehouse, tmp_path):
    build = publish(warehouse, tmp_path / "p", build_id="b1", info={})
    with open_warehouse(build.database, read_only=True) as con:
        [tags] = con.execute(
            "select tags from duckdb_databases() where path = ?", [str(build.database)]
        ).fetchall()
    assert tags[0]["storage_version"].startswith("v1.0.0")


def test_a_warehouse_that_is_still_open_in_this_process_is_published(warehouse, tmp_path):
    with open_warehouse(warehouse):
        publish(warehouse, tmp_path / "p", build_id="b1", info={})
        publish(warehouse, tmp_path / "p", build_id="b2", info={})
    assert names(tmp_path / "p") == ["Anna"]


def test_a_build_has_no_journal_beside_it(warehouse, tmp_path):
    build = publish(warehouse, tmp_path / "p", build_id="b1", info={})
    names = {"stamm.duckdb", "lookups.duckdb", "parquet", "build.json"}
    assert {p.name for p in build.folder.iterdir()} == names


def test_nothing_published_yet_is_told(tmp_path):
    with (
        pytest.raises(PublishError, match="found none"),
        open_published(tmp_path / "p", tmp_path / "state.db"),
    ):
        pass


def _read_for_ever(root, ready, stop, answers):
    with open_published(root, root / "state.db") as con:
        ready.set()
        while not stop.is_set():
            answers.put(con.sql("select name from customer_360").fetchall()[0][0])


def test_a_reader_in_another_process_keeps_its_build_through_publishes_and_rollbacks(
    warehouse, tmp_path
):
    root = tmp_path / "p"
    publish(warehouse, root, build_id="b00", info={})
    spawn = multiprocessing.get_context("spawn")
    ready, stop, answers = spawn.Event(), spawn.Event(), spawn.Manager().Queue()
    reader = spawn.Process(target=_read_for_ever, args=(root, ready, stop, answers), daemon=True)
    reader.start()
    assert ready.wait(100)
    for number in range(1, 11):
        change(warehouse, f"Anna {number}")
        publish(warehouse, root, build_id=f"b{number:02}", info={})
        prune(root, keep=3)
        rollback(root)
        rollback(root, f"b{number:02}")
    assert "b00" not in [build.build_id for build in list_builds(root)]
    stop.set()
    reader.join(100)
    assert reader.exitcode == 0
    seen = {answers.get() for _ in range(answers.qsize())}
    assert seen == {"Anna"}
    assert names(root) == ["Anna 10"]


def test_a_page_about_the_build_lies_in_it_and_in_its_copies(warehouse, tmp_path):
    from serving.publish import republish
    from serving.suppressed import Suppressed

    with open_warehouse(warehouse) as con:  # ids of parties are text
        con.execute("alter table marts.customer_360 alter party_id type varchar")
        con.execute("alter table golden.xref_parties alter party_id type varchar")
    page, missing = tmp_path / "quality.html", tmp_path / "other.html"
    page.write_text("<p>all well</p>", encoding="utf-8")
    build = publish(warehouse, tmp_path / "p", build_id="b1", info={}, pages=[page, missing])
    page.write_text("<p>of a later run</p>", encoding="utf-8")
    copy = republish(build, tmp_path / "p", hidden=Suppressed(addresses=frozenset({"x@y.de"})))
    for one in (build, copy):
        assert [p.name for p in one.folder.glob("*.html")] == ["quality.html"]
        assert (one.folder / "quality.html").read_text() == "<p>all well</p>"
