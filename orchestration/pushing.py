"""The published build → one target: what `stamm push` and the assets of the sinks both do.

In: a project and the settings of a sink. Out: what was sent, refused, failed and is waiting, noted
in the ledger of that target. Only what is published leaves, less what is suppressed or withdrawn
by now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stamm.clock import SystemClock
from stamm.errors import SettingsError, StammError
from stamm.mistakes import nearest

if TYPE_CHECKING:
    from connectors.sinks.difference import Wanted
    from connectors.sinks.ledger import Ledger
    from connectors.sinks.push import Listener, Pushed
    from connectors.sinks.sink import Change
    from orchestration.project import Project
    from serving.api.views import View
    from stamm.settings import SinkSettings
    from stamm.store import Store


class PushIncomplete(StammError):
    """A target did not take all that it should hold."""


class Outbox:
    """What each target should hold now: read anew once somebody was suppressed or withdrew.

    A push of many customers takes long, and what may not leave any more meanwhile is not sent.
    """

    def __init__(self, project: Project, store: Store) -> None:
        from serving.api.views import Published

        self._sinks = project.settings.sinks
        self._store = store
        self._published = Published(project.home.published, store)
        self._seen: View | None = None

    def now(self) -> Wanted:
        """The same object for as long as the same may leave.

        Raises PublishError if nothing is published, SettingsError if `owns` names a field that the
        outbox has not.
        """
        view = self._published.current()
        if self._seen is None or not view.shows_what(self._seen):
            self._wanted, self._seen = self._read(view), view
        return self._wanted

    def _read(self, view: View) -> Wanted:
        from connectors.sinks.difference import Wanted
        from connectors.sinks.ledger import plain
        from serving.outgoing import outgoing

        out = outgoing(view, self._store)
        _check_owned(self._sinks, out.columns)
        rows = {party: plain(row) for party, row in out.rows.items()}
        return Wanted(rows, out.living, out.resolves)


def push_to(
    project: Project,
    sink: SinkSettings,
    outbox: Outbox,
    store: Store,
    *,
    again: bool = False,
    heard: Listener | None = None,
) -> Pushed:
    """Send what differs. Facts have the project's time, what is sent has the machine's own."""
    from connectors.sinks.push import push
    from connectors.sinks.registry import sinks
    from orchestration.own_records import tie_own_records
    from orchestration.restoring import require_checked, require_reconciled

    require_reconciled(store, sink.name)
    require_checked(store, sink.name)
    system, clock = sinks()[sink.system], SystemClock()
    target = system.open(sink, clock)
    try:
        pushed = push(
            target,
            outbox.now(),
            ledger_of(sink, store),
            clock,
            batch=system.batch,
            owns=sink.owns,
            again=again,
            heard=heard,
            now=outbox.now,
        )
    finally:
        target.close()
        tie_own_records(sink, project.home.published, store)
    return pushed


def planned_for(sink: SinkSettings, wishes: Wanted, store: Store, *, again: bool) -> list[Change]:
    """What `push_to` would send, without asking the target."""
    from connectors.sinks.push import plan

    return plan(wishes, ledger_of(sink, store), owns=sink.owns, again=again)


def ledger_of(sink: SinkSettings, store: Store) -> Ledger:
    """What this target holds, by its name in stamm.yaml."""
    from connectors.sinks.ledger import Ledger

    return Ledger(store, sink.name, SystemClock())


def incomplete(sink: SinkSettings, pushed: Pushed) -> PushIncomplete:
    """The error of a push that is not complete."""
    ended = f"; it ended early: {pushed.error}" if pushed.error else ""
    return PushIncomplete(
        f"{sink.name}: {pushed.refused:,} refused and {pushed.failed:,} failed{ended}",
        hint="`stamm push --log` says why; `stamm push` tries again. What is published stays so.",
        error=pushed.error,
    )


def _check_owned(sinks: Mapping[str, SinkSettings], columns: tuple[str, ...]) -> None:
    mistakes = [
        f"sinks.{name}.owns: expected fields out of {', '.join(columns)}, found {field!r}"
        f"{nearest(field, columns)}"
        for name, sink in sinks.items()
        for field in sink.owns
        if field not in columns
    ]
    if mistakes:
        raise SettingsError(mistakes)
