"""Tells of an error which source and stream it befell, and which settings mend it.

The client knows addresses, the file reader knows files; only here both meet a source's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.settings import HttpSource
from connectors.source import Stream
from stamm.errors import CredentialsRefused, InputError, SourceError, Unreachable
from stamm.settings import SourceSettings


@contextmanager
def blamed(source: SourceSettings, stream: Stream) -> Iterator[None]:
    """Errors of the block leave it with the stream's name in front and the settings to check."""
    try:
        yield
    except (SourceError, InputError) as failure:
        where = f"{source.name}.{stream.name}"
        if not failure.message.startswith(where):
            failure.message = f"{where}: {failure.message}"
        if isinstance(failure, CredentialsRefused):
            failure.hint = (
                f"Check {_keys(source)} in stamm.yaml, the validity at the source, "
                f"and the right to read {stream.name}."
            )
        elif isinstance(failure, Unreachable) and not failure.hint:
            failure.hint = _waiting(source)
        raise


def _keys(source: SourceSettings) -> str:
    """The settings that a system of its kind is entered with."""
    told = type(source).entered_with
    own = told or [n for n in type(source).model_fields if n not in HttpSource.model_fields]
    return " and ".join(f"sources.{source.name}.{name}" for name in own)


def _waiting(source: SourceSettings) -> str:
    return (
        "Nothing is lost: the next run goes on where this one stopped. If the system often needs "
        f"longer, raise sources.{source.name}.patience."
    )
