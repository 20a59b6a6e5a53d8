"""Progress on standard error: a live line for a person, one line per stage for a log file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[None]:
    """While open, what the run announces is shown; nothing at all when quiet."""
    from rich.console import Console

    from orchestration.announcing import listening

    console = Console(stderr=True, quiet=quiet, highlight=False)
    if not console.is_terminal:
        with listening(lambda text, passing: None if passing else console.print(f"… {text}")):
            yield
        return
    with (
        console.status("getting ready") as status,
        listening(lambda text, _passing: status.update(text)),
    ):
        yield
