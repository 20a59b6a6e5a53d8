"""Takes the pictures of the docs from a running Desk: `python -m tests.serving.desk.pictures`.

The people are the invented ones of the tests.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

from stamm.home import Home
from stamm.store import Store
from tests.serving.api.published import publish_company, rows_of_the_company
from tests.serving.desk.browsing import chromium, opened_page, served, type_login
from tests.serving.desk.desks import add_people, opened

IMAGES = Path(__file__).parents[3] / "docs" / "images"


def main() -> None:
    """One picture of each page."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).prepare()
        with closing(Store.open(home.store)) as store:
            publish_company(home, store, 1, rows_of_the_company())
            add_people(store)
        with opened(home) as desk, served(desk) as url, chromium() as browser:
            page = opened_page(browser)
            page.goto(f"{url}/login")
            _take(page, "login")
            type_login(page, url, "a.admin")
            _take(page, "review")
            page.goto(f"{url}/customers")
            page.fill("#typed", "anna.huber0@web.de")
            page.fill("#occasion", "ticket 4711")
            with page.expect_navigation(url="**/customers/P*"):
                page.keyboard.press("Enter")
            _take(page, "customer")
            page.goto(f"{url}/simulator")
            page.fill("#person", "15")
            page.press("#person", "Enter")
            desk.simulations.wait()
            page.goto(f"{url}/simulator")
            _take(page, "simulator")
            for name in ("health", "people", "audit"):
                page.goto(f"{url}/{name}")
                _take(page, name)


def _take(page, name: str) -> None:
    page.screenshot(path=IMAGES / f"desk-{name}.png", full_page=True)


if __name__ == "__main__":
    main()
