"""The target groups of a project, held against the contracts of the marts they speak of.

In: `target_groups` of stamm.yaml, dbt's manifest. Out: the variable that the models read; every
mistake in one error, before a run begins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.parsed import manifest_path
from orchestration.project import Project
from stamm.errors import SettingsError
from stamm.mistakes import nearest
from stamm.target_group import TargetGroupSettings

# What the first has of a column, the second need not tell again.
MARTS = ("customer_360", "customer_scores")


def target_group_variables(project: Project) -> list[dict[str, Any]]:
    """One entry per group, as `var('target_groups')`; raises SettingsError with every mistake."""
    from serving.target_groups.conditions import NoCondition, canonical

    declared = project.settings.target_groups
    if not declared:
        return []
    columns = columns_of_customers(json.loads(manifest_path(project.home).read_text("utf-8")))
    mistakes, groups = list(_strangers(declared)), []
    for name, group in declared.items():
        try:
            groups.append(_variables(name, group, canonical(group.where, columns)))
        except NoCondition as mistake:
            mistakes.append(f"target_groups.{name}.where: {mistake}")
    if mistakes:
        raise SettingsError(
            [f"stamm.yaml: {mistake}" for mistake in mistakes],
            hint="docs/dictionary.md has the columns of customer_360 and customer_scores.",
        )
    return groups


def columns_of_customers(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Column → type of both marts, as their contracts say."""
    columns: dict[str, str] = {}
    for mart in MARTS:
        declared = manifest["nodes"][f"model.stamm.{mart}"]["columns"]
        columns = {name: one["data_type"] for name, one in declared.items()} | columns
    return columns


def _strangers(declared: Mapping[str, TargetGroupSettings]) -> Iterator[str]:
    """Groups that others must never share a member with, and nobody declared."""
    for name, group in declared.items():
        for other in group.expect.never:
            if other not in declared or other == name:
                known = [one for one in declared if one != name]
                yield (
                    f"target_groups.{name}.expect.never: expected another target group "
                    f"({', '.join(known) or 'there is none'}), found {other!r}"
                    f"{nearest(other, known)}"
                )


def _variables(name: str, group: TargetGroupSettings, condition: str) -> dict[str, Any]:
    return {
        "name": name,
        "condition": condition,
        "description": group.description,
        "owner": group.owner,
        "severity": group.severity,
        **group.expect.model_dump(mode="json"),
    }
