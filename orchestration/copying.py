"""The project's PostgreSQL follows its published build: after a publish, a rollback, a refresh.

In: settings, the published build, whom the store suppresses. Out: the schema that
`serving.postgres` writes; nothing where the project names no PostgreSQL.
"""

from __future__ import annotations

from orchestration.project import Project
from orchestration.restoring import require_checked
from serving.postgres import Copied, copy_to_postgres
from serving.postgres_server import Target
from stamm.store import Store


def copy_current(project: Project, store: Store) -> Copied | None:
    """Bring the project's PostgreSQL, if it has one, to what readers may see now.

    Raises `NotReconciled` while nobody has looked since a restore.
    """
    settings = project.settings.publish.postgres
    if settings is None:
        return None
    require_checked(store, "publish.postgres")
    target = Target(
        settings.url.get_secret_value(), settings.schema_name, settings.reader, settings.insecure
    )
    return copy_to_postgres(project.home.published, store, project.home.store, target)
