"""Installs all real systems into the cache, ahead of the tests that start them.

Run: `uv run python -m tests.peers.prepare`; `.ci/run` does it beside the other tests, because
packages of npm take minutes to come.
"""

from __future__ import annotations

from tests.peers import (
    dovecot,
    file_servers,
    ghost,
    postgres,
    prism,
    request_tracker,
    roundup,
    sap,
    superset,
    tryton,
    vendure,
)  # fmt: skip
from tests.peers.installed import debian_packages

DEBIAN = (
    *dovecot.PACKAGES, *file_servers.PACKAGES, *postgres.PACKAGES, *request_tracker.PACKAGES,
    "systemd",
)  # fmt: skip
TEMPLATES = (
    tryton.template, tryton.postgres_template, roundup.template, vendure.template, ghost.template,
    prism.template, sap.template, request_tracker.template, file_servers.s3_program,
    superset.packages,
)  # fmt: skip


def main() -> None:
    """What is there already is left as it is."""
    debian_packages(*DEBIAN)
    for template in TEMPLATES:
        template()


if __name__ == "__main__":
    main()
