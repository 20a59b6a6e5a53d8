"""`stamm backup` and `stamm restore`: what cannot be made again, to another disk and back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from orchestration.project import Project


def backup(
    target: Annotated[Path, typer.Argument(help="A folder on another disk; made if need be.")],
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Copy landing, the operational store and the trained model; also while a run is at work.

    The folder is brought to what the project holds now: loads that are in it already are not
    copied again, and what the project has no more goes. It holds personal data and the key of the
    record ids: keep it as closed as the data folder. Whatever is not in it (warehouse, builds,
    logs) is made again by `stamm run`.

    Example: stamm backup /mnt/backup/stamm
    """
    from dataclasses import asdict

    from orchestration.backup import back_up
    from orchestration.cli.output import as_json as write
    from orchestration.cli.output import say
    from orchestration.project import open_project

    project = open_project()
    with closing(project.open_store()) as store:
        made = back_up(project, store, target)
    if as_json:
        write(asdict(made))
    else:
        say(f"{made.files:,} files, {made.bytes >> 20:,} MB, {made.copied:,} of them copied anew")


def restore(
    source: Annotated[
        Path | None, typer.Argument(help="The folder that `stamm backup` wrote.")
    ] = None,
    checked: Annotated[
        bool,
        typer.Option("--checked", help="Somebody entered again what the backup did not know."),
    ] = False,
) -> None:
    """Put a backup into a data folder that holds neither state.db nor landing.

    What was landed or decided since the backup is read or has to be decided again. Targets under
    `sinks` are closed until you have compared them: they know customers that the restored ledger
    does not. Withdrawals, suppressions and erasures since the backup are lost: target-group export
    and the copy in PostgreSQL wait until you have entered them again and said so with --checked.
    Everybody at the Desk logs in anew. docs/operations.md, After a restore, says how.

    Example: STAMM_HOME=/srv/stamm/data stamm restore /mnt/backup/stamm
    """
    from orchestration.cli.output import say
    from orchestration.project import open_project
    from orchestration.restoring import restore as restored
    from orchestration.restoring import unreconciled

    project = open_project()
    if checked or source is None:
        _checked(project, checked, source)
        return
    made = restored(project, source)
    say(f"Restored what was backed up at {made.made_at}. Next: stamm run")
    with closing(project.open_store()) as store:
        for sink in sorted(unreconciled(store)):
            say(f"  {sink} is closed: stamm push --dry-run --sink {sink}, compare, then "
                f"stamm push --reconcile {sink}")  # fmt: skip
    say("  Enter again what was withdrawn, suppressed, restricted, erased, closed or revoked since;"
        " then stamm restore --checked")  # fmt: skip


def _checked(project: Project, checked: bool, source: Path | None) -> None:
    """Either a folder, or word that somebody looked."""
    from orchestration.cli.output import say
    from serving.restored import checked as note
    from stamm.clock import SystemClock
    from stamm.errors import UsageError

    if source is not None or not checked:
        found = "both" if checked else "neither"
        raise UsageError(f"expected the folder of a backup or --checked, found {found}")
    with closing(project.open_store()) as store:
        waited = note(store, at=SystemClock().now())
    said = f"The restore of {waited.restored_at} is checked" if waited else "No restore waited"
    say(f"{said}: lists and copies leave the house.")
