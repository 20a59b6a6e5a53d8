"""Headers of any kind become fields, folders of any name are found, batches lose no message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.imap import messages
from connectors.imap.headers import addresses, decoded, fields_of
from connectors.imap.mailbox import Envelope, Folder, _day, _envelopes
from connectors.imap.names import from_wire, listed, to_wire
from connectors.imap.reader import ImapReader
from connectors.imap.settings import ImapSource
from connectors.source import Page, Window
from stamm.errors import ContractBroken, InputError, Unreachable
from tests.connectors.sandboxed import small_pages
from tests.peers.serving import free_port

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RAW: dict[str, Any] = {"system": "imap", "name": "mail", "host": "imap.example.com"}
SOURCE = ImapSource.model_validate({**RAW, "username": "anna", "password": "geheim-geheim"})

# ---- headers ----

TEXTS = [
    ("=?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_M=C3=BCller?=", "Jürgen Müller"),
    ("=?iso-8859-1?Q?K=F6ln?= am Rhein", "Köln am Rhein"),
    ("=?utf-8?B?TcO8bGxlcg==?=", "Müller"),
    ("=?utf-8?B?TcO8bGxlcg?=", "Müller"),  # without its padding
    ("=?utf-8?B?T?=", "=?utf-8?B?T?="),  # cut off
    ("=?nosuch?Q?M=FCller?=", "Müller"),
    ("=?utf-8?Q?M=FCller?=", "Müller"),  # says UTF-8, is not
    ("=?utf-7?Q?+2AA-?= x", "? x"),  # half a pair
    ("=?hex?Q?00?=", "00"),
    ("Müller\r\n  und\tSohn", "Müller und Sohn"),
    ("a\0b", "ab"),
]


@pytest.mark.parametrize(("wire", "text"), TEXTS)
def test_encoded_words_are_made_readable(wire: str, text: str):
    assert decoded(wire) == text


LISTS = [
    ('"Muster, Anna" <anna@example.com>, info@example.com',
     [("Muster, Anna", "anna@example.com"), (None, "info@example.com")]),
    ("=?utf-8?Q?Muster=2C_Anna?= <anna@example.com>", [("Muster, Anna", "anna@example.com")]),
    ("undisclosed-recipients:;", []),
    ("Team: a@example.com, b@example.com;", [(None, "a@example.com"), (None, "b@example.com")]),
    ("<anna@example.com> (Anna", [(None, "anna@example.com")]),
    ("Müller <mü@exämple.de>", [("Müller", "mü@exämple.de")]),
    ("nobody", []),
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "expected"), LISTS, ids=[wire for wire, _ in LISTS])
def test_addresses_are_taken_apart_before_their_names_are_decoded(wire: str, expected: Any):
    found = [(one["name"], one["address"]) for one in addresses([wire])]
    assert [address for _, address in found] == [address for _, address in expected]
    assert found == expected or wire.startswith("<anna")  # there the name is anybody's guess


def test_a_block_of_headers_becomes_the_fields_of_a_record():
    block = (
        b"From: =?utf-8?Q?J=C3=BCrgen?=\r\n =?utf-8?Q?_M=C3=BCller?= <j@example.org>\r\n"
        b"TO: a@example.com\r\nto: b@example.com\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n"
        b"Message-ID:\r\n <1@example.org>\r\nSubject: M\xfcller\r\nX-Other: no\r\n\r\n"
    )
    fields = fields_of(block, frozenset({"subject"}))
    assert fields == {
        "message_id": "<1@example.org>",
        "date": "2026-03-02T10:00:00+01:00",
        "from": [{"name": "Jürgen Müller", "address": "j@example.org"}],
        "to": [
            {"name": None, "address": "a@example.com"},
            {"name": None, "address": "b@example.com"},
        ],
        "cc": [],
        "reply_to": [],
        "subject": "Müller",
    }
    assert "subject" not in fields_of(block, frozenset())


DATES = ["gestern", "Mon, 99 Mar 2026 10:00:00", "Mon, 2 Mar 99999 10:00:00 +0100", "2026"]


@pytest.mark.parametrize("text", DATES)
def test_a_date_that_is_none_is_kept_as_it_was_given(text: str):
    fields = fields_of(f"Date: {text}\r\n".encode(), frozenset())
    assert (fields["date"], fields["date_as_given"]) == (None, text)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_stop_the_headers_from_being_read(noise: bytes):
    import orjson

    for name in (b"From: ", b"Date: ", b"Subject: =?utf-8?B?", b"To: =?big5?Q?"):
        orjson.dumps(fields_of(name + noise, frozenset({"subject"})))


# ---- folders ----

NAMES = [
    ("INBOX", '"INBOX"'),
    ("Entwürfe", '"Entw&APw-rfe"'),
    ("A & B", '"A &- B"'),
    ('say "hi"\\', '"say \\"hi\\"\\\\"'),
    ("日本語", '"&ZeVnLIqe-"'),
]


@pytest.mark.parametrize(("name", "wire"), NAMES)
def test_names_of_folders_travel_in_modified_utf_7(name: str, wire: str):
    assert to_wire(name) == wire
    [(found, _)] = listed([f'(\\HasNoChildren) "/" {wire}'.encode()])
    assert found == name


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n")))
def test_any_name_comes_back(name: str):
    [(found, _)] = listed([f'() "/" {to_wire(name)}'.encode()])
    assert found == name


def test_folders_are_told_with_their_marks_however_they_are_written():
    answer = [
        rb'(\HasNoChildren \Sent) "/" Gesendet',
        rb"(\Noselect) NIL INBOX",
        (rb'() "." {7}', b"A&APw-B"),
        b"",
        None,
    ]
    assert dict(listed(answer)) == {
        "Gesendet": frozenset({"\\hasnochildren", "\\sent"}),
        "INBOX": frozenset({"\\noselect"}),
        "AüB": frozenset(),
    }
    assert from_wire(b"&ZeV") == "&ZeV"
    assert from_wire(b"&A-") == "&A-"


# ---- answers ----


def test_an_answer_to_fetch_is_taken_apart_wherever_its_parts_stand():
    answer = [
        (b'1 (UID 7 INTERNALDATE " 1-Mar-2026 13:00:00 +0100" BODY[HEADER.FIELDS (TO)] {5}', b"a"),
        b")",
        b"2 (FLAGS (\\Seen) UID 8)",  # news of another client
        (b"3 (BODY[HEADER.FIELDS (TO)] {5}", b"b"),
        b' UID 9 INTERNALDATE "01-Mar-2026 12:00:00 +0000")',
        b'4 (UID 10 INTERNALDATE "gestern" BODY[HEADER.FIELDS (TO)] "")',
    ]
    assert list(_envelopes(answer)) == [
        Envelope(7, "2026-03-01T12:00:00+00:00", b"a"),
        Envelope(9, "2026-03-01T12:00:00+00:00", b"b"),
        Envelope(10, "gestern", b""),
    ]


def test_days_are_english_in_any_locale():
    assert _day(date(2026, 3, 1)) == "01-Mar-2026"


# ---- reading ----


class Account:
    """Stands in for a `Mailbox`: folder → UIDVALIDITY and UID → day of March."""

    def __init__(self, **folders: tuple[int, dict[int, int]]) -> None:
        self.held = folders
        self.spans: list[tuple[str, int, int]] = []
        self.at = ""

    def folders(self) -> dict[str, frozenset[str]]:
        return {"INBOX": frozenset(), "Sent": frozenset({"\\sent"}), "Old": frozenset()}

    def count(self, folder: str) -> int:
        return len(self.held[folder][1])

    def examine(self, folder: str) -> Folder:
        self.at = folder
        validity, uids = self.held[folder]
        return Folder(folder, validity, len(uids))

    def uids(self, folder: Folder, since: date | None = None) -> list[int]:
        assert folder.name == self.at
        days = self.held[self.at][1]
        return sorted(u for u, day in days.items() if not since or date(2026, 3, day) >= since)

    def fetch(self, uids: Sequence[int], headers: Sequence[str]) -> Iterator[Envelope]:
        self.spans.append((self.at, uids[0], uids[-1]))
        for uid, day in self.held[self.at][1].items():
            if uids[0] <= uid <= uids[-1]:
                yield Envelope(uid, f"2026-03-{day:02}T12:00:00+00:00", b"")


def pages_of(
    account: Account, resume: str | None = None, since: datetime | None = None
) -> list[Page]:
    reader = ImapReader(SOURCE)
    reader._open = account  # type: ignore[assignment]
    pages = list(reader.read(small_pages(messages, 2), Window(since, NOON), resume))
    assert reader.total(messages) == sum(account.count(name) for name in ("INBOX", "Sent"))
    return pages


def keys(pages: list[Page]) -> list[tuple[str, int]]:
    return [(record["folder"], record["uid"]) for page in pages for record in page.records]


def test_inbox_and_the_folder_of_sent_messages_are_read_in_batches():
    account = Account(INBOX=(1, {3: 1, 5: 1, 9: 2}), Sent=(1, {1: 1}))
    pages = pages_of(account)
    assert keys(pages) == [("INBOX", 3), ("INBOX", 5), ("INBOX", 9), ("Sent", 1)]
    assert account.spans == [("INBOX", 3, 5), ("INBOX", 9, 9), ("Sent", 1, 1)]
    assert [page.server_total for page in pages] == [4, 4, 4]
    assert pages[-1].next_token is None


def test_a_read_goes_on_after_any_of_its_batches():
    account = Account(INBOX=(1, {3: 1, 5: 1, 9: 2}), Sent=(1, {1: 1, 2: 2, 4: 1}))
    pages = pages_of(account)
    for number, page in enumerate(pages[:-1], start=1):
        assert keys(pages_of(account, page.next_token)) == keys(pages[number:])


def test_a_folder_made_anew_is_not_gone_on_with():
    token = pages_of(Account(INBOX=(1, {1: 1, 2: 1, 3: 1}), Sent=(1, {})))[0].next_token
    with pytest.raises(ContractBroken, match="another UIDVALIDITY"):
        pages_of(Account(INBOX=(2, {1: 1, 2: 1, 3: 1}), Sent=(1, {})), token)


def test_an_empty_mailbox_has_one_empty_page():
    [page] = pages_of(Account(INBOX=(1, {}), Sent=(1, {})))
    assert (page.records, page.next_token, page.server_total) == ([], None, 0)


def test_a_window_holds_the_latest_uids_and_all_above_its_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connectors.imap.reader._LATEST", 1)
    moved_in = {1: 2, 2: 20, 3: 5, 4: 6}  # 3 and 4 are old, but came after 2
    account = Account(INBOX=(1, moved_in), Sent=(1, {1: 1, 2: 2}))
    since = datetime(2026, 3, 20, 6, tzinfo=UTC)
    expected = [("INBOX", 2), ("INBOX", 3), ("INBOX", 4), ("Sent", 2)]
    assert keys(pages_of(account, since=since)) == expected


# ---- settings ----


def test_without_tls_only_this_machine_is_read():
    raw = {**RAW, "username": "anna", "password": "x", "insecure": True}
    with pytest.raises(ValidationError, match="expected this machine"):
        ImapSource.model_validate(raw)
    assert ImapSource.model_validate({**raw, "host": "127.0.0.1"}).insecure


def test_a_body_cannot_be_asked_for():
    with pytest.raises(ValidationError, match="headers"):
        ImapSource.model_validate({**RAW, "username": "a", "password": "x", "headers": ["body"]})


def test_each_folder_is_read_once():
    raw = {**RAW, "username": "a", "password": "x", "folders": ["inbox", "INBOX", "Sent", "Sent"]}
    assert ImapSource.model_validate(raw).folders == ("INBOX", "Sent")


def test_who_is_not_there_is_unreachable_and_a_certificate_that_is_not_is_told(tmp_path: Path):
    raw = {**RAW, "username": "a", "password": "x", "host": "127.0.0.1", "port": free_port()}
    with pytest.raises(Unreachable, match="refused"):
        ImapReader(ImapSource.model_validate(raw)).total(messages)
    missing = ImapSource.model_validate({**raw, "ca_file": tmp_path / "none.pem"})
    with pytest.raises(InputError, match="expected a certificate"):
        ImapReader(missing).total(messages)
