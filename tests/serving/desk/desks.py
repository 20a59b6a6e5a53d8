"""A desk with its users, and a browser that fills in forms as they stand on the page."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from datetime import datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from dedupe.golden_tables import PARTY_TYPES
from dedupe.specification import load_specification
from orchestration.desk_simulation import Task, predict
from orchestration.specifications import with_threshold
from serving.api.app import application
from serving.api.reads import ReadLog
from serving.api.service import Service
from serving.desk import passwords
from serving.desk.condition import Condition, Fault, ReadStream
from serving.desk.copies import Copies
from serving.desk.desk import Desk
from serving.desk.simulating import Simulations
from serving.desk.users import add_user
from stamm.clock import ManualClock
from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import AT

PASSWORD = "vier Dachse trinken Tee"
PEOPLE = {"m.winter": "steward", "t.sommer": "steward", "a.admin": "admin"}


DAGSTER = "http://dagster.example"
CONDITION = Condition(
    "run-1", "2026-06-30T06:05:00+00:00", "done",
    (ReadStream("erp", "business_partners", "2026-06-30T06:00:00+00:00", 1234),
     ReadStream("shop", "orders", None, None)),
    (Fault("match_input", "country_is_a_code", "two letters", "3 of 1,234 rows", 3, False),),
    41, (("erp", "country_is_a_code", 3),),
)  # fmt: skip


class NoFinder:
    """The Desk looks nothing up by a card."""

    def find(self, card, limit, hidden):
        raise AssertionError("nobody asked")

    def state(self):
        return "ready"


class InThisProcess:
    """Predicts with the server's own code, but in a thread: a process takes seconds to start."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def predict(self, thresholds, tell):
        return predict(task(self.home, thresholds), tell)

    def stop(self):
        """A thread is waited for."""


def scratch(home: Home) -> Path:
    """Where these simulations make their copies."""
    return home.work / "simulation-of-a-desk"


def task(home: Home, thresholds) -> Task:
    """The built-in specifications with these thresholds."""
    found = {name: load_specification(name) for name in PARTY_TYPES}
    tried = {name: with_threshold(one, thresholds[name]) for name, one in found.items()}
    return Task(home, scratch(home), tried, AT)


@contextmanager
def quick_hashes():
    """Passwords are hashed in a moment: most tests look at what comes after logging in."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: quick)
        yield


def add_people(store: Store) -> None:
    for name, role in PEOPLE.items():
        add_user(store, name, role, PASSWORD, at=AT)


@contextmanager
def opened(home: Home, predictor=None):
    """A desk; its people were added before."""
    with closing(Store.open(home.store)) as store, closing(Store.open(home.store)) as for_reads:
        reads = ReadLog(for_reads, wait_seconds=60)
        service = Service(home.published, store, reads, NoFinder(), dict, ManualClock(AT))
        with closing(Copies(home, lambda: "run-1")) as copies:
            clock = ManualClock(AT)
            with closing(Simulations(predictor or InThisProcess(home), clock.now)) as simulations:
                yield Desk(
                    service, copies, lambda: CONDITION, simulations, "http://dagster.example", clock
                )
        reads.close()


class Browser:
    """Keeps cookies; sends a form with the token of the page that was seen last."""

    def __init__(self, desk: Desk, language: str = "en") -> None:
        self.desk = desk
        self.client = TestClient(
            application(desk.service, desk), headers={"Accept-Language": language}
        )
        self.seen = None

    def get(self, path: str, **headers: str):
        self.seen = self.client.get(f"/desk{path}", headers=headers)
        return self.seen

    def send(self, path: str, fields: dict | None = None, **headers: str):
        """A form of the page seen last."""
        told = {"csrf": self.csrf, **(fields or {})}
        self.seen = self.client.post(f"/desk{path}", data=told, headers=headers)
        return self.seen

    def log_in(self, name: str, password: str = PASSWORD, **more: str):
        self.get("/login")
        return self.send("/login", {"name": name, "password": password, **more})

    def logged_in(self, name: str) -> Browser:
        assert self.log_in(name, next="/desk/password").url.path == "/desk/password"
        return self

    @property
    def csrf(self) -> str:
        found = re.search('name="csrf" value="([^"]*)"', self.seen.text) if self.seen else None
        return found[1] if found else ""

    @property
    def said(self) -> str:
        """What a person reads on the page."""
        return text_of(self.seen.text)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(page: str) -> str:
    """The words of a page, one space between them."""
    parser = _Text()
    parser.feed(page.rsplit("</head>", maxsplit=1)[-1])
    return " ".join(unescape(" ".join(parser.parts)).split())


def later(desk: Desk, **passed) -> datetime:
    """Time goes by for sessions."""
    from datetime import timedelta

    desk.clock.sleep(timedelta(**passed).total_seconds())
    return desk.now()
