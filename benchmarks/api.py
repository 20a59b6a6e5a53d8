"""`POST /match` over HTTP: milliseconds with several clients, verdicts against the sandbox's truth.

Flow: a data folder of a whole `stamm run` → `stamm serve` on a copy of it → cards drawn from its
records (known), and from those of another sandbox with another seed (strangers), asked by several
clients at once. A known card has the fields of one record; who it is, the truth says: `certain` is
right if the party named holds a record of the same person. Run:
`python -m benchmarks.api --home FOLDER --strangers FOLDER [--clients 8] [--out FILE]`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import requests

from benchmarks.lookup import ASKED, NAMES
from benchmarks.results import Table, write_result
from serving.api.keys import create_key
from stamm.duck import open_warehouse
from stamm.ids import record_id
from stamm.store import Store

CARDS = 300  # of each kind


@dataclass
class Outcome:
    """What a kind of card was answered."""

    milliseconds: list[float] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Question:
    """A card; `parties` are right answers, none for a stranger."""

    kind: str
    card: dict[str, Any]
    parties: frozenset[str]


def people_of(home: Path) -> list[dict[str, Any]]:
    """Records of people as they came in, each with the `entity` that the truth says it is."""
    with closing(Store.open(home / "state.db")) as store:
        secret = store.secret("record_id")
    truth = {
        record_id(secret, row["source"], row["stream"], row["key"]): row["entity_id"]
        for row in pq.read_table(home / "sandbox" / "truth.parquet").to_pylist()
        if row["party_type"] == "person"
    }
    with open_warehouse(home / "work" / "warehouse.duckdb", read_only=True) as con:
        rows = con.execute(
            "from intermediate.int_parties__match_input where party_type = 'person'"
            " order by hash(record_id)"
        ).to_arrow_table()
    known = [{**row, "entity": truth.get(row["record_id"])} for row in rows.to_pylist()]
    return [row for row in known if row["entity"]]


def parties_of(home: Path, people: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Entity → the golden parties that hold its records."""
    with open_warehouse(home / "work" / "warehouse.duckdb", read_only=True) as con:
        of = dict(con.execute("select record_id, party_id from golden.xref_parties").fetchall())
    parties: dict[str, set[str]] = {}
    for row in people:
        parties.setdefault(row["entity"], set()).add(of[row["record_id"]])
    return parties


def questions(home: Path, *, known: bool) -> list[Question]:
    """Cards of each kind, out of records that have a name and one thing more."""
    rows = people_of(home)
    parties = parties_of(home, rows) if known else {}
    found = []
    for kind, fields in ASKED.items():
        cards = [({f: _plain(row[f]) for f in fields if row[f]}, row["entity"]) for row in rows]
        fit = [(c, e) for c, e in cards if set(c) & set(NAMES) and set(c) - set(NAMES)]
        found += [
            Question(kind, card, frozenset(parties.get(entity, ()))) for card, entity in fit[:CARDS]
        ]
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


@contextmanager
def served(home: Path, scopes: Sequence[str] = ("match",)) -> Iterator[tuple[str, str]]:
    """`stamm serve` over this folder: its address, and a key."""
    with closing(Store.open(home / "state.db")) as store:
        _, key = create_key(store, "benchmark", scopes, at=datetime.now(UTC), per_minute=10_000_000)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "orchestration.cli.main", "serve", "--port", "0"]
        place = {"STAMM_HOME": str(home), "PYTHONPATH": str(Path.cwd()), "PYTHONUNBUFFERED": "1"}
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | place, cwd=folder
        )
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found
        try:
            while requests.get(f"{found[0]}/health", timeout=60).json()["match"] != "ready":
                time.sleep(0.2)
            yield found[0], key
        finally:
            server.terminate()
            server.wait()


def asked(url: str, key: str, all_questions: list[Question], clients: int) -> dict[str, Outcome]:
    """All questions by so many clients, each with a connection that it keeps."""
    outcomes = {kind: Outcome() for kind in ASKED}
    waiting = iter(all_questions)
    turn = threading.Lock()

    def work() -> None:
        with requests.Session() as session:
            session.headers.update({"Authorization": f"Bearer {key}", "X-Purpose": "benchmark"})
            while True:
                with turn:
                    question = next(waiting, None)
                if question is None:
                    return
                begun = time.perf_counter()
                answer = session.post(f"{url}/match", json={"card": question.card}, timeout=60)
                taken = 1_000 * (time.perf_counter() - begun)
                verdict = _judged(question, answer.json())
                with turn:
                    outcomes[question.kind].milliseconds.append(taken)
                    outcomes[question.kind].verdicts[verdict] += 1

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _judged(question: Question, answer: dict[str, Any]) -> str:
    verdict = answer["verdict"]
    if verdict != "certain":
        return str(verdict)
    return "certain" if answer["party_id"] in question.parties else "wrong"


def _table(title: str, outcomes: dict[str, Outcome]) -> Table:
    rows = [
        (
            kind,
            len(one.milliseconds),
            *(round(float(np.percentile(one.milliseconds, p)), 1) for p in (50, 95)),
            *(
                round(100 * one.verdicts[verdict] / len(one.milliseconds), 1)
                for verdict in ("certain", "wrong", "review", "new")
            ),
        )
        for kind, one in outcomes.items()
        if one.milliseconds
    ]
    columns = ("card", "cards", "p50 ms", "p95 ms", "certain, %", "certain and wrong, %",
               "review, %", "new, %")  # fmt: skip
    return Table(title, columns, tuple(rows), "")


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--strangers", type=Path, required=True)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    known = questions(given.home, known=True)
    strangers = questions(given.strangers, known=False)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "home"
        shutil.copytree(given.home, copy, symlinks=True)
        with served(copy) as (url, key):
            tables = [
                _table("Known people", asked(url, key, known, given.clients)),
                _table("Strangers", asked(url, key, strangers, given.clients)),
            ]
    print(*tables, sep="\n")
    if given.out:
        write_result(given.out, "uv run python -m benchmarks.api", tables)


if __name__ == "__main__":
    main()
