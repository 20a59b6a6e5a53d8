"""The audit trail: it cannot be edited, and what is edited all the same shows."""

import sqlite3

import pytest

from serving.desk.audit import Head, entries, head, note, verify
from stamm.errors import UsageError
from tests.serving.api.published import AT


@pytest.fixture
def trail(store):
    for number in range(1, 5):
        note(store, "m.winter", "judged", at=AT, subject=f"P{number}", detail="same")
    return store


def forced(store, sql):
    """By somebody who can write to the file and takes the triggers away."""
    with store.transaction() as db:
        db.execute("drop trigger if exists desk_audit_never_update")
        db.execute("drop trigger if exists desk_audit_never_delete")
        db.execute(sql)


@pytest.mark.parametrize("sql", ["update desk_audit set actor = 'x'", "delete from desk_audit"])
def test_the_store_refuses_to_change_entries(trail, sql):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), trail.transaction() as db:
        db.execute(sql)
    assert [one.seq for one in entries(trail)] == [4, 3, 2, 1]
    assert verify(trail) == []


@pytest.mark.parametrize(
    ("sql", "seen"),
    [("update desk_audit set actor = 'x' where seq = 2", "entry 2: it, or what came before it"),
     ("update desk_audit set at = '2020-01-01' where seq = 4", "entry 4"),
     ("delete from desk_audit where seq = 1", "entry 1: missing, the next one is 2"),
     ("insert into desk_audit values (5, '2026', 'x', 'y', '', '', 'z')", "entry 5")],
)  # fmt: skip
def test_what_was_edited_all_the_same_shows(trail, sql, seen):
    forced(trail, sql)
    assert seen in verify(trail)[0]


def test_an_end_that_was_cut_off_shows_against_a_head_that_was_noted(trail):
    noted = Head.read(str(head(trail)))
    forced(trail, "delete from desk_audit where seq = 4")
    assert verify(trail) == []
    assert verify(trail, noted) == ["entry 4: was noted and is not there any more"]
    note(trail, "m.winter", "judged", at=AT, subject="another")
    assert verify(trail, noted) == ["entry 4: is not the one that was noted"]


def test_an_entry_stands_or_falls_with_what_was_done(trail):
    with pytest.raises(ZeroDivisionError), trail.transaction():
        note(trail, "m.winter", "judged", at=AT)
        raise ZeroDivisionError
    assert head(trail).seq == 4


@pytest.mark.parametrize(
    "text", ["", "x", "4", "4:abc", "²:" + "0" * 64, "9" * 5_000 + ":" + "0" * 64]
)
def test_what_is_no_head_is_refused(text):
    with pytest.raises(UsageError, match="NUMBER:HASH"):
        Head.read(text)
