"""Whatever is sent to the API and the Desk: an answer of theirs, never an error of ours."""

from __future__ import annotations

import json
import random
import re
import string
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import requests

from orchestration.serving_api import read_vcard
from serving.api.keys import create_key
from serving.desk.asking import SESSION_COOKIE
from serving.desk.sessions import csrf_of
from tests.serving.api.published import AT, Warm
from tests.serving.desk.browsing import served
from tests.serving.desk.desks import Browser

DESK = Path(__file__).parents[3] / "serving" / "desk"
SCOPES = ("read", "match", "judge", "consent")
METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
ODD = (
    "", "0", "-1", "²", "9" * 400, "null", "NaN", "true", "P" + "0" * 20, "../../etc/passwd",
    "' or 1=1 --", "%00", "\x00", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "ß" * 300, "\n\r", "{{7*7}}", "<script>", "2026-02-30", "9999-12-31T23:59:59Z", "1e999",
    "a" * 9_000,
)  # fmt: skip


class Fuzzer:
    """Draws requests of any shape; half of them near to what the description asks for."""

    def __init__(self, seed: int, description: dict, known: list[str], csrf: str):
        self.draw = random.Random(seed)
        self.known = known
        self.csrf = csrf
        self.names = sorted(_names_in(description) | desk_fields())
        self.examples = [e for s in description["components"]["schemas"].values()
                         for e in s.get("examples", [])]  # fmt: skip
        self.paths = [*description["paths"], *desk_routes(), "/openapi.json", "/docs", "/nowhere"]

    def request(self) -> tuple[str, str, dict[str, str], bytes]:
        """Method, path with query, headers, body."""
        method = self.draw.choice(METHODS)
        return method, self._path(), self._headers(), self._body() if method != "GET" else b""

    def _path(self) -> str:
        parts = self.draw.choice(self.paths).split("/")
        filled = [quote(self._text(), safe="") if "{" in part else part for part in parts]
        asked = {
            self.draw.choice(self.names): self._text()
            for _ in range(self.draw.choice((0, 0, 1, 3)))
        }
        return "/".join(filled) + (f"?{urlencode(asked)}" if asked else "")

    def _text(self) -> str:
        kind = self.draw.random()
        if kind < 0.4:
            return self.draw.choice(self.known)
        if kind < 0.8:
            return self.draw.choice(ODD)
        return "".join(self.draw.choices(string.printable, k=self.draw.randrange(1, 30)))

    def _headers(self) -> dict[str, str]:
        odd = "".join(c for c in self._text() if c.isprintable() and ord(c) < 256)[:500].strip()
        more = ("If-None-Match", "Accept", "Range", "Origin", "X-Purpose", "Accept-Language",
                "Content-Type", "Sec-Fetch-Site")  # fmt: skip
        chosen = {name: odd for name in more if odd and self.draw.random() < 0.1}
        return {"X-Purpose": "a fuzzer", "Content-Type": "application/json"} | chosen

    def _body(self) -> bytes:
        kind = self.draw.random()
        if kind < 0.2:
            return self.draw.randbytes(self.draw.randrange(200))
        if kind < 0.4:
            fields = {name: self._text() for name in self.draw.sample(self.names, 3)}
            return urlencode(fields | {"csrf": self.csrf}).encode()
        return json.dumps(self._mutated(self.draw.choice(self.examples))).encode()

    def _mutated(self, value: object) -> object:
        """A value like this one, with a part of it exchanged."""
        if self.draw.random() < 0.15:
            return self.draw.choice((None, True, 1e300, -1, [], {}, self._text()))
        if isinstance(value, dict):
            return {name: self._mutated(one) for name, one in value.items()}
        return [self._mutated(one) for one in value] if isinstance(value, list) else value


def _names_in(node: object) -> set[str]:
    """All names of fields and parameters that the description has."""
    if isinstance(node, dict):
        own = {node["name"]} if isinstance(node.get("name"), str) else set()
        own |= set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
        return own.union(*map(_names_in, node.values()))
    return set().union(*map(_names_in, node)) if isinstance(node, list) else set()


def desk_fields() -> set[str]:
    """Every field that a form of the Desk is asked for."""
    written = "".join(module.read_text(encoding="utf-8") for module in DESK.glob("*.py"))
    return set(re.findall(r'form\.(?:one|all)\("(\w+)"\)', written))


def desk_routes() -> list[str]:
    """Every path of the Desk but the one that ends the fuzzer's own session."""
    found = []
    for module in sorted(DESK.glob("*.py")):
        written = module.read_text(encoding="utf-8")
        prefix = "".join(re.findall(r'APIRouter\(prefix="([^"]*)"', written))
        paths = re.findall(r'@router\.\w+\(\s*"([^"]*)"', written)
        found += [f"/desk{prefix}{path}" for path in paths]
    return sorted(set(found) - {"/desk/logout"})


@pytest.fixture
def desk(desk, home):
    """With the look-up and the cards of the real server."""
    desk.service.finder, desk.service.read_vcard = Warm(home), read_vcard
    return desk


def answers(desk, seed: int, count: int, clients: int = 4) -> Counter[int]:
    """Status → how often, over so many drawn requests; fails at the first 5xx."""
    _, key = create_key(desk.store, "fuzzer", SCOPES, at=AT, per_minute=10_000_000)
    known = [row["party_id"] for row in desk.service.published.current().rows(
        "select party_id from golden_parties limit 40")]  # fmt: skip
    cookies = dict(Browser(desk).logged_in("a.admin").client.cookies)
    csrf = csrf_of(desk.store, cookies[SESSION_COOKIE])
    with served(desk) as url:
        base = url.removesuffix("/desk")
        description = requests.get(f"{base}/openapi.json", timeout=30).json()
        told: list[int] = []
        faults: list[str] = []

        def work(number: int) -> None:
            fuzzer = Fuzzer(seed * 1_000 + number, description, known, csrf)
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {key}"
            session.cookies.update(cookies)
            for _ in range(count // clients):
                method, path, headers, body = fuzzer.request()
                answer = session.request(method, base + path, headers=headers, data=body,
                                         allow_redirects=False, timeout=600)  # fmt: skip
                told.append(answer.status_code)
                if answer.status_code >= 500:
                    faults.append(
                        f"seed {seed}: {answer.status_code}: {method} {path} {headers} {body!r}"
                    )
                if faults:
                    return

        threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
    return Counter(told)


def test_what_is_drawn_is_answered_without_an_error(desk):
    told = answers(desk, seed=1, count=400)
    assert sum(told.values()) == 400
    assert {200, 401, 404, 405, 422} & set(told) >= {200, 404, 405, 422}


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_hundred_thousand_drawn_requests_end_without_an_error(desk):
    seed = random.SystemRandom().randrange(10**6)
    told = answers(desk, seed=seed, count=100_000)
    assert sum(told.values()) == 100_000
