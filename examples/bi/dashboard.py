"""Sets the dashboard up in Apache Superset, and serves it.

Run by the Python that holds `requirements.txt`, with STAMM_HOME in its environment:
`dashboard.py setup`, then `dashboard.py serve [--port 8088]`. Both may be repeated: setup brings
Superset's own database and the dashboard to what this folder says and leaves accounts as they are.
"""

from __future__ import annotations

import argparse
import getpass
import os
import secrets
import sys
from pathlib import Path

HERE = Path(__file__).parent.resolve()
ASSETS = HERE / "assets"
ROLE = "Stamm dashboard"  # reads the datasets of the dashboard, and no table of the build
ACCOUNTS = {"admin": ["Admin"], "reader": ["Gamma", ROLE]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["setup", "serve"])
    parser.add_argument("--port", type=int, default=8088)
    asked = parser.parse_args()
    _environment()
    if asked.what == "setup":
        setup()
    else:
        serve(asked.port)


def _environment() -> None:
    """Where the data lie and which settings hold, for this process and for the server."""
    home = os.environ.get("STAMM_HOME")
    if not home or not (Path(home) / "published" / "current").exists():
        sys.exit(
            f"STAMM_HOME: expected the data folder of a company that ran, found {home!r}\n"
            "  Set it to the folder that holds published/current (run `stamm run` first)."
        )
    os.environ["SUPERSET_CONFIG_PATH"] = str(HERE / "superset_config.py")
    key = Path(home) / "superset" / "key"
    if not key.exists():
        key.parent.mkdir(mode=0o700, exist_ok=True)
        _written(key, secrets.token_urlsafe(48))


def _written(key: Path, text: str) -> None:
    """Whole or not at all, for the owner alone: it signs sessions."""
    new = key.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text, encoding="ascii")
    new.replace(key)


def setup() -> None:
    """Superset's database, the roles, the dashboard, the accounts: each as this folder has it."""
    from flask_migrate import upgrade
    from superset.app import create_app

    with create_app().app_context():
        import superset

        upgrade(str(Path(superset.__file__).parent / "migrations"))
        superset.appbuilder.add_permissions(update_perms=True)
        superset.security_manager.sync_role_definitions()
        superset.security_manager.add_role(ROLE)
        for name, roles in ACCOUNTS.items():
            _account(superset.security_manager, name, roles)
        _import_dashboard(superset.security_manager.find_user("admin"))
        _let_read(superset.security_manager)


def _import_dashboard(owner) -> None:
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.utils.core import override_user

    files = {str(p.relative_to(ASSETS)): p.read_text("utf-8") for p in ASSETS.rglob("*.yaml")}
    with override_user(owner):
        ImportAssetsCommand(files).run()


def _let_read(manager) -> None:
    """The role may query our datasets as they are: aggregates, small groups left out."""
    import yaml
    from superset import db
    from superset.connectors.sqla.models import SqlaTable

    role = manager.find_role(ROLE)
    ours = [yaml.safe_load(p.read_text("utf-8"))["uuid"] for p in ASSETS.glob("datasets/*/*.yaml")]
    for dataset in db.session.query(SqlaTable).filter(SqlaTable.uuid.in_(ours)):
        manager.add_permission_role(
            role, manager.add_permission_view_menu("datasource_access", dataset.perm)
        )


def _account(manager, name: str, roles: list[str]) -> None:
    if manager.find_user(username=name):
        return
    variable = f"STAMM_BI_{name.upper()}_PASSWORD"
    password = os.environ.get(variable) or getpass.getpass(f"Password for {name} ({variable}): ")
    found = [manager.find_role(role) for role in roles]
    made = manager.add_user(name, name, "Dashboard", f"{name}@localhost", found, password)
    if not made:
        sys.exit(f"{name}: the account was not made; what Superset says stands above")


def serve(port: int) -> None:
    """One process of several threads, on this machine only; a proxy with TLS stands before it."""
    gunicorn = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "8"]
    app = ["--timeout", "120", "superset.app:create_app()"]
    os.execv(sys.executable, [*gunicorn, *app])  # noqa: S606 – the server takes this process' place


if __name__ == "__main__":
    main()
