"""Which attributes are compared, with which levels.

Flow: measured columns of the standardised records → comparisons, each with its reason. Names,
mailboxes, phones and firms are compared as the built-in specifications do; everything else by
what its values are. What moves together is one comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dedupe.discovery.columns import Measured
from dedupe.discovery.discovery import Discovery
from dedupe.discovery.match_input import further_names
from dedupe.specification import (
    MOST_COMPARISONS,
    Comparison,
    Condition,
    Level,
    PartyType,
    load_specification,
)

LEAST_BITS = 0.5  # an agreement that says less than this is not worth a comparison
ORIGIN = "stated start; training replaces it"
Columns = Mapping[str, Measured]


@dataclass(frozen=True)
class Chosen:
    """A comparison and why it was chosen."""

    comparison: Comparison
    reason: str


def choose_comparisons(
    party_type: PartyType, discovery: Discovery, columns: Columns
) -> tuple[list[Chosen], tuple[str, ...]]:
    """All comparisons that the records allow, the built-in ones first; the columns left out.

    Those are columns that tell least, where a table has more than a pattern has room for.
    """
    found = [*_built_in(party_type, columns), *_birth(party_type, columns), *_address(columns)]
    further = dict(_further(discovery, columns))
    telling = sorted(further, key=lambda name: -_told(further[name], columns))
    left_out = telling[MOST_COMPARISONS - len(found) :]
    found += [one for name, one in further.items() if name not in left_out]
    return [Chosen(one, _reason(one, columns)) for one in found], tuple(left_out)


def _told(comparison: Comparison, columns: Columns) -> float:
    """Bits that an agreement says, in records that have the column."""
    measured = columns[comparison.needs[0]]
    return measured.bits * measured.filled


def _reason(comparison: Comparison, columns: Columns) -> str:
    column = next(
        (c.column for level in comparison.levels for c in level.when if c.column in columns),
        comparison.needs[0],
    )
    measured = columns[column]
    return (
        f"{measured.filled:.0%} of the records hold {column}; two that agree in it by chance are"
        f" one in {1 / max(measured.chance, 1e-12):,.0f} pairs"
    )


def _built_in(party_type: PartyType, columns: Columns) -> Iterator[Comparison]:
    """Those of the party type's own specification whose columns are there."""
    for comparison in load_specification(party_type).comparisons:
        if comparison.name in {"birth_date", "address"}:
            continue
        if all(name in columns for name in comparison.needs):
            yield _without_absent(comparison, columns)


def _without_absent(comparison: Comparison, columns: Columns) -> Comparison:
    levels = [level for level in comparison.levels if _present(level.when, columns)]
    silent = tuple(one for one in comparison.silent_when if _present((one,), columns))
    return comparison.model_copy(update={"levels": tuple(levels), "silent_when": silent})


def _present(conditions: tuple[Condition, ...], columns: Columns) -> bool:
    return all(
        _present(one.of, columns)
        if one.of
        else one.column in columns and (not one.other or one.other in columns)
        for one in conditions
    )


def _birth(party_type: PartyType, columns: Columns) -> Iterator[Comparison]:
    if party_type != "person" or "x_birth" not in columns:
        return
    near = Condition(test="levenshtein", column="x_birth", at_most=1)
    crossed = Condition(test="crossed", column="x_birth", other="x_birth_swapped")
    levels = [
        _level(
            "equal", 0.80, Condition(test="equal", column="x_birth"), exact="x_birth", tf="x_birth"
        ),
        _level(
            "one digit off or day and month swapped",
            0.10,
            Condition(test="any_of", of=(near, crossed)),
        ),
        _level("same day of another year", 0.02, Condition(test="equal", column="x_birth_day")),
        _level("same year", 0.04, Condition(test="equal", column="x_birth_year")),
        _level("two digits off", 0.02, Condition(test="levenshtein", column="x_birth", at_most=2)),
        _level("different", 0.02),
    ]
    yield Comparison(
        name="birth_date", needs=("x_birth",), levels=tuple(levels), contradicts="different"
    )


def _address(columns: Columns) -> Iterator[Comparison]:
    """One comparison of the whole address: its parts move together."""
    if "place" not in columns:
        if "street" in columns:
            yield _words("street", columns["street"])
        return
    own = next(c for c in load_specification("person").comparisons if c.name == "address")
    yield _without_absent(own, columns)


def _further(discovery: Discovery, columns: Columns) -> Iterator[tuple[str, Comparison]]:
    """By the columns' own names."""
    for name, further in further_names(discovery).items():
        column, measured = discovery.role_of(name), columns.get(further)
        if measured is None or measured.bits < LEAST_BITS:
            continue
        if column.role == "identifier":
            yield name, _identifier(measured)
        elif (
            column.role in {"category", "gender", "state", "legal_form"} and measured.distinct <= 60
        ):
            yield name, _category(measured)
        else:
            yield name, _words(measured.column, measured)


def _identifier(measured: Measured) -> Comparison:
    name = measured.column
    return Comparison(
        name=name, needs=(name,),
        levels=(
            _level("equal", 0.85, Condition(test="equal", column=name), exact=name, tf=name),
            _level("one slip", 0.08, Condition(test="slip", column=name)),
            _level("two slips", 0.02, Condition(test="levenshtein", column=name, at_most=2)),
            _level("different", 0.05),
        ),
    )  # fmt: skip


def _category(measured: Measured) -> Comparison:
    name = measured.column
    return Comparison(
        name=name, needs=(name,),
        levels=(
            _level("equal", 0.85, Condition(test="equal", column=name), exact=name, tf=name),
            _level("different", 0.15),
        ),
    )  # fmt: skip


def _words(name: str, measured: Measured) -> Comparison:
    column = measured.column
    near = Condition(test="jaro_winkler", column=column, at_least=0.92)
    far = Condition(test="jaro_winkler", column=column, at_least=0.82)
    return Comparison(
        name=name, needs=(column,),
        levels=(
            _level("equal", 0.70, Condition(test="equal", column=column), exact=column, tf=column),
            _level("very similar", 0.10, near),
            _level("similar", 0.05, far),
            _level("different", 0.15),
        ),
    )  # fmt: skip


def _level(name: str, m: float, *when: Condition, exact: str = "", tf: str = "") -> Level:
    return Level(name=name, when=when, m=m, exact_chance=exact, term_frequency=tf, origin=ORIGIN)
