"""Opens the PostgreSQL that builds are copied to, and tells its failures in our own error.

TLS with a verified certificate, unless the server is on this machine or the settings allow it.
No value and no password gets into a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stamm.errors import PublishError
from stamm.redaction import register_secret

if TYPE_CHECKING:
    import psycopg

_CONNECT_SECONDS = 10
_DEPENDED_ON = "2BP01"  # its details name what hangs on the table
_LOCAL = ("127.0.0.1", "localhost", "::1")
_STANDS = "The build in published/ stands, and PostgreSQL keeps the one it had; run again."


@dataclass(frozen=True)
class Target:
    """Where builds go: a server, a schema of its own there, and the role that may read it."""

    url: str = field(repr=False)
    schema: str = "stamm"
    reader: str | None = None
    insecure: bool = False


@contextmanager
def connected(target: Target) -> Iterator[psycopg.Connection[Any]]:
    """A connection without a transaction; raises PublishError for whatever the server refuses."""
    import psycopg

    options = _options(target)
    place = f"publish.postgres ({options.get('host', 'socket')}/{options.get('dbname', '')})"
    try:
        connection = psycopg.connect(**options, autocommit=True)
    except psycopg.OperationalError as failure:
        raise PublishError(
            f"{place}: expected an answer, found: {str(failure).strip().splitlines()[-1]}",
            hint=f"Check url, network and rights. {_STANDS}",
        ) from None
    try:
        with connection:
            yield connection
    except psycopg.Error as failure:
        raise PublishError(f"{place}: {told(failure)}", hint=_STANDS) from None


def told(failure: psycopg.Error) -> str:
    """What went wrong and where; of data errors not the words, as they quote the value."""
    about = failure.diag
    where = ".".join(p for p in (about.schema_name, about.table_name, about.column_name) if p)
    kind = type(failure).__name__
    quotes_values = (failure.sqlstate or "").startswith(("22", "23"))
    lines = [about.message_primary or str(failure).strip()]
    if failure.sqlstate == _DEPENDED_ON and about.message_detail:
        lines += about.message_detail.splitlines()[:3]
    said = "" if quotes_values else f": {'; '.join(lines)}"
    return f"expected the copy to succeed, found {kind}{f' at {where}' if where else ''}{said}"


def _options(target: Target) -> dict[str, Any]:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        options = dict(conninfo_to_dict(target.url))
    except psycopg.ProgrammingError:
        raise PublishError(
            "publish.postgres.url: expected a URL such as postgresql://user@host/name, "
            "found something else (not shown)"
        ) from None
    if options.get("password"):
        register_secret(str(options["password"]))
    hosts = str(options.get("host") or options.get("hostaddr") or "/").split(",")
    local = all(host in _LOCAL or host.startswith("/") for host in hosts)
    if not local and not target.insecure:
        mode = options.setdefault("sslmode", "verify-full")
        if mode != "verify-full":
            raise PublishError(
                f"publish.postgres.url: expected sslmode=verify-full, found {mode!r}",
                hint="Customer data would travel to anybody otherwise; "
                "publish.postgres.insecure: true allows it for a test.",
            )
        options.setdefault("sslrootcert", "system")
    return {"connect_timeout": _CONNECT_SECONDS, "application_name": "stamm publish"} | options
