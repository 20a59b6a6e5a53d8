"""Fetches a package through the ordinary npm client into a cache folder; nothing is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest


def packed_json(cache: pytest.Cache, package: str, version: str, member: str) -> Any:
    """A JSON file out of a package of this version; skips the test where there is no npm."""
    return json.loads(packed(cache, package, version, member))


def packed(cache: pytest.Cache, package: str, version: str, member: str) -> bytes:
    """Any file out of a package of this version; skips the test where there is no npm."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed; .ci/run installs it")
    folder = Path(cache.mkdir("npm"))
    name = f"{package.lstrip('@').replace('/', '-')}-{version}.tgz"
    if not (folder / name).exists():
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"npm pack {package}: {done.stderr[-400:]}"
    with tarfile.open(folder / name) as archive:
        file = archive.extractfile(f"package/{member}")
        assert file is not None
        return file.read()
