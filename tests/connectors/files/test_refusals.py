"""What a bad row of a file costs: itself alone, never a version that landed before."""

import pytest

from connectors.extract import extract
from connectors.files import SYSTEM
from connectors.files.settings import FilesSource

SPEND = {"company_name": "Name", "estimated_annual_spend_eur": "Umsatz"}
ROWS = [f"{n};N{n};{n}0" for n in range(1, 6)]


@pytest.fixture
def load(bench, tmp_path):
    """Reads a file of these rows into the landing."""
    path = tmp_path / "k.csv"

    def loaded(rows, stream="spend_estimates", head="Nr;Name;Umsatz", **settings):
        path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        raw = {"name": "crm", "system": "files", "path": path, "format": "csv", "key": ["Nr"]}
        raw |= {"stream": stream, "map": SPEND}
        declared = FilesSource.model_validate({**raw, **settings})
        where = {"landing_root": bench.landing, "store": bench.store, "clock": bench.clock}
        return extract(declared, SYSTEM.stream(declared.stream), **where)

    return loaded


def test_an_amount_that_is_no_number_leaves_the_estimate_that_landed_before_in_force(bench, load):
    load(ROWS)
    done = load([*ROWS[:4], "5;N5;k.A."])
    assert (done.deletes, done.rejected) == (0, 1)
    assert bench.live("files_spend_estimates")["5"]["estimated_annual_spend_eur"] == "50"
    assert bench.table("select rule, reason from landing.all_rejected") == [
        ("mandatory_null", "estimated_annual_spend_eur is null")
    ]
    assert load(ROWS).rejected == 0
    assert bench.table("select rule from landing.all_rejected") == []


def test_a_party_is_not_lost_for_an_amount_that_is_no_number(bench, load):
    load(["5;N5;k.A."], "parties")
    assert bench.live("files_parties")["5"] == {
        "key": "5", "company_name": "N5", "estimated_annual_spend_eur": None,
        "estimated_annual_spend_eur_as_given": "k.A.",
    }  # fmt: skip
