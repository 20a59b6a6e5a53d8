"""A run that ended → alerts → whoever is to be told; the same for the command and for Dagster.

In: a run's id. What failed in it and what warned stands in the operational store, where the run
itself left it. Out: alerts, once each. A receiver that is down delays nothing for long and breaks
nothing: what it did not take waits for the next run, or for `stamm alert send`.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing

from orchestration.alerts.channels import AlertRefused, channels
from orchestration.alerts.kinds import Alert, kind_of
from orchestration.alerts.ledger import AlertLedger
from orchestration.project import Project
from orchestration.runs import Failure, RunLog
from stamm.clock import Clock, SystemClock
from stamm.errors import StammError
from stamm.ids import new_ulid
from stamm.store import Store, is_busy

_LINES = logging.getLogger("stamm")


def tell_of_run(project: Project, run_id: str, *, otherwise: Failure | None = None) -> None:
    """Tell what of this run is worth it; `otherwise` is what failed if the run itself noted none.

    Raises nothing that hangs on a receiver or the store: a run is not worse for want of a listener.
    """
    try:
        with closing(project.open_store()) as store:
            _raise_alerts(project, store, run_id, otherwise)
            deliver(project, store)
    except (StammError, sqlite3.Error, OSError) as failure:
        _LINES.exception("alerts of run %s could not be noted", run_id)
        tell_of_an_unusable_store(project, run_id, failure)
    except Exception:  # noqa: BLE001 - whatever it is, the run was what it was
        _LINES.exception("alerts of run %s could not be told", run_id)


def tell_of_an_unusable_store(project: Project, run_id: str, failure: Exception) -> None:
    """Tell without the ledger, as it lies in what is shut: each run that meets it tells it."""
    clock = SystemClock()
    moment = clock.now().isoformat(timespec="seconds")
    kind = kind_of("StoreBusy" if is_busy(failure) else "StoreError")
    alert = Alert(new_ulid(clock), kind, run_id, "operational store", (), moment)
    for name, channel in channels(project.settings.alerts, clock).items():
        try:
            channel.tell(alert)
        except (StammError, OSError) as untold:
            _LINES.warning("alert by %s is lost: %s", name, _reason(untold))


def _raise_alerts(project: Project, store: Store, run_id: str, otherwise: Failure | None) -> None:
    from quality.results import new_warnings

    clock = SystemClock()
    ledger, names = AlertLedger(store, clock), list(channels(project.settings.alerts, clock))
    failures = RunLog(store).failures(run_id)
    for failed in failures or ([(run_id, otherwise)] if otherwise else []):
        ledger.note(kind_of(failed[1].error).name, failed[0], failed[1], names)
    for gate, checks in new_warnings(store, run_id).items():
        ledger.note("warning-new", run_id, Failure(f"gate {gate}", "", checks), names)


def deliver(
    project: Project, store: Store, clock: Clock | None = None, *, again: bool = False
) -> int:
    """Send what is due, oldest first; a channel that is down is left alone until the next time.

    `again` is for somebody who has mended it: also what was refused today, or was given up.

    Returns how many were taken.
    """
    clock = clock or SystemClock()
    ledger, open_ones = AlertLedger(store, clock), dict(channels(project.settings.alerts, clock))
    taken = 0
    for delivery in ledger.undelivered() if again else ledger.due():
        channel = open_ones.get(delivery.channel)
        if channel is None:
            continue
        try:
            channel.tell(delivery.alert)
        except AlertRefused as refusal:  # the next alert may pass
            ledger.told(delivery, _reason(refusal), refused=True)
            _LINES.warning("alert by %s was refused: %s", delivery.channel, _reason(refusal))
        except (StammError, OSError) as failure:
            ledger.told(delivery, _reason(failure))
            _LINES.warning("alert by %s waits: %s", delivery.channel, _reason(failure))
            del open_ones[delivery.channel]
        else:
            ledger.told(delivery)
            taken += 1
    return taken


def _reason(failure: StammError | OSError) -> str:
    text = failure.message if isinstance(failure, StammError) else str(failure)
    return text.splitlines()[0] if text else type(failure).__name__
