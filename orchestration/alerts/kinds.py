"""The kinds of alerts: how an error becomes one, what it says, and where its runbook stands.

A kind's name is the anchor of its section in docs/operations.md. Texts are fixed here, so that no
value of a record can travel with an alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PUBLISHED_STANDS = "What was published before stays published."


@dataclass(frozen=True)
class Kind:
    """`event` is the type of the webhook, `says` the headline, `todo` the next step."""

    name: str
    event: str
    says: str
    todo: str


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "run-failed", "run.failed", "A run failed.",
            "Read logs/stamm.log of the data folder; `stamm run` goes on where it stopped.",
        ),
        Kind(
            "run-cut-off", "run.failed", "A run was cut off: its process ended without a word.",
            "Look for a reboot or a lack of memory; the next run finishes its work.",
        ),
        Kind(
            "gate-stopped", "run.gate_stopped", "A quality gate stopped a run.",
            "Look at the checks named here in reports/quality.html; mend the source, or decide.",
        ),
        Kind(
            "warning-new", "run.warned", "A check warns that did not warn in the run before.",
            "Look at it in reports/quality.html; the build is published.",
        ),
        Kind(
            "source-unreachable", "run.failed", "A source does not answer.",
            "`stamm check` asks every source; the next run reads on where this one stopped.",
        ),
        Kind(
            "credentials-refused", "run.failed", "A system refused our credentials.",
            "Renew them in the environment file, then `stamm check`.",
        ),
        Kind(
            "contract-broken", "run.failed", "A system answered otherwise than it promises.",
            "`stamm check` and `stamm schema diff` say what differs.",
        ),
        Kind(
            "source-shrank", "run.failed", "A source has far fewer records than before.",
            "Nothing was replaced. Look at the source, then allow it once by `accept_shrinking`.",
        ),
        Kind(
            "publish-failed", "run.failed", "A build could not be published.",
            "Look for a full disk, or at the PostgreSQL that builds are copied to.",
        ),
        Kind(
            "push-incomplete", "run.failed", "A target did not take what it should hold.",
            "`stamm push --log` says why; the build is published, the next push tries again.",
        ),
        Kind(
            "after-a-restore", "run.failed", "What leaves the house waits since a restore.",
            "Look what was lost, then `stamm restore --checked` and `stamm push --reconcile NAME`.",
        ),
        Kind(
            "store-broken", "run.failed", "The operational store cannot be used.",
            "Stop all runs; check the disk; restore the last backup if the file is damaged.",
        ),
        Kind(
            "store-busy", "run.failed", "The operational store was held by somebody else.",
            "Look for a process that holds state.db; `stamm run` goes on where it stopped.",
        ),
        Kind(
            "settings-wrong", "run.failed", "stamm.yaml or a name in it is wrong.",
            "`stamm check` names every mistake and the place of it.",
        ),
        Kind("test", "alert.test", "This is a test of the alerts.", "Nothing is to be done."),
    )
}  # fmt: skip

# Error by its class → kind; what is not here has failed in a way that nobody foresaw.
_OF_ERRORS = {
    "GateStopped": "gate-stopped",
    "Unreachable": "source-unreachable",
    "CredentialsRefused": "credentials-refused",
    "ContractBroken": "contract-broken",
    "SchemaDrifted": "contract-broken",
    "InputError": "contract-broken",
    "SuspiciouslyShort": "source-shrank",
    "PublishError": "publish-failed",
    "PushIncomplete": "push-incomplete",
    "NotReconciled": "after-a-restore",
    "StoreError": "store-broken",
    "StoreBusy": "store-busy",
    "SettingsError": "settings-wrong",
    "UsageError": "settings-wrong",
    "CutOff": "run-cut-off",
}


def kind_of(error: str) -> Kind:
    """The kind of an error, by the name of its class."""
    return KINDS[_OF_ERRORS.get(error, "run-failed")]


@dataclass(frozen=True)
class Alert:
    """What is told. Names of stages, sources and checks only; `key` is what it is told once for."""

    alert_id: str
    kind: Kind
    run_id: str
    stage: str
    checks: tuple[str, ...]
    raised_at: str

    @property
    def subject(self) -> str:
        """One line."""
        return f"[Stamm] {self.kind.says.rstrip('.')}: {self.stage}"
