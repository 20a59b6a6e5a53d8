"""Pushes invented customers to a webhook, as a process of its own that a test can kill.

Run: python -m tests.connectors.sinks.pushing STORE URL OUTBOX_JSON
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

from connectors.sinks.difference import Wanted
from connectors.sinks.ledger import Ledger
from connectors.sinks.push import Pushed, push
from connectors.sinks.webhook import SINK, WebhookSettings
from stamm.clock import SystemClock
from stamm.store import Store
from tests.connectors.sinks.receiver import SECRET


class Hasty(SystemClock):
    """Pauses are over at once; the clock goes forward by them."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


def settings(url: str, **options: object) -> WebhookSettings:
    stated = {"secret": SECRET, "insecure": True, "name": "crm", "system": "webhook"}
    return WebhookSettings.model_validate({**stated, "url": url, **options})


def push_to(url: str, store: Store, wanted: Wanted, **options: object) -> Pushed:
    """One push, in a hurry."""
    sink = SINK.open(settings(url, **options), Hasty())
    try:
        return push(sink, wanted, Ledger(store, "crm", Hasty()), Hasty(), batch=20)
    finally:
        sink.close()


if __name__ == "__main__":
    opened = Store.open(Path(sys.argv[1]))
    rows = json.loads(Path(sys.argv[3]).read_text(encoding="utf-8"))
    push_to(sys.argv[2], opened, Wanted(rows, set(rows), {}))
