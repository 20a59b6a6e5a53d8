"""A real Dovecot: Debian's program over a Maildir of its own, edited over IMAP and by files.

What it holds is told by the files below its Maildir, parsed by Python's strict header policy, and
by Dovecot's own list of UIDs beside them; not over IMAP.
"""

from __future__ import annotations

import imaplib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from tests.peers.installed import debian_packages, run
from tests.peers.postgres import self_signed
from tests.peers.serving import free_port, listens, serving

PACKAGES = ("dovecot-imapd",)

USER = "anna"
ACCOUNT = "nobody"  # whom the mails belong to
_CONF = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.crt
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{folder}/mail
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={account} gid=nogroup home={folder}/home
}}
service imap-login {{
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Gesendet {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Archiv {{
    auto = create
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server with one account."""

    folder: Path
    plain: int
    tls: int
    password: str = field(repr=False)

    @property
    def certificate(self) -> Path:
        return self.folder / "server.crt"

    @contextmanager
    def entered(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """A client of the account that may change what is in a folder."""
        with imaplib.IMAP4("127.0.0.1", self.plain, timeout=30) as imap:
            secret = f"\0{USER}\0{self.password}".encode()  # `login` takes ASCII only
            imap.authenticate("PLAIN", lambda _: secret)
            assert imap.select(folder)[0] == "OK"
            yield imap

    def append(self, folder: str, message: bytes, received: datetime | None = None) -> None:
        at = imaplib.Time2Internaldate(received) if received else None
        with self.entered() as imap:
            kind, said = imap.append(folder, None, at, message)  # type: ignore[arg-type]
            assert kind == "OK", said

    def drop(self, folder: str, messages: dict[str, bytes], received: datetime) -> None:
        """As a delivering program does: files in the folder's `new`."""
        new = self.maildir(folder) / "new"
        for name, message in messages.items():
            path = new / name
            path.write_bytes(message)
            shutil.chown(path, ACCOUNT, "nogroup")
            os.utime(path, (received.timestamp(), received.timestamp()))

    def delete(self, folder: str, *uids: int) -> None:
        with self.entered(folder) as imap:
            for uid in uids:
                imap.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
            imap.expunge()

    def command(self, *arguments: str) -> str:
        return run("doveadm", "-c", str(self.folder / "dovecot.conf"), *arguments)

    def maildir(self, folder: str) -> Path:
        return self.folder / "mail" / ("" if folder == "INBOX" else f".{folder}")

    def held(self, folder: str) -> dict[str, dict[str, Any]]:
        """Key as landed → what the message's file says."""
        maildir = self.maildir(folder)
        files = {p.name.partition(":")[0]: p for kind in ("cur", "new") for p in _in(maildir, kind)}
        listed = (maildir / "dovecot-uidlist").read_text().splitlines()
        validity = int(re.findall(r"\bV(\d+)", listed[0])[0])
        names = {line.rpartition(" :")[2].partition(":")[0]: line for line in listed[1:]}
        assert set(files) <= set(names)
        found = {}
        for name, path in files.items():
            uid = int(names[name].split()[0])
            place = {"folder": folder, "uidvalidity": validity, "uid": uid}
            found[f"{folder}|{validity}|{uid}"] = {**place, **_told(path)}
        return found

    def unseen(self, folder: str) -> int:
        """How many messages nobody has opened, by the flags in the names of their files."""
        names = [path.name for kind in ("cur", "new") for path in _in(self.maildir(folder), kind)]
        return sum("S" not in name.partition(":2,")[2] for name in names)


def _in(maildir: Path, kind: str) -> list[Path]:
    return [path for path in (maildir / kind).iterdir() if path.is_file()]


def _told(path: Path) -> dict[str, Any]:
    headers = BytesHeaderParser(policy=policy.default).parsebytes(path.read_bytes())
    received = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    return {
        "internal_date": received.isoformat(),
        "message_id": headers["message-id"],
        "date": headers["date"].datetime.isoformat(),
        **{ours: _mailboxes(headers[theirs]) for theirs, ours in _FIELDS.items()},
    }


_FIELDS = {"from": "from", "to": "to", "cc": "cc", "reply-to": "reply_to"}


def _mailboxes(header: Any) -> list[dict[str, str | None]]:
    mailboxes = header.addresses if header is not None else ()
    return [{"name": m.display_name or None, "address": m.addr_spec} for m in mailboxes]


def a_message(number: int, **headers: str) -> bytes:
    """A message of an invented person, well formed; what stands in it nobody is to read."""
    message = EmailMessage()
    message["From"] = f"Jürgen Müller-Lüdenscheidt {number} <j{number}@example.org>"
    message["To"] = '"Muster, Anna" <anna@example.com>, info@example.com'
    message["Date"] = f"Mon, 02 Mar 2026 10:{number % 60:02}:00 +0100"
    message["Message-ID"] = f"<{number}@example.org>"
    message["Subject"] = f"Angebot für Köln {number}"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("GEHEIMER INHALT\n")
    return message.as_bytes(policy=policy.SMTP)


@contextmanager
def running() -> Iterator[Dovecot]:
    """A server with an empty mailbox."""
    debian_packages(*PACKAGES)
    # Not below pytest's folders: those are closed to the accounts that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="stamm-dovecot-"))
    try:
        server = _configured(folder)
        command = ["dovecot", "-F", "-c", str(folder / "dovecot.conf")]
        with serving(command, listens(server.tls), folder / "started.log"):
            with server.entered():
                pass  # the first one in has the folders made
            yield server
    finally:
        shutil.rmtree(folder)


def _configured(folder: Path) -> Dovecot:
    folder.chmod(0o755)
    server = Dovecot(folder, free_port(), free_port(), secrets.token_urlsafe(12) + "ß")
    for name in ("mail", "home"):
        (folder / name).mkdir()
        shutil.chown(folder / name, ACCOUNT, "nogroup")
    self_signed(folder)
    (folder / "users").write_text(f"{USER}:{server.password}\n")
    conf = _CONF.format(folder=folder, account=ACCOUNT, plain=server.plain, tls=server.tls)
    (folder / "dovecot.conf").write_text(conf)
    return server
