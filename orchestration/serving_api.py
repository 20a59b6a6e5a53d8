"""`stamm serve`: the API's service out of a project, and the server that runs it."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from orchestration.desk_health import condition
from orchestration.desk_simulation import predictor
from orchestration.project import Project
from orchestration.runs import RunLog
from orchestration.warm_lookup import LookupProcess
from serving.api.reads import ReadLog
from serving.api.service import Service
from serving.desk.copies import Copies
from serving.desk.desk import Desk
from serving.desk.simulating import Simulations
from stamm.clock import SystemClock
from stamm.errors import InputError
from stamm.store import Store

if TYPE_CHECKING:
    from fastapi import FastAPI

_POLL_SECONDS = 2.0
_GRACE_SECONDS = 20


def read_vcard(text: str) -> dict[str, object]:
    """The fields of the first card in the text. InputError if there is none."""
    from connectors.files.cards import read_cards
    from connectors.source import Unreadable

    first = next(read_cards(text.splitlines()), None)
    if first is None or isinstance(first, Unreadable):
        raise InputError("vcard: expected one vCard from BEGIN:VCARD to END:VCARD, found none")
    fields: dict[str, object] = {
        name: value for name, value in first.items() if name not in _NOT_OF_A_CARD and value
    }
    fields |= {"emails": first.get("email") or (), "phones": first.get("phone") or ()}
    return fields


_NOT_OF_A_CARD = ("uid", "updated_at", "email", "phone")


@contextmanager
def service(project: Project) -> Iterator[Service]:
    """All that requests share; two connections, so that a long read makes no log entry wait."""
    with (
        closing(project.open_store()) as store,
        closing(project.open_store()) as for_reads,
        closing(LookupProcess(project.home)) as finder,
    ):
        yield Service(
            project.home.published, store, ReadLog(for_reads), finder, read_vcard, project.clock()
        )


@contextmanager
def desk(project: Project, shared: Service, dagster_url: str | None) -> Iterator[Desk]:
    """The Desk beside the API; its copy of the last run is kept up by a thread of its own."""
    with (
        closing(project.open_store()) as store,
        closing(Copies(project.home, lambda: ended_run(store))) as copies,
        _kept_up(copies),
        closing(Simulations(predictor(project, copies.scratch), SystemClock().now)) as simulations,
    ):
        yield Desk(
            shared, copies, lambda: condition(project, store, copies), simulations, dagster_url
        )


def ended_run(store: Store) -> tuple[str, str] | None:
    """The run that ended last; None while one is at work, or was cut off."""
    log = RunLog(store)
    last = log.latest()
    return log.last_ended() if last and last["outcome"] else None


@contextmanager
def _kept_up(copies: Copies) -> Iterator[None]:
    ending = threading.Event()

    def work() -> None:
        while not ending.is_set():
            try:
                copies.keep_up()
            except Exception:  # a copy that cannot be made must not end quietly
                logging.getLogger("stamm").exception("the Desk cannot read the last run")
            ending.wait(_POLL_SECONDS)

    thread = threading.Thread(target=work, name="desk", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def serve(
    app: FastAPI, host: str, port: int, announced: Callable[[str], None] | None = None
) -> None:
    """Serve until interrupted; requests that have begun are answered. OSError if the port is taken.

    Port 0 takes a free one; `announced` is told the address.
    """
    import uvicorn

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
        if announced:
            announced(f"http://{host}:{listening.getsockname()[1]}")
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE_SECONDS
        )
        signal.signal(signal.SIGTERM, _leave)  # uvicorn raises it again when it is done
        uvicorn.Server(config).run(sockets=[listening])


def _leave(_signal: int, _frame: object) -> None:
    """What was opened is closed: copies go, a simulation ends, reads are written."""
    raise SystemExit(0)
