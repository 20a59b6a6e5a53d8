"""Real systems, installed once into a cache folder that is keyed by what is in it.

A folder counts from the moment its mark is there; a run that was killed midway begins it again.
The cache is `$STAMM_PEERS`, else `~/.cache/stamm-peers`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from filelock import FileLock

_MARK = ".complete"


def cached(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` filled for this key, now or in an earlier run."""
    root = Path(os.environ.get("STAMM_PEERS") or Path.home() / ".cache" / "stamm-peers")
    folder = root / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / _MARK).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / _MARK).touch()
    return folder


def python_packages(name: str, *requirements: str, pinned: bool = True) -> Path:
    """A virtual environment of its own, with our pins in force unless told; its programs."""

    def make(folder: Path) -> None:
        run("uv", "venv", "--quiet", "--python", "3.11", str(folder / "env"))
        python = str(folder / "env" / "bin" / "python")
        # uv takes the pins of the project that it is called in.
        where = None if pinned else folder
        run("uv", "pip", "install", "--quiet", "--python", python, *requirements, cwd=where)

    return cached(name, " ".join(requirements), make) / "env" / "bin"


def npm_packages(name: str, *packages: str, built: Sequence[str] = ()) -> Path:
    """A folder with these packages in `node_modules`; those in `built` may run their build."""

    def make(folder: Path) -> None:
        run("npm", "init", "--yes", cwd=folder)
        for package in built:  # npm 11 runs only the scripts that are named
            run("npm", "pkg", "set", "--json", f"allowScripts.{package}=true", cwd=folder)
        quiet = ("--silent", "--no-audit", "--no-fund", "--no-progress")
        run("npm", "install", *quiet, *packages, cwd=folder, env=node_headers())

    return cached(name, " ".join(packages), make)


def node_headers() -> dict[str, str]:
    """Where Node's headers are installed beside it, builds take those and fetch none."""
    prefix = Path(shutil.which("node") or "/usr/bin/node").resolve().parents[1]
    there = (prefix / "include" / "node" / "node.h").exists()
    return {"npm_config_nodedir": str(prefix)} if there else {}


def debian_packages(*names: str) -> None:
    """Installed into the machine where they are not; needs root, as CI has it."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}\n", *names]
    found = subprocess.run(query, capture_output=True, text=True, check=False).stdout.split()
    if found == ["installed"] * len(names):
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", env=quiet)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *names, env=quiet)


def run(
    *command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, given: str = ""
) -> str:
    """What a command prints; one that fails shows its last words."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, input=given,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, f"{_shown(command)} ended with {done.returncode}: {said[-2000:]}"
    return done.stdout


def _shown(command: Sequence[str]) -> str:
    return " ".join(command)[:200]
