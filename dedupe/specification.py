"""The match specification: blocking rules, comparisons, levels, priors, each with its origin.

Flow: `specifications/<party_type>.yml` (or a project's own file) → `Specification`. Training
fills m and u beside it (`dedupe.training`); linking reads both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stamm.errors import InputError
from stamm.yaml_text import read_yaml

PartyType = Literal["person", "organisation"]
MAX_LEVELS = 7  # three bits per comparison; 0 is "missing"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Strict):
    """One test of a pair on standardised columns; `other` is a second column, tested both ways."""

    test: Literal[
        "equal", "crossed", "swapped", "overlap", "jaro_winkler", "levenshtein", "slip",
        "initial", "starts_with", "any_of",
    ]  # fmt: skip
    column: str = ""
    other: str = ""
    at_least: float = 0.0
    at_most: int = 0
    of: tuple[Condition, ...] = ()


class Level(_Strict):
    """A grade of similarity: all conditions of `when` hold, and no better level does."""

    name: str
    when: tuple[Condition, ...] = ()
    m: float = Field(gt=0, lt=1, description="stated start value; training replaces it")
    term_frequency: str = ""
    exact_chance: str = ""
    origin: str


class Comparison(_Strict):
    """An attribute's similarity. `levels` run from the best to `different`."""

    name: str
    needs: tuple[str, ...]
    silent_when: tuple[Condition, ...] = ()
    levels: tuple[Level, ...]
    contradicts: str = ""
    corrects: tuple[str, ...] = Field(
        default=(),
        description="comparisons whose agreement as a whole has a frequency of its own; says"
        " nothing beyond that (dedupe/linking/namesakes.py)",
    )

    @model_validator(mode="after")
    def _fits_three_bits(self) -> Comparison:
        if not 2 <= len(self.levels) <= MAX_LEVELS or self.levels[-1].when:
            raise ValueError(f"{self.name}: 2 to {MAX_LEVELS} levels, the last one without `when`")
        return self

    def code(self, level: str) -> int:
        """1 for the last level, rising to the best; 0 is missing."""
        names = [entry.name for entry in reversed(self.levels)]
        if level not in names:
            raise InputError(f"{self.name}: no level {level!r}", hint=f"Levels: {', '.join(names)}")
        return names.index(level) + 1

    def level(self, code: int) -> Level | None:
        """The level of a code; None for missing."""
        return self.levels[len(self.levels) - code] if code else None


class BlockingRule(_Strict):
    """Records with equal `columns` become a candidate pair; a list column gives many keys.

    `fires_at` says which levels mean that it fired: those comparisons are left out of its
    training session, and they give the coverage of the blocking.
    """

    name: str
    columns: tuple[str, ...]
    cap: int = Field(gt=1, description="a value held by more records is hot and not blocked on")
    fires_at: dict[str, str]
    origin: str


class Alternative(_Strict):
    """Pairs that are neither one party nor strangers, such as people of one household."""

    name: str
    as_strangers: tuple[str, ...] = Field(description="comparisons in which they agree by chance")
    alike: dict[str, float] = Field(
        description="start: chance of the best level, if not a stranger's"
    )
    share: float = Field(gt=0, lt=1, description="start: their share among blocked pairs")
    origin: str

    def by_chance(self, comparison: Comparison) -> bool:
        """Whether they agree in it as strangers do; so they do in what is named nowhere here."""
        if comparison.name in self.as_strangers:
            return True
        return comparison.name not in self.alike and not comparison.corrects


class Prior(_Strict):
    """`matches_per_record` is what is believed before any data are seen."""

    matches_per_record: float = Field(gt=0)
    records_needed: int = Field(description="below this many records the stated prior stands")
    origin: str


class Thresholds(_Strict):
    """Pairs below the probability `candidate` are dropped; parts merge above `merge_bits`."""

    candidate: float
    # Between the weight that a bad pair counts for at least (-3 bits) and certainty.
    merge_bits: float = Field(default=-1.0, gt=-3, le=40)
    origin: str

    @property
    def enough(self) -> int:
        """`merge_bits` as weights are stored, in thousandths of a bit."""
        return round(1000 * self.merge_bits)


class Supervised(_Strict):
    """What judged pairs changed: weight = shift + Σ scale · (level's weight) + the rest as it is.

    Comparisons not named keep their weights. Found by `dedupe.judgement.supervised`, not by hand.
    """

    shift_bits: float
    scales: dict[str, float]
    judgements: int
    origin: str


# Three bits each in a pattern, which is a whole number of 64 bits with a sign.
MOST_COMPARISONS = 21


class Specification(_Strict):
    """Everything that decides a match of one party type, except the trained numbers."""

    version: int
    party_type: PartyType
    prior: Prior
    thresholds: Thresholds
    blocking_rules: tuple[BlockingRule, ...]
    comparisons: tuple[Comparison, ...]
    alternative: Alternative | None = None
    supervised: Supervised | None = None

    @model_validator(mode="after")
    def _names_are_known(self) -> Specification:
        names = {comparison.name for comparison in self.comparisons}
        if len(self.comparisons) > MOST_COMPARISONS:
            raise ValueError(
                f"expected at most {MOST_COMPARISONS} comparisons, found {len(self.comparisons)}"
            )
        for comparison in self.comparisons:
            for name in comparison.corrects:
                if not self.comparison(name).levels[0].term_frequency:
                    raise ValueError(f"{comparison.name}: {name} has no term frequency to correct")
        counted = [
            level.term_frequency
            for comparison in self.comparisons
            for level in comparison.levels
            if level.term_frequency
        ]
        for column in counted:
            if counted.count(column) > 1:
                raise ValueError(f"{column}: expected as term_frequency of one level, found more")
        for rule in self.blocking_rules:
            for name, level in rule.fires_at.items():
                self.comparison(name).code(level)
        if self.alternative and set(self.alternative.as_strangers) - names:
            raise ValueError("alternative.as_strangers names an unknown comparison")
        if self.supervised and set(self.supervised.scales) - names:
            raise ValueError("supervised.scales names an unknown comparison")
        return self

    def comparison(self, name: str) -> Comparison:
        """By name."""
        for comparison in self.comparisons:
            if comparison.name == name:
                return comparison
        raise InputError(f"no comparison {name!r}", hint="Comparisons are named in the file.")

    def position(self, name: str) -> int:
        """The place of a comparison; its bits are 3·place to 3·place + 2."""
        return self.comparisons.index(self.comparison(name))


def written(specification: Specification) -> str:
    """As a file that `load_specification` reads; what is not stated is left out."""
    content = specification.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def load_specification(party_type: str, path: Path | None = None) -> Specification:
    """The built-in specification of a party type, or a project's own file.

    Raises InputError naming file and entry if the file does not fit.
    """
    if party_type not in get_args(PartyType):
        raise InputError(f"party type: expected person or organisation, found {party_type!r}")
    file = path or Path(__file__).parent / "specifications" / f"{party_type}.yml"
    try:
        return Specification.model_validate(read_yaml(file))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as mistake:
        raise InputError(
            f"{file}: expected a specification in YAML: {str(mistake).splitlines()[0]}",
            hint="`stamm dedupe` writes one; dedupe/specifications has the built-in ones.",
        ) from mistake
    except ValidationError as mistake:
        first = mistake.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{file.name}: {where}: {first['msg']}", hint="See dedupe/specification.py."
        ) from mistake
