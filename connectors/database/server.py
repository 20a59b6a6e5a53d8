"""Opens a database and tells its failures in our own errors.

PostgreSQL is asked over TLS with its certificate verified (unless it is on this machine), for
moments in UTC and as text, as some of them (infinity) are beyond what Python's own can hold.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.database.address import POSTGRESQL, SQLITE, is_local, parsed
from connectors.database.settings import DatabaseSource
from stamm.errors import ContractBroken, CredentialsRefused, InputError, SourceError, Unreachable
from stamm.redaction import register_secret

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.exc import DBAPIError

_CONNECT_SECONDS = 10
_STATEMENT = "10min"
# Words of servers that tell no code while one connects; in whatever language, most share a stem.
_REFUSALS = (
    "authenti",
    "autenti",
    "pg_hba.conf",
    "access denied",
    "login failed",
    "does not exist",
)
_RIGHTS = ("42501",)  # SQLSTATE: insufficient privilege
# SQLSTATE classes of what may pass: connection, resources, operator's intervention, rollback.
_PASSING = ("08", "53", "57", "40", "58")
_SNAPSHOT = dict.fromkeys((POSTGRESQL, "mysql", "mariadb"), "REPEATABLE READ")
_TEXT = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")


def opened(source: DatabaseSource) -> Engine:
    """The engine; nothing is asked yet."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError
    from sqlalchemy.pool import NullPool

    url = parsed(source.url)
    password = source.password.get_secret_value()
    if password:
        register_secret(password)
        url = url.set(password=password)
    options = _options(source, url)
    url = _read_only(url) if url.get_backend_name() == SQLITE else url
    try:
        engine = create_engine(url, connect_args=options, poolclass=NullPool, hide_parameters=True)
    except (ImportError, ArgumentError) as failure:
        raise InputError(
            f"sources.{source.name}.url: expected a driver that is installed, found {failure}",
            hint=f"Install the driver of {url.get_backend_name()} beside stamm.",
        ) from failure
    _at_connect(engine)
    return engine


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """A connection whose failures are told in our errors; one snapshot where there are any."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    name = engine.dialect.name
    options: dict[str, Any] = {}
    if name in _SNAPSHOT:
        options["isolation_level"] = _SNAPSHOT[name]
    if name == POSTGRESQL:
        options["postgresql_readonly"] = True
    at_work = False
    try:
        with engine.connect().execution_options(**options) as connection:
            at_work = True
            if name == POSTGRESQL:  # in the transaction, as a pooler may give on the connection
                connection.exec_driver_sql("set local time zone 'UTC'")
                connection.exec_driver_sql("set local datestyle = 'ISO'")
                connection.exec_driver_sql(f"set local statement_timeout = '{_STATEMENT}'")
            yield connection
    except DBAPIError as failure:
        raise _told(engine, failure, at_work=at_work) from failure
    except SQLAlchemyError as failure:
        raise ContractBroken(
            f"expected rows, found a {type(failure).__name__}",
            hint="Are the columns in stamm.yaml still of the kinds they had?",
        ) from failure


def _options(source: DatabaseSource, url: URL) -> dict[str, Any]:
    """Arguments of the driver's `connect`."""
    if url.get_backend_name() != POSTGRESQL:
        return {}
    options: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": 60_000,  # milliseconds until an answer that does not come is given up
        "application_name": "stamm",
        "prepare_threshold": None,  # poolers do not keep prepared statements
    }
    if source.ca_file is not None:
        _demand_file(source, source.ca_file)
        options |= {"sslmode": "verify-full", "sslrootcert": str(source.ca_file)}
    elif not source.insecure and not is_local(url):
        options["sslmode"] = "verify-full"
        if "sslrootcert" not in url.query:
            options["sslrootcert"] = ssl.get_default_verify_paths().cafile or "system"
    return options


def _demand_file(source: DatabaseSource, path: Path) -> None:
    if not path.is_file():
        raise InputError(
            f"sources.{source.name}.ca_file: expected a certificate, found no file {path.name!r}",
            hint="Check the path; relative ones begin at stamm.yaml.",
        )


def _read_only(url: URL) -> URL:
    """SQLite makes a file that is not there; this way it says so."""
    path = Path(url.database or "").absolute()
    return url.set(database=path.as_uri(), query={"mode": "ro", "uri": "true"})


def _at_connect(engine: Engine) -> None:
    from sqlalchemy import event

    def as_text(connection: Any, _: Any) -> None:
        from psycopg.types.string import TextLoader

        for name in _TEXT:
            connection.adapters.register_loader(name, TextLoader)

    def forgiving(connection: Any, _: Any) -> None:
        # One text in another encoding must not take its page with it.
        connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")

    prepare = {POSTGRESQL: as_text, SQLITE: forgiving}.get(engine.dialect.name)
    if prepare is not None:
        event.listen(engine, "connect", prepare)


def _told(engine: Engine, failure: DBAPIError, *, at_work: bool) -> SourceError:
    """The failure as one of ours. Statements and values stay out of it."""
    said = str(failure.orig).strip().partition("\n")[0]
    place = engine.url.set(username=None, password=None, query={}).render_as_string()
    state = str(getattr(failure.orig, "sqlstate", None) or "")
    if not at_work and any(word in said.lower() for word in _REFUSALS):
        return CredentialsRefused(
            f"{place}: expected user and password to be accepted, found: {said}",
            status=401,  # as a web server says it of all its streams
        )
    if state in _RIGHTS:
        return CredentialsRefused(f"{place}: expected the right to read, found: {said}")
    if "certificate" in said:
        return Unreachable(
            f"{place}: expected a certificate that is trusted, found: {said}",
            hint="Name the authority that signed it as ca_file, or mend the server's certificate.",
        )
    if not at_work or failure.connection_invalidated or state[:2] in _PASSING:
        return Unreachable(
            f"{place}: expected an answer, found: {said}",
            hint="Check the url in stamm.yaml, the network, and whether the database is up. "
            "The next run goes on where this one stopped.",
        )
    return ContractBroken(
        f"{place}: expected rows, found: {said}",
        hint="Does stamm.yaml name the table's columns and their kinds as they are?",
    )
