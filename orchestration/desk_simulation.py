"""Simulations for the Desk: on copies, in a process of its own, without the lock of a run.

In: the data folder as the last run left it, specifications. Out: a `Predicted`, or the reason why
there is none. `stamm simulate` holds the data folder meanwhile; this must not, because a run may
begin at any moment: the files are copied as they lie there, and if a run began or they changed, the
copies are thrown away. The process is polite and ends with the server.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.runs import RunLog
from serving.desk.copies import marks
from serving.desk.simulating import Predicted, RunAtWork, Stage, Tell
from stamm.errors import StammError
from stamm.home import Home
from stamm.store import Store

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from dedupe.specification import Specification
    from orchestration.project import Project

_NICER = 10  # the server's requests and a run go first


@dataclass(frozen=True)
class Task:
    """What the process is given; `at` is the moment that the run would have."""

    home: Home
    scratch: Path  # a folder of this server
    specifications: Mapping[str, Specification]
    at: datetime


class Predictor:
    """One process per prediction; one prediction at a time."""

    def __init__(self, task_of: Callable[[Mapping[str, float]], Task]) -> None:
        self._task_of = task_of
        self._turn = threading.Lock()
        self._process: Any = None
        self._stopped = False

    def predict(self, thresholds: Mapping[str, float], tell: Tell) -> Predicted:
        """As the protocol says; the copies are gone afterwards, however the process ended."""
        task = self._task_of(thresholds)
        ours, theirs = multiprocessing.Pipe(duplex=False)
        with ours:
            self._start(task, theirs)
            theirs.close()
            try:
                return _heard(ours, tell)
            finally:
                self._process.join()
                shutil.rmtree(task.scratch, ignore_errors=True)

    def stop(self) -> None:
        """No process is started any more, and one that works is ended."""
        with self._turn:
            self._stopped = True
            if self._process is not None:
                self._process.kill()  # it may have inherited that SIGTERM is ignored

    def _start(self, task: Task, theirs: Connection) -> None:
        context = multiprocessing.get_context("spawn")
        with self._turn:
            if self._stopped:
                raise StammError("the server is ending")
            self._process = context.Process(target=_work, args=(task, theirs), daemon=True)
            self._process.start()


def predictor(project: Project, scratch: Path) -> Predictor:
    """The project's specifications with other thresholds, at the project's time."""
    from orchestration.specifications import match_specifications, with_threshold

    def task_of(thresholds: Mapping[str, float]) -> Task:
        chosen = match_specifications(project)
        tried = {name: with_threshold(one, thresholds[name]) for name, one in chosen.items()}
        return Task(project.home, scratch, tried, project.clock().now())

    return Predictor(task_of)


def predict(task: Task, tell: Tell) -> Predicted:
    """In this process. Raises StammError without a run, `RunAtWork` while one is at work."""
    from dedupe.judgement.simulate import Places, copied, tried
    from orchestration.simulation_examples import predicted

    home = task.home
    before = _settled(home)
    tell("copying")
    places = Places(home.warehouse, home.store, home.linkage)
    try:
        with copied(places, task.scratch) as copy:
            if _settled(home) != before:
                raise _at_work(home)
            tell("linking")
            with tried(copy, task.specifications, at=task.at) as done:
                tell("counting")
                return predicted(done)
    except FileNotFoundError as gone:
        raise _at_work(home) from gone


def _settled(home: Home) -> object:
    """The state that a run left; RunAtWork if none is settled."""
    with closing(Store.open(home.store)) as store:
        last = RunLog(store).latest()
        if last and not last["outcome"]:
            raise _at_work(home)
        return last, marks(home)


def _at_work(home: Home) -> RunAtWork:
    return RunAtWork(
        f"{home.root}: a run is at work, or was cut off",
        hint="Wait for its end (`stamm status`); `stamm run` finishes one that was cut off.",
    )


def _heard(ours: Connection, tell: Tell) -> Predicted:
    """Stages until the result or the failure comes."""
    while True:
        try:
            said = ours.recv()
        except EOFError as ended:
            raise StammError(
                "the process of the simulation ended before it had a result",
                hint="Memory may have been short, or the server is ending.",
            ) from ended
        if isinstance(said, str):
            tell(_stage(said))
        elif isinstance(said, Predicted):
            return said
        else:
            text, run_at_work = said
            raise RunAtWork(text) if run_at_work else StammError(text)


def _stage(said: str) -> Stage:
    stages: dict[str, Stage] = {"copying": "copying", "linking": "linking", "counting": "counting"}
    return stages[said]


def _work(task: Task, theirs: Connection) -> None:
    """The child: Ctrl+C is for the server, which then ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICER)
    with theirs, suppress(BrokenPipeError):
        try:
            theirs.send(predict(task, theirs.send))
        except StammError as failure:
            theirs.send((str(failure), isinstance(failure, RunAtWork)))
