"""Backup and restore: whole or refused, and nothing is pushed twice after it."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from connectors.extract import extract
from connectors.sinks.ledger import Ledger
from orchestration.backup import MARK, _copy_store, back_up, last_backup, read_backup
from orchestration.cli.main import app
from orchestration.copying import copy_current
from orchestration.project import open_project
from orchestration.pushing import Outbox, push_to
from orchestration.restoring import NotReconciled, restore, unreconciled
from orchestration.standing import standings
from serving.desk import audit, sessions
from serving.desk.users import add_user
from serving.restored import unchecked
from stamm.clock import SystemClock
from stamm.errors import InputError, PublishError, UsageError
from tests.connectors.sinks.receiver import SECRET
from tests.serving.api.published import AT
from tests.serving.desk.desks import PASSWORD

SETTINGS = """
sources:
  cards: {system: files, path: ./cards.csv, format: csv, stream: parties, key: [Nr],
          map: {family_name: Name}}
sinks:
  crm: {system: webhook, url: "https://crm.example", secret: "${CRM_SECRET}"}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_SECRET", SECRET)
    (tmp_path / "stamm.yaml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    land(open_project(), "1;Beck")
    return open_project()


def land(project, *lines):
    (project.folder / "cards.csv").write_text("\n".join(["Nr;Name", *lines, ""]), encoding="utf-8")
    source = project.sources["cards"]
    [stream] = project.systems["files"].streams_of(source)
    project.home.prepare()
    with closing(project.open_store()) as store:
        return extract(
            source, stream, landing_root=project.home.landing, store=store, clock=SystemClock()
        )


def backed_up(project, target):
    with closing(project.open_store()) as store:
        return back_up(project, store, target)


def landed(root):
    return {p.relative_to(root): p.read_bytes() for p in root.rglob("load=*/*")}


def test_what_is_restored_is_what_was_there_and_the_next_read_goes_on(project, tmp_path):
    before = landed(project.home.landing)
    assert before
    made = backed_up(project, tmp_path / "safe")
    assert made.copied >= len(before)
    project.home.root.rename(tmp_path / "lost")
    said = CliRunner().invoke(app, ["restore", str(tmp_path / "safe")]).output
    assert "crm is closed" in said
    assert landed(project.home.landing) == before
    again = land(project, "1;Beck", "2;Roth")
    assert (again.upserts, again.duplicates) == (1, 1)


def test_a_second_backup_copies_what_is_new_and_drops_what_is_gone(project, tmp_path):
    backed_up(project, tmp_path / "safe")
    assert backed_up(project, tmp_path / "safe").copied == 0
    land(project, "1;Beck", "2;Roth")
    assert backed_up(project, tmp_path / "safe").copied > 0
    gone = next(project.home.landing.rglob("load=*"))
    for file in gone.iterdir():
        file.unlink()
    backed_up(project, tmp_path / "safe")
    kept = tmp_path / "safe" / "landing" / gone.relative_to(project.home.landing)
    assert not list(kept.glob("*"))
    with closing(project.open_store()) as store:
        assert last_backup(store)


def test_a_load_without_manifest_is_not_in_it(project, tmp_path):
    """It is not committed: a run is at work, or was killed."""
    [manifest] = project.home.landing.rglob("load=*/manifest.json")
    half = manifest.parent.with_name("load=01ZZZZZZZZZZZZZZZZZZZZZZZZ")
    half.mkdir()
    (half / "part-00000.parquet").write_bytes(b"half")
    backed_up(project, tmp_path / "safe")
    assert not list((tmp_path / "safe").rglob(half.name))


def test_the_store_is_copied_as_it_is_in_one_moment_also_within_a_transaction(project, tmp_path):
    with closing(project.open_store()) as store, closing(project.open_store()) as writer:
        with writer.transaction() as db:
            db.execute("insert into secrets values ('half', x'00')")
            _copy_store(store, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("select 1 from secrets where name = 'half'").fetchall() == []


@pytest.mark.parametrize("damage", ["no mark", "a file less", "a broken store"])
def test_what_is_no_whole_backup_is_refused(project, tmp_path, damage):
    folder = tmp_path / "safe"
    backed_up(project, folder)
    read_backup(folder)
    if damage == "no mark":
        (folder / MARK).unlink()
    elif damage == "a file less":
        next(folder.rglob("part-*.parquet")).unlink()
    else:
        content = bytearray((folder / "state.db").read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        (folder / "state.db").write_bytes(content)
    with pytest.raises(InputError, match="expected"):
        read_backup(folder)


def test_a_folder_of_something_else_and_one_within_the_project_are_left_alone(project, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"x")
    for folder in (tmp_path / "photos", project.home.root / "safe", project.home.root.parent):
        with pytest.raises(UsageError, match="expected"):
            backed_up(project, folder)
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["cat.jpg"]


def test_a_project_that_is_there_is_not_overwritten(project, tmp_path):
    backed_up(project, tmp_path / "safe")
    result = CliRunner().invoke(app, ["restore", str(tmp_path / "safe")])
    assert isinstance(result.exception, UsageError)
    assert "Move that folder aside" in str(result.exception)


def test_after_a_restore_a_target_is_sent_nothing_until_somebody_compared_it(project, tmp_path):
    with closing(project.open_store()) as store:
        Ledger(store, "an_older_name", SystemClock())
    backed_up(project, tmp_path / "safe")
    project.home.root.rename(tmp_path / "lost")
    CliRunner().invoke(app, ["restore", str(tmp_path / "safe")])
    sink = project.settings.sinks["crm"]
    with closing(project.open_store()) as store:
        assert unreconciled(store) == {"crm"}
        with pytest.raises(NotReconciled, match="stamm push --reconcile crm"):
            push_to(project, sink, Outbox(project, store), store)
    CliRunner().invoke(app, ["push", "--reconcile", "crm", "--dry-run"])
    with closing(project.open_store()) as store:
        assert unreconciled(store) == set()
        with pytest.raises(NotReconciled, match="stamm restore --checked"):
            push_to(project, sink, Outbox(project, store), store)


def test_after_a_restore_nobody_is_logged_in_and_lists_wait_until_somebody_looked(
    project, tmp_path, monkeypatch
):
    with closing(project.open_store()) as store:
        add_user(store, "m.winter", "steward", PASSWORD, at=AT)
        token = sessions.begin(store, "m.winter", at=AT)
        assert sessions.session_of(store, token, at=AT)
    made = backed_up(project, tmp_path / "safe")
    project.home.root.rename(tmp_path / "lost")
    said = CliRunner().invoke(app, ["restore", str(tmp_path / "safe")]).output
    assert "stamm restore --checked" in said
    postgres = SimpleNamespace(publish=SimpleNamespace(postgres=object()))
    with closing(project.open_store()) as store:
        assert sessions.session_of(store, token, at=AT) is None
        assert unchecked(store).made_at == made.made_at
        [told] = [one for one in standings(project, store) if one.what == "restore"]
        assert (told.state, "stamm restore --checked" in told.todo) == ("broken", True)
        with pytest.raises(NotReconciled, match=re.escape("publish.postgres")):
            copy_current(SimpleNamespace(home=project.home, settings=postgres), store)
    export = ["target-group", "export", "sleeping", "--channel", "email"]
    assert isinstance(CliRunner().invoke(app, export).exception, NotReconciled)
    assert isinstance(CliRunner().invoke(app, ["restore"]).exception, UsageError)
    assert "is checked" in CliRunner().invoke(app, ["restore", "--checked"]).output
    assert isinstance(CliRunner().invoke(app, export).exception, PublishError)  # no build yet
    with closing(project.open_store()) as store:
        assert unchecked(store) is None
        assert [one.what for one in standings(project, store) if one.what == "restore"] == []
        assert audit.entries(store)[0].action == "checked the restore"


def test_the_mark_says_what_the_folder_holds(project, tmp_path):
    made = backed_up(project, tmp_path / "safe")
    told = json.loads((tmp_path / "safe" / MARK).read_text(encoding="utf-8"))
    assert (told["files"], told["bytes"]) == (made.files, made.bytes)


def test_a_data_folder_is_no_place_for_a_backup_whatever_leads_to_it(project, tmp_path):
    """One of another project has a store too; a link may lead to our own."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "state.db").write_bytes(b"theirs")
    link = tmp_path / "link"
    link.symlink_to(project.home.root)
    with closing(project.open_store()) as store:
        for place in (other, link, link / "inside"):
            with pytest.raises(UsageError):
                back_up(project, store, place)
    assert (other / "state.db").read_bytes() == b"theirs"


def test_what_a_killed_process_left_beside_its_store_is_not_applied_to_the_restored_one(
    project, tmp_path
):
    backed_up(project, tmp_path / "backup")
    shutil.rmtree(project.home.root)
    project.home.root.mkdir()
    (project.home.root / "state.db-wal").write_bytes(b"of the lost one")
    with pytest.raises(UsageError, match="state.db-wal"):
        restore(project, tmp_path / "backup")
