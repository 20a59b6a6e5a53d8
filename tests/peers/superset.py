"""A real Apache Superset with the example dashboard, set up and served by examples/bi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.end_to_end.dashboard import ROOT, charts
from tests.peers.installed import cached, run
from tests.peers.serving import answers, free_port, serving

PASSWORD = "muster-2026"
CHART = "[data-test=chart-grid-component]"
_DRAWN = "canvas, table tbody td, .superset-legacy-chart-big-number .header-line"
_INKED = """one => one.tagName !== "CANVAS"
    || one.getContext("2d").getImageData(0, 0, one.width, one.height).data.some(ink => ink > 0)"""


@dataclass(frozen=True)
class Superset:
    """A running server; `reader` and `admin` have accounts."""

    url: str

    @property
    def dashboard(self) -> str:
        """The page without Superset's own frame."""
        return f"{self.url}/superset/dashboard/stamm/?standalone=2"

    def session(self, name: str) -> Session:
        asking = requests.Session()
        login = {"username": name, "password": PASSWORD, "provider": "db", "refresh": False}
        told = asking.post(f"{self.url}/api/v1/security/login", json=login, timeout=60)
        asking.headers["Authorization"] = f"Bearer {told.json()['access_token']}"
        token = asking.get(f"{self.url}/api/v1/security/csrf_token/", timeout=60)
        asking.headers.update({"X-CSRFToken": token.json()["result"], "Referer": self.url})
        return Session(self.url, asking)


@dataclass(frozen=True)
class Session:
    """Somebody who is logged in, over REST."""

    url: str
    asking: requests.Session

    def get(self, path: str) -> requests.Response:
        return self.asking.get(f"{self.url}/api/v1/{path}", timeout=60)

    def post(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        return self.asking.post(f"{self.url}/api/v1/{path}", json=body, timeout=60)

    def datasets(self) -> dict[str, int]:
        listed = self.get("dataset/?q=(page_size:100)").json()["result"]
        return {one["table_name"]: one["id"] for one in listed}

    def query(self, dataset: int, **query: Any) -> requests.Response:
        """What a chart asks; `result[0].data` holds the rows."""
        return self.post("chart/data", {
            "datasource": {"id": dataset, "type": "table"}, "result_format": "json",
            "result_type": "full", "queries": [{"metrics": [], "row_limit": 10_000, **query}],
        })  # fmt: skip


def logged_in(browser: Any, superset: Superset) -> Any:
    """The reader's window, as high as the page: charts are asked for as they come into view."""
    page = browser.new_context(viewport={"width": 1400, "height": 3500}).new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{superset.url}/login/")
    page.fill("#username", "reader")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def wait_for_charts(page: Any) -> None:
    """Until each has its number, its rows, or something drawn on its canvas."""
    for chart in charts().values():
        place = f"{CHART}[data-test-chart-name='{chart['slice_name']}'] [data-test=slice-container]"
        page.wait_for_function(_INKED, arg=page.wait_for_selector(f"{place} :is({_DRAWN})"))


@contextmanager
def running(home: Path, log: Path) -> Iterator[Superset]:
    """Set up over the builds of this data folder, then served."""
    program, port = [str(packages()), str(ROOT / "dashboard.py")], free_port()
    passwords = {f"STAMM_BI_{name}_PASSWORD": PASSWORD for name in ("ADMIN", "READER")}
    run(*program, "setup", env={"STAMM_HOME": str(home), **passwords})
    url = f"http://127.0.0.1:{port}"
    command = [*program, "serve", "--port", str(port)]
    with serving(command, answers(f"{url}/health"), log, env={"STAMM_HOME": str(home)}):
        yield Superset(url)


def packages() -> Path:
    """The Python of an environment that has what examples/bi/requirements.txt names."""
    requirements = ROOT / "requirements.txt"

    def make(folder: Path) -> None:
        python = str(folder / "env" / "bin" / "python")
        run("uv", "venv", "--quiet", "--python", "3.11", str(folder / "env"))
        # Away from the project, whose pins uv would take.
        run(
            "uv",
            "pip",
            "install",
            "--quiet",
            "--python",
            python,
            "-r",
            str(requirements),
            cwd=folder,
        )

    return cached("superset", requirements.read_text(encoding="ascii"), make) / "env/bin/python"
