"""Why two records are, or are not, one party: level and weight of every comparison.

Works for any two records of one party type, blocked or not: their standardised values are
compared in memory, by the model of the last training.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.linking.blocking import LISTS
from dedupe.linking.in_memory import level_codes
from dedupe.linking.patterns import pack
from dedupe.linking.scoring import pattern_bits, probability, weight_of
from dedupe.linking.term_frequencies import is_strangers
from dedupe.specification import Comparison, Level
from dedupe.trained import Trained, load
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


@dataclass(frozen=True)
class Step:
    """One comparison: the values it looked at, its level, and its weight in bits."""

    comparison: str
    level: str
    left: str
    right: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """`prior_weight` and the steps add up to `weight` (bits)."""

    record_a: str
    record_b: str
    party_type: str
    prior_weight: float
    steps: tuple[Step, ...]
    weight: float
    probability: float


def explain(
    con: duckdb.DuckDBPyConnection, work_dir: Path, record_a: str, record_b: str
) -> Explanation:
    """By the trained model kept in `work_dir`. Raises InputError for records not linked."""
    return explain_by(con, load(work_dir, _party_type(con, record_a, record_b)), record_a, record_b)


def explain_by(
    con: duckdb.DuckDBPyConnection, trained: Trained, record_a: str, record_b: str
) -> Explanation:
    """By a trained model at hand."""
    records = _records(con, trained, record_a, record_b)
    codes = _codes(trained, records)
    bits = [_frequency_bits(con, trained, c, codes[i], records) for i, c in _numbered(trained)]
    strangers = trained.specification.alternative is not None
    total = pattern_bits(trained, pack(codes))
    shared = [
        b for (i, c), b in zip(_numbered(trained), bits, strict=True) if is_strangers(trained, c)
    ]
    weight = weight_of(total.match, total.stranger + sum(bits), total.alternative + sum(shared))
    steps = [_step(trained, i, c, codes[i], bits[i], records) for i, c in _numbered(trained)]
    prior = prior_weight(trained)
    if strangers:
        steps.append(alternative_step(trained, weight - prior - sum(s.weight for s in steps)))
    return Explanation(
        record_a, record_b, trained.specification.party_type, prior, tuple(steps), weight,
        probability(weight),
    )  # fmt: skip


def prior_weight(trained: Trained) -> float:
    """Bits for any pair, before anything of it is known."""
    return trained.prior_bits


def _numbered(trained: Trained) -> list[tuple[int, Comparison]]:
    return list(enumerate(trained.specification.comparisons))


def _party_type(con: duckdb.DuckDBPyConnection, *record_ids: str) -> str:
    linked = con.execute(
        "select replace(table_name, '_records', '') from information_schema.tables"
        " where table_schema = 'link' and table_name in ('person_records', 'organisation_records')"
    ).fetchall()
    for (party_type,) in linked:
        found = con.execute(
            f"select count(*) from link.{party_type}_records where record_id in (?, ?)", record_ids
        ).fetchall()[0][0]
        if found == len(set(record_ids)):
            return str(party_type)
    raise InputError(
        "expected two records of one party type that linking knows, "
        f"found {' and '.join(record_ids)}",
        hint="xref_parties lists the record ids; a person and a firm are never compared.",
    )


def _records(con: duckdb.DuckDBPyConnection, trained: Trained, a: str, b: str) -> pd.DataFrame:
    """The two standardised records, indexed 0 (a) and 1 (b)."""
    table = f"link.{trained.specification.party_type}_records"
    rows = [con.execute(f"select * from {table} where record_id = ?", [one]).df() for one in (a, b)]
    import pandas as pd

    records = pd.concat(rows, ignore_index=True).astype(object)
    # pandas turns a null into NaN here and there, and a list into an array.
    return records.map(lambda v: list(v) if hasattr(v, "tolist") and v.ndim else v)


def _codes(trained: Trained, records: pd.DataFrame) -> list[int]:
    import pandas as pd

    pairs = pd.MultiIndex.from_tuples([(0, 1)])
    return [int(code) for code in level_codes(trained.specification, records, pairs).iloc[0]]


def _frequency_bits(
    con: duckdb.DuckDBPyConnection,
    trained: Trained,
    comparison: Comparison,
    code: int,
    records: pd.DataFrame,
) -> float:
    """How much likelier than the average value this very value is among strangers."""
    level = comparison.level(code)
    if level is None or not level.term_frequency:
        return 0.0
    column = level.term_frequency
    table = f"link.{trained.specification.party_type}_frequency_{column}"
    shared = _shared_values(records, column)
    rows = con.execute(
        f"select min(bits) from {table} where list_contains(?, value)", [shared]
    ).fetchall()
    return float(rows[0][0] or 0.0)


def _shared_values(records: pd.DataFrame, column: str) -> list[str]:
    """The values that both hold; of several the rarest one counts."""
    left, right = records[column]
    return [value for value in left if value in right] if column in LISTS else [left]


def _step(
    trained: Trained,
    place: int,
    comparison: Comparison,
    code: int,
    bits: float,
    records: pd.DataFrame,
) -> Step:
    level: Level | None = comparison.level(code)
    weight = trained.level_bits(place, code - 1) - bits if level else 0.0
    left, right = (_shown(records, side, comparison) for side in (0, 1))
    return Step(comparison.name, level.name if level else "missing", left, right, weight)


def alternative_step(trained: Trained, weight: float) -> Step:
    """What the other way to agree, such as one household, takes from the weight."""
    alternative = trained.specification.alternative
    name = alternative.name if alternative else ""
    return Step(
        name, "would explain the agreement too" if weight < -0.5 else "unlikely", "", "", weight
    )


def _shown(records: pd.DataFrame, side: int, comparison: Comparison) -> str:
    value = records.at[side, comparison.levels[0].when[0].column]
    if isinstance(value, list):
        return ", ".join(value)
    return value if isinstance(value, str) else ""
