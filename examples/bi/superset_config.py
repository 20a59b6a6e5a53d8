"""How Superset runs over a build: where its own data lie, how it opens DuckDB, what pages may load.

STAMM_HOME is the folder with `published/`. What Superset keeps for itself (accounts, the imported
dashboard, its key) lies beside it in `superset/`; `dashboard.py` makes it.
"""

import os
from pathlib import Path

HOME = Path(os.environ["STAMM_HOME"]).resolve()
KEPT = HOME / "superset"

SECRET_KEY = (KEPT / "key").read_text(encoding="ascii")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{KEPT / 'superset.db'}"

# Nothing from other hosts: Superset's own policy lets pages ask servers for maps and statistics.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}


def DB_CONNECTION_MUTATOR(uri, params, *_who):  # noqa: N802 – the name is Superset's
    """Each query opens the build that is current now, read only, and no other file or address.

    The link is followed here: DuckDB shares one open file between connections that name it alike,
    and would go on with the old build as long as any of them is open.
    """
    if not uri.drivername.startswith("duckdb"):
        return uri, params
    build = (HOME / "published" / "current").resolve(strict=True)
    guarded = {"read_only": True, "config": {"enable_external_access": False}}
    return uri.set(database=str(build / "stamm.duckdb")), {**params, "connect_args": guarded}
