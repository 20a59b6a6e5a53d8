"""Finds every system: a module or package beside this one that binds `SYSTEM`.

Adding a connector touches no other file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

import connectors
from connectors.source import Reader, Stream, System
from stamm.errors import SettingsError
from stamm.settings import SourceSettings

__all__ = ["Reader", "Stream", "System", "declared", "systems"]


@cache
def systems() -> dict[str, System]:
    """All systems by name, in alphabetical order."""
    modules = (
        importlib.import_module(f"connectors.{module.name}")
        for module in pkgutil.iter_modules(connectors.__path__)
    )
    bound = (getattr(module, "SYSTEM", None) for module in modules)
    found = [system for system in bound if isinstance(system, System)]
    return {system.name: system for system in sorted(found, key=lambda system: system.name)}


def declared(known: Mapping[str, System], sources: Iterable[SourceSettings]) -> dict[str, System]:
    """The systems with the streams that only the settings of these sources declare.

    What lists the streams of a system (views, bases, assets) lists those too. Raises
    `SettingsError` if two sources hold streams of one name on different bases.
    """
    streams = {name: {one.name: one for one in system.streams} for name, system in known.items()}
    for source in sources:
        for stream in known[source.system].streams_of(source):
            other = streams[source.system].setdefault(stream.name, stream)
            if other.holds != stream.holds:
                raise SettingsError(
                    [
                        f"sources.{source.name}: expected {stream.name} to hold what it holds in "
                        f"another source ({other.holds}), found {stream.holds}"
                    ],
                    hint="Sources of a system share the view of a stream: name one otherwise.",
                )
            if (other.basis, other.field_groups) != (stream.basis, stream.field_groups):
                raise SettingsError(
                    [
                        f"sources.{source.name}: expected {stream.name} on the basis that another "
                        f"source holds it on ({other.basis.purpose}), found {stream.basis.purpose}"
                    ],
                    hint="Sources of a system share the view of a stream: name one otherwise.",
                )
    return {
        name: replace(one, streams=tuple(streams[name].values())) for name, one in known.items()
    }
