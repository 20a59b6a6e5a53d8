"""The exact versions of all transitive packages, as `constraint-dependencies` of pyproject.toml.

`python -m tests.pins` checks that they are what is installed; `--write` takes over what is.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
_BLOCK = re.compile(r"\n\[tool\.uv\]\nconstraint-dependencies = \[\n.*?\n\]\n", re.S)
_OURS = {"stamm", "pip", "setuptools", "wheel", "uv"}


def installed() -> dict[str, str]:
    """Normalised name → version of what this environment holds."""
    found = {
        re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d.version
        for d in importlib.metadata.distributions()
    }
    return {name: version for name, version in sorted(found.items()) if name not in _OURS}


def pinned() -> dict[str, str]:
    """What pyproject.toml pins."""
    uv = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"].get("uv", {})
    return dict(line.split("==", 1) for line in uv.get("constraint-dependencies", []))


def write() -> None:
    """Put the installed versions into pyproject.toml."""
    lines = "\n".join(f'  "{name}=={version}",' for name, version in installed().items())
    block = f"\n[tool.uv]\nconstraint-dependencies = [\n{lines}\n]\n"
    text = PYPROJECT.read_text(encoding="utf-8")
    text = _BLOCK.sub("", text).rstrip("\n") + "\n" + block
    PYPROJECT.write_text(text, encoding="utf-8")


def differences() -> list[str]:
    """One line per installed package that is not pinned to what it is."""
    pins = pinned()
    return [
        f"{name}: installed {version}, pinned {pins.get(name, 'not at all')}"
        for name, version in installed().items()
        if pins.get(name) != version
    ]


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    found = differences()
    print("\n".join(found) or f"{len(pinned())} packages are what pyproject.toml pins")  # noqa: T201
    sys.exit(bool(found))
