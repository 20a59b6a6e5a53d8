"""The shares of `mess.yml`, read once and addressed by dotted path.

Flow: mess.yml → `Mess`. Nothing here draws; `sandbox.world` flips the coins and counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from stamm.yaml_text import read_yaml

MESS_FILE = Path(__file__).with_name("mess.yml")
SYSTEMS = ("erp", "webshop", "email", "support")


@dataclass(frozen=True)
class Mess:
    """All shares by dotted path, such as `names.typo_family` or `missing.email.erp`."""

    shares: dict[str, Any]

    def share(self, path: str) -> float:
        """The probability at `path`; an unknown path is a programming error (KeyError)."""
        return float(self.shares[path])

    def table(self, path: str) -> dict[str, float]:
        """The shares directly under `path` by their last name."""
        start = path + "."
        return {k[len(start) :]: float(v) for k, v in self.shares.items() if k.startswith(start)}

    def span(self, path: str) -> tuple[int, int]:
        """A range such as [1, 6]."""
        low, high = self.shares[path]
        return int(low), int(high)


@lru_cache(maxsize=1)
def load_mess() -> Mess:
    """The mess as it is fixed in the file beside this module."""
    return Mess(_flatten(read_yaml(MESS_FILE), ""))


def _flatten(tree: dict[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def presence_draws(shares: dict[str, float]) -> dict[str, float]:
    """Independent probabilities whose marginals, given 'at least one', equal `shares`.

    Solves p_i = share_i * (1 - prod(1 - p_j)) by fixed-point iteration.
    """
    draws = dict(shares)
    for _ in range(60):
        none = 1.0
        for value in draws.values():
            none *= 1 - value
        draws = {name: share * (1 - none) for name, share in shares.items()}
    return draws
