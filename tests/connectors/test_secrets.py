"""Secrets stay with their source: a hostile server echoes them, sends on, and learns nothing more.

Every HTTP system is read with secrets planted in its settings. Whatever the server does, they
stand in no message, traceback, log line or landed file, and no other host hears of them.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.extract import extract
from connectors.registry import systems
from connectors.settings import HttpSource
from stamm.clock import ManualClock
from stamm.errors import StammError
from stamm.settings import SourceSettings
from stamm.store import Store
from tests.connectors.conftest import NOON

PLANTED = "Zwitscherbach7Geheim"
HEX = "5a776974736368657262616368376765"  # where a secret has to be hexadecimal
SYSTEMS = [name for name, system in systems().items() if issubclass(system.settings, HttpSource)]


@dataclass
class Hostile:
    """Answers each request as its `way` says, and keeps what it heard."""

    way: str = "echo"
    heard: list[str] = field(default_factory=list)
    elsewhere: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length).decode(errors="replace")
        said = f"{handler.path} {handler.headers.as_string()} {body}"
        self.heard.append(said)
        page = json.dumps({"errors": [{"message": said}], "error": said}).encode()
        return {
            "401": (401, {}, page),
            "403": (403, {"Content-Type": "text/html"}, b"<html>" + said.encode()),
            "500": (500, {}, page),
            "400": (400, {}, page),
            "hidden": (200, {}, page),
            "page": (200, {"Content-Type": "text/html"}, b"<html>" + said.encode()),
            "cut": (200, {"Content-Length": "999999"}, page),
            "sends on": (302, {"Location": f"{self.elsewhere}/?{handler.path[1:]}"}, b""),
        }[self.way]


def served(hostile: Hostile) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            status, headers, body = hostile.answer(self)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _any

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def two_hosts() -> Iterator[tuple[str, Hostile, Hostile]]:
    """A source's address, the source, and the other host."""
    source, other = Hostile(), Hostile()
    servers = [served(source), served(other)]
    here, there = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    source.elsewhere = there
    yield here, source, other
    for server in servers:
        server.shutdown()
        server.server_close()


def planted(system: str, url: str) -> SourceSettings:
    """Settings of the system with a secret in each field that takes one."""
    model = systems()[system].settings
    raw: dict[str, object] = {
        "system": system, "name": "hostile", "url": url, "insecure": True, "patience": 0,
    }  # fmt: skip
    for name, one in model.model_fields.items():
        if one.annotation is SecretStr:
            raw[name] = f"{HEX[:24]}:{HEX}{HEX}" if system == "ghost" else PLANTED
        elif one.is_required() and name not in raw:
            raw[name] = "robot@example.org"
    return model.model_validate(raw)


def secrets_of(source: SourceSettings) -> set[str]:
    """The planted values and the forms that they take in headers."""
    plain = {
        value.get_secret_value() for _, value in source if isinstance(value, SecretStr)
    } | {HEX + HEX}  # fmt: skip
    users = [str(value) for _, value in source if isinstance(value, str)]
    pairs = {
        f"{user}{suffix}:{one}" for user in users for suffix in ("", "/token") for one in plain
    }
    return plain | {base64.b64encode(pair.encode()).decode() for pair in pairs}


WAYS = ("401", "403", "500", "400", "hidden", "page", "cut", "sends on")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_hostile_server_gets_no_secret_told(
    two_hosts: tuple[str, Hostile, Hostile], system: str, way: str, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    here, hostile, other = two_hosts
    hostile.way, hostile.heard, other.heard = way, [], []
    source = planted(system, here)
    caplog.set_level(logging.DEBUG)
    store = Store.open(tmp_path / "state.db")
    with pytest.raises(StammError) as ended:
        extract(
            source, systems()[system].streams[0], landing_root=tmp_path / "landing",
            store=store, clock=ManualClock(NOON),
        )  # fmt: skip
    store.close()
    assert hostile.heard
    assert other.heard == []
    printed = capsys.readouterr()
    told = [
        str(ended.value), *traceback.format_exception(ended.value), caplog.text, printed.out,
        printed.err, *(path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*.*")
                       if path.is_file()),
    ]  # fmt: skip
    for secret in secrets_of(source):
        assert not any(secret in text for text in told), "a secret was told"


def test_the_secrets_were_sent_to_the_source_itself(two_hosts: tuple[str, Hostile, Hostile]):
    """Else the test above could not fail."""
    here, hostile, _ = two_hosts
    hostile.way, hostile.heard = "401", []
    source = planted("tryton", here)
    with pytest.raises(StammError):
        from contextlib import closing

        with closing(systems()["tryton"].open(source, ManualClock(NOON))) as reader:
            reader.total(systems()["tryton"].streams[0])
    assert any(PLANTED in text for text in hostile.heard)
