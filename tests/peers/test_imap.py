"""Dovecot, the real server: after every edit landing holds what its Maildir holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.landing import manifests, stream_folder
from connectors.loading import OpenLoad
from stamm.errors import ContractBroken, CredentialsRefused, Unreachable
from tests.peers.dovecot import USER, Dovecot, a_message, running
from tests.peers.landed import Source
from tests.peers.postgres import self_signed
from tests.peers.serving import free_port

pytestmark = [pytest.mark.peer, pytest.mark.imap, pytest.mark.timeout(600)]

LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
READ = ("INBOX", "Gesendet")


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with running() as dovecot:
        yield dovecot


def a_source(server: Dovecot, folder: Path, **changed: Any) -> Source:
    settings = {"host": "127.0.0.1", "port": server.tls, "ca_file": server.certificate}
    account = {"username": USER, "password": server.password}
    return Source(folder, "imap", **{**settings, **account, **changed})


@pytest.fixture
def source(server: Dovecot, tmp_path: Path) -> Source:
    return a_source(server, tmp_path)


def assert_complete(server: Dovecot, source: Source, *folders: str) -> None:
    """Every message of these folders, field for field and no field more."""
    held = {key: row for folder in folders or READ for key, row in server.held(folder).items()}
    assert source.records("messages") == held


def modes(source: Source) -> list[str]:
    folder = stream_folder(source.landing.root, source.settings.name, "messages")
    return [manifest.mode for manifest in manifests(folder)]


def seed(server: Dovecot) -> None:
    for number in range(1, 31):
        server.append("INBOX", a_message(number), LONG_AGO.replace(day=number))
    for number in range(31, 41):
        server.append("Gesendet", a_message(number, Cc="Bea <bea@example.net>"))
    server.append("Archiv", a_message(41))


def test_what_comes_moves_and_goes_is_landed_and_nothing_is_marked_as_seen(
    server: Dovecot, source: Source
):
    seed(server)
    assert source.read_one("messages").upserts == 40
    assert_complete(server, source)
    assert server.unseen("INBOX") == 30
    assert "GEHEIM" not in str(source.records("messages"))
    assert "Angebot" not in str(source.records("messages"))

    server.append("INBOX", a_message(42))
    server.append("INBOX", a_message(43), LONG_AGO)  # late, with an early date
    server.drop("INBOX", {"1700000000.M1.mx": a_message(44, Reply_To="x@example.org")}, LONG_AGO)
    assert source.read_one("messages").upserts == 3
    assert modes(source) == ["full", "incremental"]
    assert_complete(server, source)

    with server.entered() as imap:
        imap.uid("MOVE", "3,4", "Gesendet")  # out of one folder into the other: no total changes
        imap.uid("COPY", "5", "Gesendet")
        imap.uid("MOVE", "6", "Archiv")
    server.delete("INBOX", 1, 2)
    source.read_one("messages")
    assert_complete(server, source)

    with server.entered("Archiv") as imap:
        imap.uid("MOVE", "1:*", "INBOX")
    source.read_one("messages")
    assert_complete(server, source)
    assert source.read_one("messages").rows == 0
    assert server.unseen("INBOX") == len(server.held("INBOX"))


def test_a_folder_that_was_made_anew_is_read_anew(server: Dovecot, tmp_path: Path):
    source = a_source(server, tmp_path, folders=["Archiv"])
    for number in range(30):
        server.append("Archiv", a_message(number), LONG_AGO)
    source.read_one("messages")
    with server.entered() as imap:
        assert imap.delete("Archiv")[0] == imap.create("Archiv")[0] == "OK"
    for number in range(30, 60):
        server.append("Archiv", a_message(number), LONG_AGO)
    result = source.read_one("messages")
    assert (result.upserts, result.deletes) == (30, 30)
    assert_complete(server, source, "Archiv")
    assert {row["uid"] for row in source.records("messages").values()} == set(range(1, 31))


def test_ten_thousand_messages_of_one_moment_are_read_batch_by_batch(
    server: Dovecot, source: Source
):
    server.drop("INBOX", {f"1700000000.M{n}.mx": a_message(n) for n in range(10_000)}, LONG_AGO)
    result = source.read_one("messages")
    assert (result.upserts, result.pages) == (10_000, 20)
    assert_complete(server, source)
    server.delete("INBOX", 1, 5000, 10_000)
    server.append("INBOX", a_message(10_001), LONG_AGO)
    result = source.read_one("messages")
    assert (result.upserts, result.deletes) == (1, 3)
    assert_complete(server, source)


def test_a_connection_that_drops_is_unreachable_and_the_next_read_goes_on(
    server: Dovecot, source: Source, monkeypatch: pytest.MonkeyPatch
):
    server.drop("INBOX", {f"1700000000.M{n}.mx": a_message(n) for n in range(1200)}, LONG_AGO)
    take = OpenLoad.take

    def then_kicked(load: OpenLoad, page: Any) -> None:
        take(load, page)
        server.command("kick", USER)

    with monkeypatch.context() as patched:
        patched.setattr(OpenLoad, "take", then_kicked)
        with pytest.raises(Unreachable) as caught:
            source.read_one("messages")
    assert "goes on where" in caught.value.hint
    result = source.read_one("messages")
    assert (result.upserts, result.pages) == (1200, 3)
    assert_complete(server, source)


def test_a_message_that_goes_while_it_is_read_begins_the_read_again(
    server: Dovecot, source: Source, monkeypatch: pytest.MonkeyPatch
):
    server.drop("INBOX", {f"1700000000.M{n}.mx": a_message(n) for n in range(1200)}, LONG_AGO)
    take, gone = OpenLoad.take, []

    def then_deleted(load: OpenLoad, page: Any) -> None:
        take(load, page)
        if not gone:
            gone.append(1100)
            server.delete("INBOX", 1100)

    with monkeypatch.context() as patched:
        patched.setattr(OpenLoad, "take", then_deleted)
        assert source.read_one("messages").upserts == 1199
    assert_complete(server, source)


def test_broken_headers_and_odd_folders_do_not_stop_a_read(server: Dovecot, tmp_path: Path):
    name = 'Künden & "Freunde"/Öl'
    with server.entered() as imap:
        assert imap.create('"K&APw-nden &- \\"Freunde\\"/&ANY-l"')[0] == "OK"
        broken = (
            b"From: =?utf-8?B?TcO8bGxlcg?= <a@example.org>\r\nTo: M\xfcller <m@example.org>\r\n"
            b"Date: gestern\r\nSubject: =?iso-8859-1?Q?K=F6ln?=\r\nno header at all\r\n\r\nx"
        )
        for message in (broken, b"\r\nonly a body", a_message(1)):
            kind, said = imap.append('"K&APw-nden &- \\"Freunde\\"/&ANY-l"', "", "", message)
            assert kind == "OK", said
    source = a_source(server, tmp_path, folders=[name], headers=["subject"])
    assert source.read_one("messages").upserts == 3
    first, second, third = source.records("messages").values()
    assert (first["folder"], first["date"], first["date_as_given"]) == (name, None, "gestern")
    assert first["to"] == [{"name": "Müller", "address": "m@example.org"}]
    assert (first["from"][0]["address"], first["subject"]) == ("a@example.org", "Köln")
    assert (second["from"], second["message_id"]) == ([], None)
    assert third["subject"] == "Angebot für Köln 1"


def test_a_folder_that_is_not_there_is_named_with_those_that_are(server: Dovecot, tmp_path: Path):
    source = a_source(server, tmp_path, folders=["Gesendete"])
    with pytest.raises(ContractBroken, match="there are Archiv, Gesendet, INBOX"):
        source.read_one("messages")


def test_a_wrong_password_is_said_to_be_refused(server: Dovecot, tmp_path: Path):
    with pytest.raises(CredentialsRefused) as caught:
        a_source(server, tmp_path, password="falsch-falsch").read_one("messages")
    assert caught.value.facts["status"] == 401
    assert "falsch" not in str(caught.value)


def test_a_certificate_that_nobody_named_is_not_trusted(server: Dovecot, tmp_path: Path):
    with pytest.raises(Unreachable, match="certificate that is trusted, found: self-signed"):
        a_source(server, tmp_path / "a", ca_file=None).read_one("messages")
    stranger = self_signed(tmp_path)
    with pytest.raises(Unreachable, match="certificate that is trusted"):
        a_source(server, tmp_path / "b", ca_file=stranger).read_one("messages")


def test_without_tls_this_machine_is_read_only_if_that_is_asked_for(
    server: Dovecot, tmp_path: Path
):
    seed(server)
    plain = a_source(server, tmp_path / "a", port=server.plain, insecure=True)
    assert plain.read_one("messages").upserts == 40
    with pytest.raises(Unreachable):
        a_source(server, tmp_path / "b", port=server.plain).read_one("messages")
    with pytest.raises(Unreachable):
        a_source(server, tmp_path / "c", port=free_port()).read_one("messages")
