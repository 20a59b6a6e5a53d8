"""People, firms, or both: which rows of a table are which.

Flow: roles of the columns → an SQL expression of the party type per row, and the types there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.discovery.folding import folded_sql
from dedupe.discovery.profile import text_sql
from dedupe.discovery.roles import Role, known_words

if TYPE_CHECKING:
    import duckdb

    from dedupe.discovery.discovery import Discovery

# Legal forms and words of trades, of which dots and blanks are optional: a firm has them anywhere.
_FIRM = (
    r"g(es)?\.? ?m\.? ?b\.? ?h|mbh|ug|kg|kgaa|ohg|gbr|ltd|limited|llc|inc|corp|corporation|plc"
    r"|company|sarl|sas|s\.? ?r\.? ?l|spa|gruppe|group|holding|verein|stiftung|genossenschaft"
    r"|gesellschaft|university|hotel|praxis|kanzlei|werke|services|solutions"
)
# People bear these as initials and names: they tell a firm at the end of a name, or …
_SHORT = r"se|co|ag|e\.? ?k|e\.? ?v|e\.? ?g|b\.? ?v|n\.? ?v"
# … inside one as it was written: `Siemens AG Österreich`, `TSV Ulm e.V. Fußball`, `Lang & Co Bau`.
_WRITTEN = r" AG| BV| NV| e\.? ?[GKV]|& ?[Cc][Oo]"
_NONE = r"[^\pL\pM]"  # neither a letter nor its accent
_NAMES_A_FIRM = (
    rf"(^|{_NONE})(?i:{_FIRM})({_NONE}|$)|[\pL\d]{_NONE}+(?i:{_SHORT}){_NONE}*$"
    rf"|({_WRITTEN})({_NONE}|$)"
)
_NAMES_A_BANK = rf"(?i)(^|{_NONE})bank({_NONE}|$)"
_ADDRESS: tuple[Role, ...] = ("gender", "title")
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
    """Addressed as one; else, without what people have: named as one, or with a VAT id."""
    vat = discovery.of("vat_id")
    told = f"{_any_filled(vat)} or {_named_as_firm(name)}" if vat else _named_as_firm(name)
    return (
        f"(case when {_addressed_as_firm(discovery)} then true"
        f" when {_has_what_people_have(discovery)} then false else {told} end)"
    )


def _named_as_firm(name: str) -> str:
    called_bank = f"{_begins_with_given_name(name)} and {_words(name)} = 2"  # Hans Bank
    return (
        f"case when regexp_matches({name}, '{_NAMES_A_FIRM}') then true"
        f" when regexp_matches({name}, '{_NAMES_A_BANK}') then not ({called_bank}) else false end"
    )


def _is_person(name: str, discovery: Discovery) -> str:
    """In a column of firms: a usual given name in front and no word of a firm."""
    named = f"{_begins_with_given_name(name)} and {_words(name)} between 2 and 3"
    person = f"({_has_what_people_have(discovery)} or ({named}))"
    return f"coalesce(not {_is_firm(name, discovery)} and {person}, false)"


def _begins_with_given_name(name: str) -> str:
    first = folded_sql(f"split_part({name}, ' ', 1)")
    return f"list_contains({_listed(known_words()['given'])}, split_part({first}, ' ', 1))"


def _words(text: str) -> str:
    return f"array_length(string_split({text}, ' '))"


def _addressed_as_firm(discovery: Discovery) -> str:
    """`Firma` where others have `Frau`: the value speaks, not that there is one."""
    firm = _listed(known_words()["firm"])
    said = (f"rtrim(lower({text_sql(column)}), '.')" for column in discovery.of(*_ADDRESS))
    return " or ".join(f"coalesce(list_contains({firm}, {one}), false)" for one in said) or "false"


def _has_what_people_have(discovery: Discovery) -> str:
    """Of those who are not addressed as firms."""
    return _any_filled(discovery.of("birth_date", "birth_year", *_ADDRESS)) or "false"


def _listed(words: Iterable[str]) -> str:
    """SQL: a list; of each `in` DuckDB makes a join."""
    return "['" + "', '".join(sorted(words)) + "']"
