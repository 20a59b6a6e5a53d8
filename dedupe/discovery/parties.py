"""People, firms, or both: which rows of a table are which.

Flow: roles of the columns → an SQL expression of the party type per row, and the types there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.discovery.profile import text_sql
from dedupe.discovery.roles import known_words

if TYPE_CHECKING:
    import duckdb

    from dedupe.discovery.discovery import Discovery

# Words that a firm's name ends or begins with; dots and blanks inside them are optional.
_FIRM = (
    "gmbh|g\\.?m\\.?b\\.?h|mbh|ug|ag|kg|kgaa|ohg|gbr|e\\.? ?k|e\\.? ?v|e\\.? ?g|se|ltd|limited|llc"
    "|inc|corp|corporation|plc|company|co|sarl|sas|s\\.r\\.l|srl|spa|b\\.?v|n\\.v|gruppe|group"
    "|holding|verein|stiftung|genossenschaft|gesellschaft|university|bank|hotel|praxis|kanzlei"
    "|werke|services|solutions"
)
FEWEST = 0.02  # a party type that fewer rows have than this is a mistake in the data


@dataclass(frozen=True)
class Parties:
    """Types that are there, and what is in doubt about them."""

    types: tuple[str, ...]
    unsure: tuple[str, ...]


def party_type_sql(discovery: Discovery) -> str:
    """`person` or `organisation` for a row of the table.

    A whole name is that of any of its columns, such as those of files with other headers.
    """
    people, firms = discovery.of("given_name", "family_name"), discovery.of("company")
    whole = discovery.as_one("full_name")
    if firms and not (people or whole):
        person = _is_person(_one_of(discovery.as_one("company")), discovery)
        return f"case when {person} then 'person' else 'organisation' end"
    tests = []
    if firms:
        tests.append(f"not ({_any_filled([*people, *whole])}) and ({_any_filled(firms)})")
    if whole:
        beside = [*people, *firms]
        alone = f"not ({_any_filled(beside)}) and " if beside else ""
        tests.append(f"{alone}{_is_firm(_one_of(whole), discovery)}")
    firm = " or ".join(f"({one})" for one in tests) or "false"
    return f"case when {firm} then 'organisation' else 'person' end"


def count_parties(con: duckdb.DuckDBPyConnection, table: str, discovery: Discovery) -> Parties:
    """The party types that enough rows have; the most usual one if there are no rows."""
    counted = con.execute(
        f"select {party_type_sql(discovery)} as party_type, count(*) from {table} group by all"
    ).fetchall()
    types = tuple(sorted(kind for kind, _ in counted)) or ("person",)
    unsure = []
    if len(counted) > 1:
        people = sum(n for kind, n in counted if kind == "person")
        firms = sum(n for kind, n in counted if kind == "organisation")
        unsure.append(
            f"the table mixes people ({people}) and firms ({firms}); the two are linked apart,"
            " told by whether a row holds a person's name or a firm's"
        )
    return Parties(types, tuple(unsure))


def _any_filled(columns: list[str]) -> str:
    return " or ".join(f"{text_sql(column)} is not null" for column in columns)


def _one_of(columns: list[str]) -> str:
    """SQL: the value of columns of which a row fills one at most."""
    return f"coalesce({', '.join(text_sql(column) for column in columns)})"


def _is_firm(name: str, discovery: Discovery) -> str:
    """A legal form in the name, or a VAT id without anything that people have."""
    tests = [f"regexp_matches(lower({name}), '(^|[^a-z])({_FIRM})\\.?([^a-z]|$)')"]
    vat, birth = discovery.of("vat_id"), discovery.of("birth_date", "birth_year", "gender", "title")
    if vat:
        tests.append(f"({_any_filled(vat)})")
    sure = " or ".join(tests)
    return f"coalesce(({sure}){f' and not ({_any_filled(birth)})' if birth else ''}, false)"


def _is_person(name: str, discovery: Discovery) -> str:
    """In a column of firms: a usual given name in front and no word of a firm."""
    given = ", ".join(f"'{word}'" for word in sorted(known_words()["given"]))
    first = f"split_part(lower({name}), ' ', 1)"
    birth = discovery.of("birth_date", "birth_year", "gender", "title")
    stated = f" or {_any_filled(birth)}" if birth else ""
    two_words = f"array_length(string_split({name}, ' ')) between 2 and 3"
    person = f"(({first} in ({given}) and {two_words}){stated})"
    return f"coalesce(not {_is_firm(name, discovery)} and {person}, false)"
