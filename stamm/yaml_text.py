"""YAML → plain values, by libyaml: some eight times as fast as the reader in Python.

For files that we write. That reader tells the place of a mistake better, so that it reads what
people write: `stamm.settings_file`, `dedupe.files.own_specification`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def read_yaml(path: Path) -> Any:
    """What a file in UTF-8 holds: mappings, lists, texts, numbers, no objects.

    Raises OSError, UnicodeDecodeError or yaml.YAMLError.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a build of PyYAML may come without
    return yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506 - a SafeLoader
