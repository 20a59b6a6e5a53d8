"""The public benchmark goes through the same door as everybody's files."""

import csv
import importlib.util
import shutil
from collections import Counter
from pathlib import Path

from connectors.files import SYSTEM
from connectors.files.reader import FilesReader
from connectors.registry import systems
from connectors.source import Window
from stamm.settings import load_settings
from tests.connectors.conftest import NOON

EXAMPLE = Path(__file__).parents[3] / "examples" / "febrl"


def test_febrl_4_is_two_sources_of_5000_records_and_a_truth_of_5000_pairs(tmp_path):
    shutil.copy(EXAMPLE / "stamm.yaml", tmp_path)
    spec = importlib.util.spec_from_file_location("febrl_prepare", EXAMPLE / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.prepare(tmp_path)
    known = {name: system.settings for name, system in systems().items()}
    settings = load_settings(tmp_path / "stamm.yaml", known)
    keys = {}
    for name, source in settings.sources.items():
        pages = FilesReader(source).read(SYSTEM.streams[0], Window(None, NOON), None)
        keys[name] = {record["key"] for page in pages for record in page.records}
        assert len(keys[name]) == 5000
    with (tmp_path / settings.truth.path).open(encoding="utf-8", newline="") as file:
        truth = list(csv.DictReader(file))
    assert {(row["source"], row["key"]) for row in truth} == {
        (name, key) for name, found in keys.items() for key in found
    }
    assert set(Counter(row["entity"] for row in truth).values()) == {2}
