"""Finds every system: a module or package beside this one that binds `SYSTEM`.

Adding a connector touches no other file.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import connectors
from connectors.source import Reader, Stream, System

__all__ = ["Reader", "Stream", "System", "systems"]


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
