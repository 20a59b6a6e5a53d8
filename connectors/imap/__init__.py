"""A mailbox over IMAP: who wrote to whom, and when; never what.

Flow: `UID FETCH … BODY.PEEK[HEADER.FIELDS (…)]` folder by folder → landing; nothing is marked as
seen. Try it: `stamm check`.
Source: RFC 3501 (IMAP4rev1), RFC 6154 (special-use mailboxes); verified against a running server.
A message never changes; UIDs grow and are never given twice within a UIDVALIDITY.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from connectors.bases import RELATION
from connectors.imap.reader import ImapReader
from connectors.imap.settings import ImapSource
from connectors.iso8601 import first_of
from connectors.source import About, Cursor, Stream, System
from stamm.clock import Clock


@dataclass(frozen=True)
class Batches:
    """How many messages one FETCH asks for."""

    size: int = 500


messages = Stream(
    "messages",
    ("folder", "uidvalidity", "uid"),
    RELATION,
    # SINCE knows days only, and those of the server's own zone: a day covers both.
    cursor=Cursor("internal_date", first_of("internal_date"), lag=timedelta(days=1)),
    paginate=Batches(),
    sweep=timedelta(days=7),
)


def _open(source: ImapSource, clock: Clock) -> ImapReader:  # noqa: ARG001 - the server's dates count
    return ImapReader(source)


ABOUT = About(
    title="Mailboxes over IMAP",
    category="e-mail",
    rights="An account that may list and examine the folders; an app password where the provider"
    " wants one. Folders are opened for reading only.",
    limits="None of its own; one FETCH asks for 500 messages.",
    verified="Dovecot 2.3, the server from its package, Maildir.",
    traps=(
        "The Message-ID is not unique: a message to oneself lies in two folders.",
        "A message that is moved or copied keeps its date and gets a new UID.",
        "A new UIDVALIDITY means that all UIDs of the folder were given anew.",
        "UID FETCH 5:* answers with the last message also if its UID is below 5.",
        "SINCE compares days, in whatever zone the server keeps them.",
        "Without SPECIAL-USE nobody can tell the folder of sent messages: name it in folders.",
    ),
)

SYSTEM = System("imap", ImapSource, (messages,), _open, ABOUT, at_once=1)
