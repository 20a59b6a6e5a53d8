"""What stamm.yaml expects of target groups, as an asset check: told, or the end of the run."""

from __future__ import annotations

from collections.abc import Iterator

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey

from orchestration.session import Session
from stamm.duck import open_warehouse
from stamm.errors import GateStopped

_GROUPS = AssetKey(["marts", "target_groups"])
_NAME = "target_groups_are_as_expected"
TARGET_GROUP_CHECK = AssetCheckSpec(
    _NAME, asset=_GROUPS, description="Each target group keeps its `expect` in stamm.yaml."
)
_BROKEN = """
select target_group, severity, not_as_expected from marts.target_groups
where not_as_expected is not null order by target_group
"""


def check_target_groups(session: Session) -> Iterator[AssetCheckResult]:
    """Tell what is not as expected; raises GateStopped for a group that is declared an error."""
    with (
        session.stage("target groups") as counts,
        open_warehouse(session.project.home.warehouse) as con,
    ):
        broken = con.sql(_BROKEN).fetchall()
        counts["warnings"] = [f"{_told(group, said)}" for group, _, said in broken]
    stopping = [_told(group, said) for group, severity, said in broken if severity == "error"]
    yield AssetCheckResult(
        asset_key=_GROUPS,
        check_name=_NAME,
        passed=not broken,
        severity=AssetCheckSeverity.ERROR if stopping else AssetCheckSeverity.WARN,
        metadata={group: said for group, _, said in broken},
    )
    with session.telling_failures("target groups"):
        if stopping:
            raise GateStopped(
                f"{'; '.join(stopping)}; nothing was published",
                hint="Mend the group in stamm.yaml, or let it warn: `severity: warn`.",
            )


def _told(group: str, said: str) -> str:
    return f"target_groups.{group}.expect: {said}"
