"""Who of a target group may be written to over a channel now, as rows for a mailing tool.

In: the published build and the operational store. Out: rows of `crm_outbox`, the only table that
leaves, with the address of the channel. Whoever is suppressed or restricted is in none, also after
a rollback; a withdrawal since the build counts at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from serving.api.views import Row, View
from stamm.errors import PublishError, UsageError
from stamm.mistakes import nearest

Channel = Literal["email", "sms", "phone", "post"]
_ADDRESS: Mapping[Channel, tuple[str, ...]] = {
    "email": ("email",),
    "sms": ("phone",),
    "phone": ("phone",),
    "post": ("street", "house_number", "postcode", "city", "country"),
}
_GROUPS = "select * from target_groups order by target_group"
_MEMBERS = """
select
    o.party_id, o.customer_kind, o.title, o.given_name, o.family_name, o.company_name,
    {address}, o.permission_{channel} as permission
from target_group_members as m
inner join crm_outbox as o on m.party_id = o.party_id
where m.target_group = $name and (o.permission_{channel} or $everybody) and {reachable}
order by o.party_id
"""


@dataclass(frozen=True)
class Exported:
    """Rows with their columns; `without` is how many of them gave no permission."""

    columns: tuple[str, ...]
    rows: list[Row]

    @property
    def without(self) -> int:
        return sum(not row["permission"] for row in self.rows)


def groups(view: View) -> list[Row]:
    """The groups of the build, with counts; raises PublishError where it is older than they are."""
    if not view.rows("select 1 from duckdb_views() where view_name = 'target_groups'"):
        raise PublishError(
            "expected target groups in the published build, found none",
            hint="Declare them under `target_groups` in stamm.yaml, then `stamm run`.",
        )
    return view.rows(_GROUPS)


def export(view: View, name: str, channel: Channel, *, everybody: bool = False) -> Exported:
    """The members that can be reached over the channel and permit it; `everybody` takes those who
    gave no permission too, if another reason lets their address leave.

    Raises UsageError for a group that the build has not.
    """
    known = [row["target_group"] for row in groups(view)]
    if name not in known:
        raise UsageError(
            f"target group: expected one of {', '.join(known) or 'none'}, found {name!r}"
            f"{nearest(name, known)}",
            hint="A group declared since the build is in the next one: `stamm run`.",
        )
    address = _ADDRESS[channel]
    sql = _MEMBERS.format(
        channel=channel,
        address=", ".join(f"o.{column}" for column in address),
        reachable=f"o.{address[0]} is not null",
    )
    rows = view.rows(sql, {"name": name, "everybody": everybody})
    columns = (
        "party_id", "customer_kind", "title", "given_name", "family_name", "company_name",
        *address, "permission",
    )  # fmt: skip
    return Exported(columns, rows)
