"""The disk is gone: backup, restore, run; nothing reaches a target until somebody compared it."""

import shutil
import time

import pytest

from tests.connectors.sinks.receiver import SECRET, receiving
from tests.end_to_end.company import Company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def test_what_was_lost_comes_again_with_the_same_ids_and_the_target_is_closed_until_compared(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("CRM_SECRET", SECRET)
    with receiving() as crm:
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "stamm.yaml").write_text(
            "sandbox: {customers: 40, seed: 7}\n"
            f"sinks: {{crm: {{system: webhook, url: '{crm.url}', insecure: true,"
            " secret: '${CRM_SECRET}'}}\n",
            encoding="utf-8",
        )
        company = Company(folder)
        working = company.start("run", "--json")
        while working.poll() is None:  # also while a run is at work
            company.stamm("backup", str(tmp_path / "safe"))
            time.sleep(3)
        working.communicate()
        assert working.returncode == 0
        company.stamm("backup", str(tmp_path / "safe"))

        company.stamm("sandbox", "advance", "--days", "30")
        company.run()
        lost, sent = company.tables(), dict(crm.customers)

        company.home.rename(tmp_path / "lost")
        said = company.stamm("restore", str(tmp_path / "safe"))
        assert "crm is closed" in said
        # The systems of the sandbox lie in the data folder; they are not what is restored.
        shutil.copytree(tmp_path / "lost" / "sandbox", company.home / "sandbox")

        assert "expected a ledger as new as the target" in company.stamm("run", exit_code=1)
        assert company.tables()["xref_parties"] == lost["xref_parties"]
        assert crm.customers == sent
        told = {one["what"]: one["says"] for one in company.json("status")["standing"]}
        assert told["target crm"] == "not compared since a restore"

        said = company.stamm("push", "--reconcile", "crm", exit_code=1)
        assert "knows all withdrawals and erasures" in said
        assert crm.customers == sent
        company.stamm("restore", "--checked")
        company.stamm("push")
        rows = company.json("query", "from crm_outbox")
        assert crm.customers == {row.pop("party_id"): row for row in rows}
