"""docs/connectors/: a page per system and their overview, made from the declarations.

In: every declared `System`. Out: Markdown. Run: `uv run python -m connectors.pages` writes the
pages and their table in the overview, `--check` fails if one is not as the declarations say.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from connectors.registry import systems
from connectors.source import Basis, Stream, System

FOLDER = Path(__file__).parents[1] / "docs" / "connectors"
OVERVIEW = FOLDER / "README.md"
_WHOLE = "each time"
_PLACE = re.compile(r"(<!-- systems -->\n).*?(<!-- end of systems -->)", re.DOTALL)


def page(system: System) -> str:
    """The whole page of one system."""
    about = system.about
    assert about is not None, f"{system.name} declares nothing about itself"
    parts = [
        f"# {about.title}",
        f"`system: {system.name}` · {about.category} · *made from the declaration in"
        f" `connectors/{_module(system)}`; `uv run python -m connectors.pages` makes it anew*",
        f"**Verified against**: {about.verified}",
        f"**Rights**: {about.rights}",
        f"**Limits**: {about.limits}",
        _section("Settings", _settings(system)),
        _section("Streams", _streams(system.streams)),
        _section("Legal bases", _bases(system.streams)),
        _section("Traps", [f"- {trap}" for trap in about.traps]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def overview(declared: Mapping[str, System], text: str) -> str:
    """The overview's text, its marked place filled with all systems by category."""
    by_category: dict[str, list[str]] = defaultdict(list)
    for name, system in declared.items():
        if system.about is not None:
            by_category[system.about.category].append(f"[{system.about.title}]({name}.md)")
    rows = [(category, ", ".join(links)) for category, links in by_category.items()]
    table = "\n".join(_table(("category", "systems"), sorted(rows)))
    return _PLACE.sub(lambda place: f"{place[1]}{table}\n{place[2]}", text)


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"## {title}", "", *lines]) if lines else ""


def _module(system: System) -> str:
    package = Path(__file__).parent / system.name
    return f"{system.name}/" if package.is_dir() else f"{system.name}.py"


def _settings(system: System) -> list[str]:
    lines = ["```yaml", "sources:", "  my_source:", f"    system: {system.name}"]
    for name, field in system.settings.model_fields.items():
        if name in {"name", "system"}:
            continue
        if field.annotation is SecretStr:
            lines.append(f"    {name}: ${{MY_SOURCE_{name.upper()}}}")
        elif field.default is PydanticUndefined and field.default_factory is None:
            lines.append(f"    {name}: …{_remark(field.description)}")
        else:
            default = field.get_default(call_default_factory=True)
            lines.append(f"    # {name}: {_shown(default)}{_remark(field.description)}")
    return [*lines, "```"]


def _remark(description: str | None) -> str:
    return f"  # {description}" if description else ""


def _shown(default: object) -> str:
    if default is None:
        return "…"
    if isinstance(default, bool):
        return str(default).lower()
    return {"()": "[]"}.get(str(default), str(default))


def _streams(streams: Sequence[Stream]) -> list[str]:
    if not streams:
        return []
    head = ("stream", "key", "changes by", "read whole", "must have", "read from")
    return _table(head, [_stream(stream) for stream in streams])


def _stream(stream: Stream) -> tuple[str, ...]:
    cursor = stream.cursor
    changes = f"`{cursor.field}`, {_minutes(cursor.lag)} early" if cursor else "–"
    whole = _WHOLE
    if cursor and stream.incremental:
        days = stream.sweep.days if stream.sweep else 0
        whole = "every day" if days == 1 else f"every {days} days" if days else "once"
    return (
        f"`{stream.name}`", _names(stream.primary_key), changes, whole,
        _names(stream.mandatory) or "–", f"`{stream.path}`" if stream.path else "–",
    )  # fmt: skip


def _minutes(lag: timedelta) -> str:
    return f"{round(lag.total_seconds() / 60)} min"


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _bases(streams: Sequence[Stream]) -> list[str]:
    rows = []
    for stream in streams:
        rows.append((f"`{stream.name}`", "all fields", *_basis(stream.basis)))
        rows += [
            (f"`{stream.name}`", _names(group.fields), *_basis(group.basis))
            for group in stream.field_groups
        ]
    return _table(("stream", "fields", "purpose", "legal basis", "retention class"), rows)


def _basis(basis: Basis) -> tuple[str, str, str]:
    return basis.purpose, basis.legal_basis, basis.retention


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def stale() -> list[str]:
    """Pages that are missing or not what the declarations say."""
    return [
        path.name for path, text in _pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]  # fmt: skip


def _pages() -> dict[Path, str]:
    declared = systems()
    pages = {FOLDER / f"{name}.md": page(system) for name, system in declared.items()}
    return {**pages, OVERVIEW: overview(declared, OVERVIEW.read_text(encoding="utf-8"))}


def main(arguments: Sequence[str]) -> int:
    """0 if all pages are, or now are, what the declarations say."""
    if "--check" in arguments:
        for name in stale():
            sys.stderr.write(f"docs/connectors/{name} is not what the declarations say\n")
        return int(bool(stale()))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in _pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
