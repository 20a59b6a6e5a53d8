"""What other thresholds would do, tried in the background: one simulation at a time.

In: thresholds that somebody asked for, and who predicts (handed in: it is the code of a run, and
works on copies). Out: a `Trial`, kept in memory while the server lives. It holds ids and counts
only; names are read when a page is made, so that whoever is suppressed meanwhile is not shown.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol

from serving.prediction import Prediction
from stamm.errors import StammError

Stage = Literal["copying", "linking", "counting"]
Tell = Callable[[Stage], None]


class RunAtWork(StammError):
    """There is no state to start from: a run is at work, or was cut off."""


@dataclass(frozen=True)
class Example:
    """One merge (`party_id` goes into `other_id`) or split (it comes out of `other_id`).

    So many `records` change their party; `parties` are all whose records are in it, before and
    after.
    """

    kind: Literal["merge", "split"]
    party_id: str
    other_id: str
    records: int
    parties: frozenset[str]
    revenue_eur: float


@dataclass(frozen=True)
class Predicted:
    """A prediction, and the examples with the most revenue first."""

    figures: Prediction
    examples: tuple[Example, ...]


class Predictor(Protocol):
    """Works on copies; `stop` ends what it is at, from another thread."""

    def predict(self, thresholds: Mapping[str, float], tell: Tell) -> Predicted:
        """StammError where there is nothing to start from; `RunAtWork` while a run is at work."""

    def stop(self) -> None:
        """`predict`, if somebody waits for it, raises."""


@dataclass(frozen=True)
class Trial:
    """One simulation. Without `ended_at` it is at work; then it has a prediction or a failure.

    `run` and `judgement` are what the last run and judgement were when it began. `failure` is a
    text of ours in English, `run_at_work` the one failure that goes by.
    """

    thresholds: Mapping[str, float]
    asked_by: str
    began_at: datetime
    run: object
    judgement: int
    stage: Stage = "copying"
    ended_at: datetime | None = None
    predicted: Predicted | None = None
    failure: str = ""
    run_at_work: bool = False


class Busy(Exception):
    """Another simulation is at work."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial.asked_by)
        self.trial = trial


class Simulations:
    """Keeps the last one."""

    def __init__(self, predictor: Predictor, now: Callable[[], datetime]) -> None:
        self._predictor, self._now = predictor, now
        self._turn = threading.Lock()
        self._trial: Trial | None = None
        self._thread: threading.Thread | None = None

    @property
    def trial(self) -> Trial | None:
        """The one at work, else the last one; None before the first."""
        return self._trial

    def begin(
        self, thresholds: Mapping[str, float], asked_by: str, *, run: object, judgement: int
    ) -> Trial:
        """Start in the background. Raises `Busy` while another one is at work."""
        with self._turn:
            if self._trial and self._trial.ended_at is None:
                raise Busy(self._trial)
            trial = Trial(dict(thresholds), asked_by, self._now(), run, judgement)
            self._trial = trial
            self._thread = threading.Thread(
                target=self._work, args=(trial,), name="simulation", daemon=True
            )
            self._thread.start()
        return trial

    def wait(self) -> None:
        """Until the one at work has ended."""
        if self._thread:
            self._thread.join()

    def close(self) -> None:
        """The one at work is broken off; its copies go."""
        self._predictor.stop()
        self.wait()

    def _work(self, trial: Trial) -> None:
        def tell(stage: Stage) -> None:
            self._trial = replace(trial, stage=stage)

        self._trial = replace(self._ended(trial, tell), ended_at=self._now())

    def _ended(self, trial: Trial, tell: Tell) -> Trial:
        try:
            return replace(trial, predicted=self._predictor.predict(trial.thresholds, tell))
        except StammError as failure:
            text = str(failure).splitlines()[0]
            return replace(trial, failure=text, run_at_work=isinstance(failure, RunAtWork))
        except Exception:  # who waits must be told, whatever it was
            logging.getLogger("stamm").exception("a simulation failed")
            return replace(trial, failure="the log of the server tells what failed")
