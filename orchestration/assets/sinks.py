"""Published build → each target of `stamm.yaml`, one asset per target.

A target that fails ends its own step only: the build is published, and the next run sends what is
left. What was refused is told on the asset's page.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    Failure,
    MaterializeResult,
    MetadataValue,
    RetryPolicy,
    asset,
)

from orchestration.project import Project
from orchestration.restoring import NotReconciled
from orchestration.session import Pipeline
from stamm.errors import CredentialsRefused, StammError
from stamm.redaction import redact
from stamm.settings import SinkSettings

if TYPE_CHECKING:
    from connectors.sinks.ledger import Letter

# Sent under the ids of before, so that nothing is done twice.
_RETRY = RetryPolicy(max_retries=1, delay=5)
_SHOWN = 50  # dead letters on the asset's page; `stamm push --log` has them all


def sink_assets(project: Project) -> list[AssetsDefinition]:
    """None where no target is declared."""
    return [_sink_asset(sink) for sink in project.settings.sinks.values()]


def _sink_asset(sink: SinkSettings) -> AssetsDefinition:
    @asset(
        key=["sinks", sink.name],
        deps=[AssetKey(["published", "build"])],
        group_name="sinks",
        kinds={sink.system},
        retry_policy=_RETRY,
        description=f"What `{sink.name}` ({sink.system}) holds of the published customers.",
    )
    def customers_sent(
        context: AssetExecutionContext, pipeline: Pipeline
    ) -> MaterializeResult[None]:
        try:
            return _push(context, pipeline, sink)
        except StammError as failure:
            if not _is_hopeless(failure):
                raise
            raise Failure(redact(str(failure)), allow_retries=False) from failure

    return customers_sent


def _is_hopeless(failure: StammError) -> bool:
    """Whether a second try would find the same."""
    refused = isinstance(failure.facts.get("error"), CredentialsRefused)
    return refused or isinstance(failure, NotReconciled)


def _push(
    context: AssetExecutionContext, pipeline: Pipeline, sink: SinkSettings
) -> MaterializeResult[None]:
    from orchestration.pushing import Outbox, incomplete, ledger_of, push_to

    session = pipeline.session
    with session.stage(f"push {sink.name}") as counts:
        outbox = Outbox(session.project, session.store)
        pushed = push_to(session.project, sink, outbox, session.store)
        counts.update(pushed.counts())
        counts["row_count"] = pushed.sent.total()
        context.log.info("%s: %s", sink.name, counts)
        if pushed.overdue:
            raise incomplete(sink, pushed)
    letters = ledger_of(sink, session.store).letters()
    return MaterializeResult(
        metadata={
            **pushed.counts(),
            **{f"sent/{operation}": count for operation, count in pushed.sent.items()},
            "dead_letters": MetadataValue.md(_table(letters[:_SHOWN])),
        }
    )


def _table(letters: "Sequence[Letter]") -> str:
    """Ids and reasons; no values."""
    rows = [
        f"| {x.party_id} | {x.operation} | {x.outcome} | {_as_code(x.reason)} | {x.changed_at} |"
        for x in letters
    ]
    head = ["| customer | change | outcome | reason | when |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) if rows else "none"


def _as_code(said: str) -> str:
    """A target's words as they are: no link, no picture and no column of the page."""
    plain = said.replace("`", "'").replace("|", "/").replace("\n", " ")
    return f"`{plain}`" if plain else ""
