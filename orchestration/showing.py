"""Which build readers see: an earlier one again, or the current one less who was suppressed.

Both for `stamm publish` and for the job `roll_back` in Dagster. The change feed and the project's
PostgreSQL follow.
"""

from __future__ import annotations

from contextlib import closing

from orchestration.alone import alone
from orchestration.copying import copy_current
from orchestration.project import Project
from serving.release import go_back, refresh
from stamm.errors import PublishError


def show_build(project: Project, build_id: str | None, *, back: bool, patience: float = 0) -> str:
    """Go back, or only take out who was suppressed; the id of the build that is current then."""
    published = project.home.published
    with alone(project, patience=patience), closing(project.open_store()) as store:
        at = project.clock().now()
        build = (
            go_back(published, store, at=at, build_id=build_id)
            if back
            else refresh(published, store, at=at)
        )
        if build is not None:
            copy_current(project, store)
    if build is None:
        raise PublishError("there is no build yet", hint="`stamm run` makes the first one.")
    return build.build_id
