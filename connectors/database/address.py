"""The URL of a database: what may stand in it, and whether it leaves this machine.

In: the text of `stamm.yaml`. Out: the same URL, its SQLite file made absolute; or a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from sqlalchemy import URL

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECRETS = ("password", "passwd", "sslpassword")
# What names a server elsewhere than in the URL, where nobody could judge it.
_INDIRECT = ("service", "servicefile", "passfile", "hostaddr")
POSTGRESQL, SQLITE = "postgresql", "sqlite"


def checked(text: str, *, insecure: bool, folder: Path | None) -> str:
    """The URL; raises a mistake if it holds a password or would travel unencrypted."""
    url = parsed(text)
    if url.password is not None or any(name in url.query for name in _SECRETS):
        raise _mistake(
            "expected a URL without a password, found one (not shown); "
            "give it as password: ${ENV_NAME}"
        )
    found = [name for name in _INDIRECT if name in url.query]
    if found:
        raise _mistake(f"expected the server in the URL itself, found the option {found[0]!r}")
    _demand_encryption(url, insecure=insecure)
    if url.get_backend_name() == SQLITE:
        return _sqlite(url, folder)
    return url.render_as_string(hide_password=False)


def parsed(text: str) -> URL:
    """The parts of a URL; raises a mistake that does not repeat it."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    if text.startswith("postgres://"):  # as many hosters write it
        text = text.replace("postgres://", "postgresql://", 1)
    try:
        url = make_url(text)
        url.get_backend_name()
        url.get_dialect()
    except NoSuchModuleError as failure:
        raise _mistake(
            "expected a database that SQLAlchemy knows, such as postgresql://user@host/name, "
            f"found {text.partition(':')[0]!r}"
        ) from failure
    except (ArgumentError, ValueError) as failure:
        raise _mistake(
            "expected a URL such as postgresql://user@host/name, found something else (not shown)"
        ) from failure
    return url.set(drivername="postgresql+psycopg") if url.drivername == POSTGRESQL else url


def is_local(url: URL) -> bool:
    """Whether the URL names this machine, or a socket or file on it, and nothing else."""
    hosts = list(_hosts(url))
    return bool(hosts) and all(host in _LOOPBACK or host.startswith("/") for host in hosts)


def _hosts(url: URL) -> Iterator[str]:
    if url.get_backend_name() == SQLITE:
        yield "/"
        return
    given = url.query.get("host", ())
    for text in (url.host or "", *((given,) if isinstance(given, str) else given)):
        # `host:port` is how SQLAlchemy lets one name several servers of PostgreSQL.
        yield from (host for host in text.split(",") if host)


def _demand_encryption(url: URL, *, insecure: bool) -> None:
    if insecure or is_local(url):
        return
    if url.get_backend_name() != POSTGRESQL:
        raise _mistake(
            "expected a server on this machine, as TLS is only seen to for PostgreSQL and customer "
            "data would travel unencrypted otherwise; use a tunnel, or insecure: true if it is one"
        )
    mode = url.query.get("sslmode", "verify-full")
    if mode != "verify-full":
        raise _mistake(
            f"expected sslmode=verify-full, found {mode!r}, as customer data would travel "
            "unencrypted or to anybody otherwise (insecure: true allows it for a test)"
        )


def _sqlite(url: URL, folder: Path | None) -> str:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise _mistake("expected a file, such as sqlite:///crm.db")
    path = Path(url.database)
    return f"sqlite:///{path if folder is None else folder / path}"


def _mistake(text: str) -> PydanticCustomError:
    return PydanticCustomError("address", "{text}", {"text": text})
