"""Takes pictures for the docs of a company that ran: `python -m tests.peers.pictures DATA_FOLDER`.

The dashboard as Superset shows it to a reader, and the quality report of the last run. Let the
sandbox company run for a few months before (`stamm sandbox advance`): one run has no history.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.peers.superset import logged_in, running, wait_for_charts
from tests.serving.desk.browsing import chromium

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def main(home: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        with running(home, Path(folder) / "serve.log") as superset:
            page = logged_in(browser, superset)
            page.goto(superset.dashboard)
            wait_for_charts(page)
            page.wait_for_timeout(3_000)  # what is drawn moves into place
            page.screenshot(path=IMAGES / "dashboard.png")
        report = browser.new_context(viewport={"width": 1280, "height": 1400}).new_page()
        report.goto((home.resolve() / "reports" / "quality.html").as_uri())
        report.screenshot(path=IMAGES / "quality.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
