"""A real PostgreSQL: Debian's programs over a fresh folder, on a free port, edited by `psql`.

What it holds is told by `psql` as JSON, not by the driver that the connector reads with.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.peers.installed import debian_packages, run
from tests.peers.serving import free_port, serving

PACKAGES = ("postgresql",)

USER = "stamm_reader"
ACCOUNT = "postgres"  # the server refuses to run as root
# Further lines of a statement begin with a tab; its values stand below it.
_EXECUTED = re.compile(
    r"execute <unnamed>: (SELECT[^\n]*(?:\n\t[^\n]*)*)\n[^\n]*DETAIL:\s+([^\n]*)"
)


@dataclass(frozen=True)
class Postgres:
    """A running server with one database, `crm`."""

    port: int
    certificate: Path
    log: Path
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/crm"

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the server itself says; numbers with a point stay text."""
        told = self.execute(f"select coalesce(json_agg(t), '[]') from ({sql}) as t")
        return json.loads(told, parse_float=str)

    def pages(self) -> list[str]:
        """Statements with a limit and their values, as the log tells them if it is asked to."""
        log = self.log.read_text(errors="replace")
        return [" ".join(one) for one in _EXECUTED.findall(log) if "LIMIT" in one[0]]

    def execute(self, sql: str) -> str:
        return run(*self._psql(), "--command", sql)

    def dump(self) -> str:
        """The whole database as SQL."""
        place = ("--host", "127.0.0.1", "--port", str(self.port), "--username", ACCOUNT)
        return run("pg_dump", "--no-owner", *place, "crm")

    def load(self, file: Path) -> None:
        """What `dump` told, into an empty database."""
        run(*self._psql(), "--file", str(file))

    @contextmanager
    def transaction(self, sql: str) -> Iterator[None]:
        """These statements, done at the beginning of the block and committed at its end."""
        talking = subprocess.Popen(
            self._psql(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert talking.stdin
        assert talking.stdout
        talking.stdin.write(f"begin;\n{sql};\nselect 'done';\n")
        talking.stdin.flush()
        assert talking.stdout.readline().strip() == "done"
        yield
        talking.communicate("commit;\n", timeout=30)
        assert talking.returncode == 0

    def _psql(self) -> list[str]:
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--username", ACCOUNT]
        quiet = [
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set",
            "ON_ERROR_STOP=1",
        ]
        return ["psql", *place, *quiet, "--dbname", "crm"]


@contextmanager
def running(*options: str) -> Iterator[Postgres]:
    """A server with a database, a reader and a certificate of its own."""
    debian_packages(*PACKAGES)
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    # Not below pytest's folders: those are closed to the account that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="stamm-postgres-"))
    try:
        _own(folder)
        password = secrets.token_urlsafe(16)
        data = _initialised(programs, folder, password)
        port = free_port()
        command = [
            *_as_account(), str(programs / "postgres"), "-D", str(data), "-p", str(port),
            "-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
            "-c", "ssl=on", *options,
        ]  # fmt: skip
        ready = _is_ready(programs, port)
        log = folder / "log"
        with serving(command, ready, log):
            server = Postgres(port, data / "server.crt", log, password)
            _furnish(server)
            yield server
    finally:
        shutil.rmtree(folder)


def _initialised(programs: Path, folder: Path, password: str) -> Path:
    data = folder / "data"
    initdb = ("initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
    run(
        *_as_account(), str(programs / initdb[0]), *initdb[1:], "-U", ACCOUNT, "-A", "trust",
        "-D", str(data), cwd=folder,
    )  # fmt: skip
    reader = f"host all {USER} 127.0.0.1/32 scram-sha-256\n"
    trusted = f"host all {ACCOUNT} 127.0.0.1/32 trust\n"
    (data / "pg_hba.conf").write_text(reader + trusted)
    self_signed(data)
    (data / "setup.sql").write_text(
        f"create role {USER} login password '{password}';\ncreate database crm;\n"
    )
    _own(*data.glob("*"))
    return data


def self_signed(folder: Path) -> Path:
    """A certificate of this machine's loopback address and its key, in that folder."""
    certificate = folder / "server.crt"
    run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
        "-keyout", str(folder / "server.key"), "-out", str(certificate),
    )  # fmt: skip
    (folder / "server.key").chmod(0o600)
    return certificate


def _furnish(server: Postgres) -> None:
    setup = (server.certificate.with_name("setup.sql")).read_text()
    place = ("--host", "127.0.0.1", "--port", str(server.port), "--username", ACCOUNT)
    run("psql", "--quiet", *place, "--dbname", "postgres", given=setup)


def _is_ready(programs: Path, port: int) -> Any:
    ask = [str(programs / "pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
    return lambda: subprocess.run(ask, check=False).returncode == 0


def _as_account() -> Sequence[str]:
    if os.geteuid() != 0:
        return ()
    return ("setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups")


def _own(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, ACCOUNT, ACCOUNT)
