"""The examples run as their first lines say."""

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.company import Company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]


def test_a_list_of_customers_and_a_pile_of_cards_become_six_parties(tmp_path):
    shutil.copytree(ROOT / "examples" / "files", tmp_path / "examples" / "files")
    shutil.copytree(ROOT / "data" / "samples", tmp_path / "data" / "samples")
    example = Company(tmp_path / "examples" / "files")
    counts = example.run()["counts"]
    assert (counts["records"], counts["parties"]) == (10, 6)
    married = example.json(
        "query", "select family_name, records from golden_parties where given_name = 'Jördis'"
    )
    assert married == [{"family_name": "Kühnemann-Vogt", "records": 2}]
