"""Finds every kind of target: a module beside this one that binds `SINK`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import connectors.sinks
from connectors.sinks.sink import SinkSystem


@cache
def sinks() -> dict[str, SinkSystem]:
    """All kinds by name, in alphabetical order."""
    modules = (
        importlib.import_module(f"connectors.sinks.{module.name}")
        for module in pkgutil.iter_modules(connectors.sinks.__path__)
    )
    bound = (getattr(module, "SINK", None) for module in modules)
    found = [one for one in bound if isinstance(one, SinkSystem)]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}
