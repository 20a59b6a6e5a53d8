"""benchmarks/results/*.json → the tables of docs/benchmarks.md.

    uv run python -m benchmarks.tables            # write them
    uv run python -m benchmarks.tables --check    # exit 1 if the page says something else

A page names the place of a file `results/linkage.json` with a pair of comments:
`<!-- results: linkage -->` … `<!-- end of results -->`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import Table

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PAGES = (ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "linkage.md")
_PLACE = re.compile(r"(<!-- results: ([\w-]+) -->\n).*?(<!-- end of results -->)", re.DOTALL)


def rendered(result: dict[str, Any]) -> str:
    """A result file as Markdown: how it was made, then its tables."""
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    made = f"`{result['command']}`, {result['date']}; {result['machine']}; {versions}."
    return "\n".join([made, "", *(str(Table(**table)) for table in result["tables"])])


def page_with_results(text: str, results: Path = RESULTS) -> str:
    """The page, each named place filled from its file; a missing file is a KeyError by name."""

    def fill(place: re.Match[str]) -> str:
        file = results / f"{place[2]}.json"
        if not file.exists():
            raise KeyError(f"{file} is named in the page and not there")
        return place[1] + rendered(json.loads(file.read_text(encoding="utf-8"))) + place[3]

    return _PLACE.sub(fill, text)


def named_results(text: str) -> set[str]:
    """The result files that a page shows."""
    return {place[1] for place in _PLACE.findall(text)}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if the pages are as the results say (or were made so)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if stale")
    check = parser.parse_args(arguments).check
    stale = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        wanted = page_with_results(text)
        if wanted != text:
            stale.append(page.name)
            if not check:
                page.write_text(wanted, encoding="utf-8")
    print(f"{'stale' if check else 'written'}: {', '.join(stale) or 'nothing'}", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
