"""The trained model: the specification with the numbers that training found, and their origin.

Kept as `<work_dir>/<party_type>.trained.json`; with it any pair can be scored at any time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import log2
from pathlib import Path

from dedupe.specification import Specification
from stamm.errors import InputError

Table = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Trained:
    """Probabilities by comparison and level code − 1 (the worst level first).

    `m` among matches, `u` among strangers, `v` among pairs of the alternative (household), which
    equals `u` where the specification has none. The three shares add up to one over all pairs.
    """

    specification: Specification
    m: Table
    u: Table
    v: Table
    match_share: float
    alternative_share: float
    records: int
    origin: str

    @property
    def prior_bits(self) -> float:
        """Weight of a pair before anything is compared."""
        supervised = self.specification.supervised
        shift = supervised.shift_bits if supervised else 0.0
        return log2(self.match_share / self.stranger_share) + shift

    def level_bits(self, place: int, index: int) -> float:
        """Weight of a level against strangers, before the frequency of the very value."""
        return self._scale(place) * log2(self.m[place][index] / self.u[place][index])

    def alternative_bits(self, place: int, index: int) -> float:
        """The same for pairs of the alternative against strangers."""
        return self._scale(place) * log2(self.v[place][index] / self.u[place][index])

    def _scale(self, place: int) -> float:
        supervised = self.specification.supervised
        if supervised is None:
            return 1.0
        return supervised.scales.get(self.specification.comparisons[place].name, 1.0)

    @property
    def stranger_share(self) -> float:
        """What is left: pairs of strangers."""
        return 1.0 - self.match_share - self.alternative_share


def save(trained: Trained, work_dir: Path) -> Path:
    """Write the model; equal models give equal bytes."""
    work_dir.mkdir(parents=True, exist_ok=True)
    path = _path(work_dir, trained.specification.party_type)
    content = asdict(trained) | {"specification": trained.specification.model_dump(mode="json")}
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(content, indent=1), encoding="utf-8")
    aside.replace(path)
    return path


def load(work_dir: Path, party_type: str) -> Trained:
    """The model of the last training. Raises InputError if there is none."""
    path = _path(work_dir, party_type)
    if not path.exists():
        raise InputError(f"no trained model of {party_type} records", hint="Run `stamm run` first.")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["specification"] = Specification.model_validate(content["specification"])
    for name in ("m", "u", "v"):
        content[name] = tuple(tuple(row) for row in content[name])
    return Trained(**content)


def _path(work_dir: Path, party_type: str) -> Path:
    return work_dir / f"{party_type}.trained.json"
