"""Who works at the Desk: names, roles and hashes of passwords, in the operational store.

In: a name, a role and a password, by a command. Out: a `User`. A name is never given twice and a
user is never deleted, because judgements and the audit trail name them; one who left is closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from serving.desk import audit, passwords
from stamm.errors import UsageError
from stamm.store import Store

Role = Literal["steward", "admin"]
OPERATOR = "operator"  # whoever may run commands on this machine
ROLES: tuple[Role, ...] = get_args(Role)
DDL = [
    """
    create table desk_users (
      name text primary key, role text not null check (role in ('steward', 'admin')),
      hash text not null, created_at text not null, changed_at text not null, closed_at text
    );
    create trigger desk_users_never_delete before delete on desk_users
      begin select raise(abort, 'desk_users are closed, never deleted'); end;
    """
]
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class User:
    """`changed_at` is when the password was set; sessions that began before it are over."""

    name: str
    role: Role
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


def prepare(store: Store) -> None:
    """Make the table where it is missing."""
    store.migrate("desk_users", DDL)


def add_user(
    store: Store, name: str, role: str, password: str, *, at: datetime, by: str = OPERATOR
) -> User:
    """A new user. Raises UsageError for a name that is taken or odd, a role, or the password.

    This and the next two are in the audit trail, in one transaction with what they do.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"expected a name of small letters, digits, dot and hyphen, found {name!r}",
            hint="Such as m.winter; it stands beside every decision.",
        )
    if role not in ROLES:
        raise UsageError(f"expected a role out of {', '.join(ROLES)}, found {role!r}")
    passwords.check(password, name)
    prepare(store)
    if user(store, name):
        raise UsageError(f"{name}: expected a new name, this one is taken")
    moment = at.isoformat()
    row = (name, role, passwords.hashed(password), moment, moment, None)
    with store.transaction() as db:
        db.execute("insert into desk_users values (?, ?, ?, ?, ?, ?)", row)
        audit.note(store, by, "made the user", at=at, subject=name, detail=role)
    return _known(store, name)


def set_password(
    store: Store, name: str, password: str, *, at: datetime, by: str = OPERATOR
) -> User:
    """Another password; whoever was let in with the old one is not any more."""
    passwords.check(password, name)
    _known(store, name)
    kept = passwords.hashed(password)  # slow: before the store is held
    with store.transaction() as db:
        db.execute(
            "update desk_users set hash = ?, changed_at = ? where name = ?",
            (kept, at.isoformat(), name),
        )
        deed = "changed the password" if by == name else "set the password"
        audit.note(store, by, deed, at=at, subject=name)
    return _known(store, name)


def close_user(store: Store, name: str, *, at: datetime, by: str = OPERATOR) -> User:
    """From the next request on this user is nobody; again is no error."""
    _known(store, name)
    with store.transaction() as db:
        db.execute(
            "update desk_users set closed_at = coalesce(closed_at, ?) where name = ?",
            (at.isoformat(), name),
        )
        audit.note(store, by, "closed the user", at=at, subject=name)
    return _known(store, name)


def users(store: Store) -> list[User]:
    """All, by name, closed ones too."""
    prepare(store)
    return [_user(row) for row in store.query("select * from desk_users order by name")]


def user(store: Store, name: str) -> User | None:
    """The user of this name, closed or not."""
    prepare(store)
    rows = store.query("select * from desk_users where name = ?", [name])
    return _user(rows[0]) if rows else None


def let_in(store: Store, name: str, password: str) -> User | None:
    """The user if the password fits; to say no takes as long for names that there are not."""
    prepare(store)
    rows = store.query("select * from desk_users where name = ? and closed_at is null", [name])
    kept = rows[0]["hash"] if rows else None
    fit = passwords.fits(kept, password)
    if kept is None or not fit:
        return None
    if passwords.is_outdated(kept):
        with store.transaction() as db:
            db.execute(
                "update desk_users set hash = ? where name = ?", (passwords.hashed(password), name)
            )
    return _user(rows[0])


def _known(store: Store, name: str) -> User:
    found = user(store, name)
    if found is None:
        raise UsageError(f"expected the name of a user, found {name!r}",
                         hint="`stamm desk user list` shows all.")  # fmt: skip
    return found


def _user(row: object) -> User:
    found = dict(row)  # type: ignore[call-overload]  # a row of SQLite is a mapping
    closed = found["closed_at"]
    return User(
        found["name"],
        found["role"],
        datetime.fromisoformat(found["created_at"]),
        datetime.fromisoformat(found["changed_at"]),
        datetime.fromisoformat(closed) if closed else None,
    )
