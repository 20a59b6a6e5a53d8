"""The match specifications of a project: its own files, or the built-in ones."""

from __future__ import annotations

from typing import Any

from orchestration.project import Project


def match_specifications(project: Project) -> dict[str, Any]:
    """Party type → specification."""
    from dedupe.specification import load_specification

    own = project.settings.linkage
    return {
        "person": load_specification("person", _absolute(project, own.person)),
        "organisation": load_specification("organisation", _absolute(project, own.organisation)),
    }


def _absolute(project: Project, path: Any) -> Any:
    return project.folder / path if path else None
