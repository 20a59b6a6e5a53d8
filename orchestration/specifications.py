"""The match specifications of a project: its own files, or the built-in ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.project import Project

if TYPE_CHECKING:
    from dedupe.specification import Specification


def match_specifications(project: Project) -> dict[str, Specification]:
    """Party type → specification, with the project's merge threshold if it states one."""
    from dedupe.specification import load_specification

    own = project.settings.linkage
    found = {
        "person": load_specification("person", _absolute(project, own.person)),
        "organisation": load_specification("organisation", _absolute(project, own.organisation)),
    }
    if own.threshold is None:
        return found
    return {name: with_threshold(one, own.threshold) for name, one in found.items()}


def with_threshold(specification: Specification, bits: float) -> Specification:
    """The same specification with another merge threshold."""
    thresholds = specification.thresholds.model_copy(update={"merge_bits": bits})
    return specification.model_copy(update={"thresholds": thresholds})


def _absolute(project: Project, path: Path | None) -> Path | None:
    return project.folder / path if path else None
