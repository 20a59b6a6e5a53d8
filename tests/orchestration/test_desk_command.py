"""`stamm desk`: users are made by a command, and the trail is checked by one."""

from contextlib import closing

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app
from serving.desk.users import let_in
from stamm.errors import StammError, UsageError
from stamm.store import Store

PASSWORD = "vier Dachse trinken Tee"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STAMM_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def desk(*words, typed=""):
    return CliRunner().invoke(app, ["desk", *words], input=typed)


def test_a_user_is_made_with_a_password_from_standard_input_and_closed(home):
    made = desk("user", "add", "m.winter", "--role", "steward", typed=PASSWORD + "\n")
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    with closing(Store.open(home / "state.db")) as store:
        assert let_in(store, "m.winter", PASSWORD).role == "steward"
        assert (
            desk("user", "password", "m.winter", typed="fünf Wölfe essen Kuchen\n").exit_code == 0
        )
        assert let_in(store, "m.winter", "fünf Wölfe essen Kuchen")
        assert desk("user", "close", "m.winter").exit_code == 0
        assert let_in(store, "m.winter", "fünf Wölfe essen Kuchen") is None
    assert "m.winter" in desk("user", "list").output


def test_a_password_that_is_refused_makes_no_user(home):
    done = desk("user", "add", "m.winter", "--role", "steward", typed="short\n")
    assert isinstance(done.exception, UsageError)
    assert desk("user", "list", "--json").output.strip() == "[]"


def test_the_trail_is_checked_against_its_own_chain_and_an_end_noted_before(home):
    desk("user", "add", "m.winter", "--role", "steward", typed=PASSWORD + "\n")
    whole = desk("audit", "--verify")
    assert "The chain is whole; it ends at 1:" in whole.output
    head = whole.output.rsplit(" ", 1)[1].strip()
    assert desk("audit", "--verify", "--noted", head).exit_code == 0
    with closing(Store.open(home / "state.db")) as store, store.transaction() as db:
        db.execute("drop trigger desk_audit_never_update")
        db.execute("update desk_audit set actor = 'somebody'")
    broken = desk("audit", "--verify")
    assert isinstance(broken.exception, StammError)
    assert "entry 1: it, or what came before it, is not as it was written" in str(broken.exception)
