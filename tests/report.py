"""Adds up JUnit files: prints the counts of all suites and fails on a skip.

Run it: `python -m tests.report reports/*.xml`
"""

from __future__ import annotations

import sys
from xml.etree import ElementTree


def main(paths: list[str]) -> int:
    """Exit code 1 when a test failed or was skipped, or when none ran."""
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for path in paths:
        for suite in ElementTree.parse(path).iter("testsuite"):
            for name in counts:
                counts[name] += int(suite.get(name, "0"))
            skipped = [case for case in suite.iter("testcase") if case.find("skipped") is not None]
            for case in skipped:
                print(f"skipped: {case.get('classname')}::{case.get('name')}")  # noqa: T201
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    print(f"{passed} passed, {failed} failed, {counts['skipped']} skipped")  # noqa: T201
    return int(failed > 0 or counts["skipped"] > 0 or passed == 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
