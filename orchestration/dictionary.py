"""docs/dictionary.md: every mart with grain, keys, relationships and columns, made from its entry.

In: `dbt_project/models/marts/**/*.yml`. Out: Markdown. Run: `uv run python -m
orchestration.dictionary` writes the page, `--check` fails if it is not as the entries say.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestration.project import DBT_PROJECT, REPOSITORY
from stamm.yaml_text import read_yaml

PAGE = REPOSITORY / "docs" / "dictionary.md"
_MARTS = DBT_PROJECT / "models" / "marts"
_HEAD = """# Data dictionary

*Made from the contracts in `dbt_project/models/marts`;
`uv run python -m orchestration.dictionary` makes it anew.*
How the tables join: [warehouse](warehouse.md). Bold: the key. The same texts are comments in the
DuckDB file and in PostgreSQL, and metadata of the Parquet files.
"""
_REFERENCE = re.compile(r"'(\w+)'")


def page() -> str:
    """The whole page."""
    sections = {path: read_yaml(path).get("models", []) for path in sorted(_MARTS.rglob("*.yml"))}
    told = {path: models for path, models in sections.items() if models}
    marts = {model["name"] for models in told.values() for model in models}
    parts = [_HEAD, _contents(told)]
    for path, models in told.items():
        parts.append(f"## {_title(path)}\n")
        parts += [_model(model, marts) for model in models]
    return "\n".join(parts)


def _contents(sections: dict[Path, list[dict[str, Any]]]) -> str:
    lines = []
    for path, models in sections.items():
        names = (f"[{model['name']}](#{model['name']})" for model in models)
        lines.append(f"- {_title(path)}: {', '.join(names)}")
    return "\n".join(lines) + "\n"


def _title(path: Path) -> str:
    return path.parent.name.replace("_", " ").capitalize()


def _model(model: dict[str, Any], marts: set[str]) -> str:
    key = keys(model)
    lines = [f"### {model['name']}", "", _line(model["description"]), ""]
    for column, table, field in references(model):
        shown = f"[`{table}`](#{table})" if table in marts else f"`{table}`"
        lines.append(f"- `{column}` → {shown}.`{field}`")
    if lines[-1]:
        lines.append("")
    lines += ["| column | type | meaning |", "| --- | --- | --- |"]
    lines += [_column(column, column["name"] in key) for column in model["columns"]]
    return "\n".join(lines) + "\n"


def keys(model: dict[str, Any]) -> list[str]:
    """The columns that together name a row; a test holds that they do."""
    for test in model.get("data_tests", []):
        if isinstance(test, dict) and "unique_together" in test:
            return list(test["unique_together"]["arguments"]["columns"])
    return [c["name"] for c in model["columns"] if "unique" in c.get("data_tests", [])][:1]


def references(model: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(column, table, key) of each relationship that a test holds."""
    for column in model["columns"]:
        for test in column.get("data_tests", []):
            if isinstance(test, dict) and "relationships" in test:
                given = test["relationships"]["arguments"]
                names = _REFERENCE.findall(given["to"])
                yield column["name"], names[-1], given["field"]


def _column(column: dict[str, Any], is_key: bool) -> str:
    name = f"**`{column['name']}`**" if is_key else f"`{column['name']}`"
    needed = any(one["type"] == "not_null" for one in column.get("constraints", []))
    kind = f"{column['data_type']}{'' if needed else ', may be null'}"
    return f"| {name} | {kind} | {_line(column['description'])} |"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def is_stale() -> bool:
    """Whether the page is missing or not what the entries say."""
    return not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()


def main(arguments: Sequence[str]) -> int:
    """0 if the page is, or now is, what the entries say."""
    if "--check" in arguments:
        if is_stale():
            sys.stderr.write("docs/dictionary.md is not what the entries of the marts say\n")
        return int(is_stale())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
