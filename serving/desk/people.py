"""For admins: who works here (`/people`), and the audit trail (`/audit`)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from serving.desk import audit
from serving.desk.asking import Asked, seated
from serving.desk.pages import page, redirect
from serving.desk.refusals import Refused
from serving.desk.users import close_user, users
from stamm.errors import UsageError

router = APIRouter()
Admin = Annotated[Asked, Depends(seated("admin"))]
_PAGE = 100


@router.get("/people")
def people(asked: Admin) -> Response:
    """Names, roles, since when."""
    return page(asked, "people", users=users(asked.store))


@router.post("/people/close")
def close(asked: Admin) -> Response:
    """Nobody closes their own door: the last admin would be gone."""
    name = asked.form.one("name")
    if name == asked.name:
        raise Refused(422, "people.not_yourself")
    try:
        close_user(asked.store, name, at=asked.desk.now(), by=asked.name)
    except UsageError:
        raise Refused(404, "refused.not_found") from None
    return redirect("/desk/people")


@router.get("/audit")
def trail(asked: Admin, before: Annotated[int | None, Query(ge=1, le=2**62)] = None) -> Response:
    """Newest first, and whether the chain is whole."""
    found = audit.entries(asked.store, limit=_PAGE, before=before)
    older = found[-1].seq if len(found) == _PAGE and found[-1].seq > 1 else None
    return page(
        asked, "audit", entries=found, older=older, faults=audit.verify(asked.store),
        head=audit.head(asked.store),
    )  # fmt: skip
