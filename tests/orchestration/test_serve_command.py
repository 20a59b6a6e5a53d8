"""`stamm key` and `stamm serve`, as somebody calls them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest
import requests
from typer.testing import CliRunner

from orchestration.cli.main import app
from orchestration.project import open_project
from orchestration.runs import RunLog
from orchestration.serving_api import read_vcard
from serving.api.keys import key_of
from serving.desk.users import add_user
from stamm.errors import InputError
from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import publish_company, rows_of_the_company
from tests.serving.desk.desks import PASSWORD


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    Home(tmp_path / "data").prepare()
    return open_project()


def call(*words):
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def test_a_key_is_made_listed_without_its_text_and_revoked(project):
    made = json.loads(call("key", "create", "CRM", "--scope", "read", "--json"))
    with closing(Store.open(project.home.store)) as store:
        assert key_of(store, made["key"]).name == "CRM"
        assert "revoked" in call("key", "revoke", made["key_id"])
        assert key_of(store, made["key"]) is None
    [listed] = json.loads(call("key", "list", "--json"))
    assert (listed["name"], listed["scopes"], bool(listed["revoked_at"])) == ("CRM", ["read"], True)
    assert made["key"].split("_", 2)[2] not in json.dumps(listed)


def test_the_server_says_where_it_is_and_ends_when_it_is_told_to(project):
    key = json.loads(call("key", "create", "CRM", "--scope", "read", "--json"))["key"]
    server = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli.main", "serve", "--port", "0"],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        health = requests.get(f"{url}/health", timeout=30)
        headers = {"Authorization": f"Bearer {key}", "X-Purpose": "a test"}
        customers = requests.get(f"{url}/customers", headers=headers, timeout=30)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
    assert server.returncode == 0
    for answer in (health, customers):
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/no-build")
        assert "stamm run" in answer.json()["detail"]


@pytest.mark.slow
def test_a_server_that_is_told_to_end_takes_a_simulation_and_all_copies_with_it(project):
    home = project.home
    with closing(project.open_store()) as store:
        publish_company(home, store, 1, rows_of_the_company())
        add_user(store, "a.admin", "admin", PASSWORD, at=datetime.now(UTC))
        RunLog(store).begin("run-1", "2026-06-30", full=False)
        RunLog(store).end("run-1", "done", "b1")
    server = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli.main", "serve", "--port", "0"],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        url = re.search(r"http://\S+", server.stdout.readline())[0] + "/desk"
        with requests.Session() as browser:
            page = browser.get(f"{url}/login", timeout=30)
            told = {"name": "a.admin", "password": PASSWORD, "next": "/desk/simulator"}
            page = browser.post(f"{url}/login", told | {"csrf": csrf_on(page)}, timeout=30)
            told = {"person": "15", "organisation": "15", "csrf": csrf_on(page)}
            page = browser.post(f"{url}/simulator", told, timeout=30)
        assert "data-poll" in page.text
        deadline = time.monotonic() + 60
        while not list((home.work / "desk").glob("*/simulation")):
            assert time.monotonic() < deadline, "expected the copies of a simulation, found none"
            time.sleep(0.05)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
    assert server.returncode == 0
    assert list((home.work / "desk").iterdir()) == []
    time.sleep(1)
    assert list((home.work / "desk").iterdir()) == [], "nobody is left who makes them anew"


def csrf_on(page):
    return re.search('name="csrf" value="([^"]*)"', page.text)[1]


def test_a_vcard_gives_the_fields_of_a_card():
    lines = ("BEGIN:VCARD", "VERSION:3.0", "UID:1", "N:Huber;Anna;;Dr.;", "FN:Anna Huber",
             "TEL:+49301", "ORG:Huber GmbH", "END:VCARD")  # fmt: skip
    fields = read_vcard("\r\n".join(lines))
    assert fields == {
        "full_name": "Anna Huber", "given_name": "Anna", "family_name": "Huber", "title": "Dr.",
        "company_name": "Huber GmbH", "emails": (), "phones": "+49301",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "Anna Huber", "BEGIN:VCARD", "BEGIN:VCARD\nEND"])
def test_what_is_no_vcard_is_refused(text):
    with pytest.raises(InputError, match="expected one vCard"):
        read_vcard(text)
