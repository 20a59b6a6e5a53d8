"""Lays out a new connector: a declaration, its fields and a test that work as they are.

In: a name. Out: three files that `docs/connectors/writing.md` explains. The templates lie in
`connectors/new/`.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from connectors.registry import systems
from stamm.errors import UsageError

_TEMPLATES = Path(__file__).parent / "new"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def lay_out(name: str, root: Path) -> list[Path]:
    """Write the files below `root`, the project's folder; raises UsageError rather than replace."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(
            f"expected a name of small letters, digits and _, no word of Python, found {name!r}",
            hint="Its module, its tables in landing and `system:` in stamm.yaml bear it.",
        )
    if name in systems():
        raise UsageError(
            f"expected a new name, found {name!r}, which is a system already",
            hint=f"Its declaration: connectors/{name}.py or connectors/{name}/. Mend that, or take "
            "another name.",
        )
    if not (root / "connectors").is_dir():
        raise UsageError(
            f"expected a folder connectors in {root.name or root}, found none",
            hint="Connectors lie in the tree: clone Stamm, `cd` into it, and run "
            f"`uv run stamm connector new {name}` there.",
        )
    files = {
        root / "connectors" / f"{name}.py": "connector.py.txt",
        root / "connectors" / "schemas" / f"{name}.yml": "schema.yml.txt",
        root / "tests" / "connectors" / f"test_{name}.py": "test_connector.py.txt",
    }
    taken = [path for path in files if path.exists()]
    if taken:
        raise UsageError(
            f"{taken[0].relative_to(root)}: is already here; nothing was written",
            hint="Take another name, or remove that file if it is a trial of yours.",
        )
    title = "".join(part.capitalize() for part in name.split("_"))
    for path, template in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (_TEMPLATES / template).read_text(encoding="utf-8")
        path.write_text(text.format(name=name, Title=title), encoding="utf-8")
    return list(files)
