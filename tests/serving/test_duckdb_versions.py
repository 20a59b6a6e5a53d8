"""The clients that BI tools bring: DuckDB 1.1, 1.3, 1.4 and ours read every table alike."""

import json
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest

from privacy.suppressions import suppress_party
from serving.builds import current_build
from serving.release import refresh
from stamm.duck import open_warehouse
from stamm.store import Store
from tests.end_to_end.company import company_that_ran
from tests.peers.installed import python_packages

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

VERSIONS = {"1.1": "duckdb==1.1.3", "1.3": "duckdb==1.3.2", "1.4": "duckdb==1.4.4"}
# Run by the client's own Python: table → rows and a digest over all their values.
READ = """
import hashlib, json, sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
con.execute("set timezone = 'UTC'")
told = {"version": duckdb.__version__}
for (name,) in con.execute("select table_name from duckdb_tables()").fetchall():
    rows = sorted(map(repr, con.execute(f'select * from "{name}"').fetchall()))
    told[name] = [len(rows), hashlib.sha256("\\n".join(rows).encode()).hexdigest()]
print(json.dumps(told))
"""


def read(python, database):
    done = subprocess.run(
        [python, "-c", READ, str(database)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return company_that_ran(tmp_path_factory, folder, customers=80, seed=3)[0]


@pytest.fixture(scope="module", params=["as published", "after a suppression"])
def build(request, company):
    """The build of a run, then the one without a customer who was suppressed since."""
    root = company.home / "published"
    if request.param == "after a suppression":
        with closing(Store.open(company.home / "state.db")) as store:
            with open_warehouse(current_build(root).database, read_only=True) as con:
                party = con.sql("select min(party_id) from customer_360").fetchall()[0][0]
            suppress_party(store, party, reason="objection", at=datetime.now(UTC))
            refresh(root, store, at=datetime.now(UTC))
    return current_build(root)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_client_reads_every_table_as_the_current_one_does(version, build):
    packages = (VERSIONS[version], "pytz")
    python = python_packages(f"duckdb-{version}", *packages, pinned=False) / "python"
    theirs, ours = read(python, build.database), read(sys.executable, build.database)
    assert theirs.pop("version").startswith(f"{version}.")
    assert not ours.pop("version").startswith(f"{version}.")
    assert theirs == ours
    assert {name: told[0] for name, told in theirs.items() if name != "build_info"} == {
        name: told["rows"] for name, told in build.tables.items()
    }
    assert len(theirs) > 25
