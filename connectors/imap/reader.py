"""Reads the folders of one mailbox, batch by batch in order of UIDs.

In: the window. Out: records of who wrote to whom. A message that was moved or copied in keeps its
date, so a window also has the latest UIDs of each folder, and all above the first of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.imap.headers import fields_of
from connectors.imap.mailbox import Envelope, Folder, Mailbox
from connectors.imap.settings import ImapSource
from connectors.source import Page, Stream, Window
from stamm.errors import ContractBroken

_HEADERS = ("message-id", "date", "from", "to", "cc", "reply-to")
_LATEST = 500  # messages at the end of a folder that are read each time
_INBOX, _SENT = "INBOX", "\\sent"


@dataclass(frozen=True)
class _Batch:
    """UIDs that follow one another in a folder."""

    folder: Folder
    uids: Sequence[int]

    @property
    def place(self) -> tuple[str, int]:
        return self.folder.name, self.folder.uidvalidity

    def token(self) -> str:
        return json.dumps([*self.place, self.uids[-1]])


class ImapReader:
    """A `connectors.source.Reader` over one mailbox; connects when it is first asked."""

    def __init__(self, source: ImapSource) -> None:
        self._source = source
        self._headers = (*_HEADERS, *source.headers)
        self._open: Mailbox | None = None
        self._total: int | None = None

    def read(self, stream: Stream, window: Window, resume: str | None) -> Iterator[Page]:
        mailbox = self._mailbox()
        self._total = 0
        held = [self._held(mailbox, name, window.since) for name in self._folders(mailbox)]
        total = sum(len(uids) for _, uids in held)
        batches = _following(_batches(held, stream.paginate.size), resume)
        for number, batch in enumerate(batches, start=1):
            if mailbox.examine(batch.folder.name).uidvalidity != batch.folder.uidvalidity:
                raise ContractBroken(f"{batch.folder.name} got a new UIDVALIDITY while it was read")
            found = mailbox.fetch(batch.uids, self._headers)
            records = [self._record(batch.folder, one) for one in found]
            yield Page(records, batch.token() if number < len(batches) else None, total)
        if not batches:
            yield Page([], None, total)

    def total(self, stream: Stream) -> int:  # noqa: ARG002 - there is one
        """The number of messages when they were just listed; else that of now."""
        known, self._total = self._total, None
        if known is not None:
            return known
        mailbox = self._mailbox()
        return sum(mailbox.count(name) for name in self._folders(mailbox))

    def close(self) -> None:
        if self._open is not None:
            self._open.close()

    def _mailbox(self) -> Mailbox:
        if self._open is None:
            self._open = Mailbox(self._source)
        return self._open

    def _folders(self, mailbox: Mailbox) -> list[str]:
        if self._source.folders:
            return list(self._source.folders)
        sent = [name for name, marks in mailbox.folders().items() if _SENT in marks]
        return [_INBOX, *sorted(sent)]

    def _held(
        self, mailbox: Mailbox, name: str, since: datetime | None
    ) -> tuple[Folder, list[int]]:
        """The folder, and the UIDs in it that the window asks for."""
        folder = mailbox.examine(name)
        uids = mailbox.uids(folder)
        self._total = (self._total or 0) + len(uids)
        if since is None:
            return folder, uids
        recent = mailbox.uids(folder, since.date() - timedelta(days=1))
        first = min([*recent, *uids[-_LATEST:]], default=0)
        return folder, [uid for uid in uids if uid >= first]

    def _record(self, folder: Folder, envelope: Envelope) -> dict[str, Any]:
        return {
            "folder": folder.name,
            "uidvalidity": folder.uidvalidity,
            "uid": envelope.uid,
            "internal_date": envelope.received,
            **fields_of(envelope.headers, frozenset(self._headers)),
        }


def _batches(held: Sequence[tuple[Folder, list[int]]], size: int) -> list[_Batch]:
    return [
        _Batch(folder, uids[start : start + size])
        for folder, uids in held
        for start in range(0, len(uids), size)
    ]


def _following(batches: list[_Batch], resume: str | None) -> list[_Batch]:
    """Those after the batch that ended where the token says."""
    if resume is None:
        return batches
    name, uidvalidity, last = json.loads(resume)
    place = (name, uidvalidity)
    at = [number for number, batch in enumerate(batches) if batch.place == place]
    if not at:
        raise ContractBroken(f"{name} has another UIDVALIDITY than when its reading began")
    begun, ahead = batches[at[0] : at[-1] + 1], batches[at[-1] + 1 :]
    rest = (_Batch(batch.folder, [uid for uid in batch.uids if uid > last]) for batch in begun)
    return [*(batch for batch in rest if batch.uids), *ahead]
