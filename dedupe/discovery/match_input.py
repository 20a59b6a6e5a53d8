"""A table with discovered roles → `intermediate.int_parties__match_input`.

Known attributes go to the columns that `dedupe.standardise` reads. What it does not know is
standardised here, into columns `x_…` that go along as they are: birth dates as digits, words of a
name, identifiers, categories and other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dedupe.discovery.dates import birth_digits, month_words
from dedupe.discovery.discovery import Discovery
from dedupe.discovery.folding import compact_sql, folded_sql, words_sql
from dedupe.discovery.parties import party_type_sql
from dedupe.discovery.profile import text_sql, trimmed_sql
from dedupe.discovery.roles import Role, name_words
from stamm.birth_years import born_in
from stamm.duck import quoted

if TYPE_CHECKING:
    import duckdb

TABLE = "intermediate.int_parties__match_input"
KNOWN: dict[str, Role] = {
    "title": "title", "given_name": "given_name", "family_name": "family_name",
    "full_name": "full_name", "company_name": "company", "street": "street",
    "house_number": "house_number", "postcode": "postcode", "city": "city", "vat_id": "vat_id",
    "website_domain": "website",
}  # fmt: skip
FURTHER_ROLES: tuple[Role, ...] = (
    "identifier",
    "category",
    "text",
    "state",
    "gender",
    "legal_form",
)
_BORN_IN = [born_in(year) for year in range(100)]
# Columns `x_…` of our own making; no column of the user's bears such a name.
_OWN = frozenset({"x_birth", "x_birth_swapped", "x_birth_year", "x_birth_day", "x_words"})
_NOTHING = {
    "source": "'file'", "system": "'file'", "stream": "'records'", "facet_of": "null::varchar",
    "organisation_key": "null::varchar", "created_at": "null::timestamp",
    "updated_at": "null::timestamp", "purpose": "'contract'", "legal_basis": "null::varchar",
    "retention": "null::varchar", "restricted": "false", "echoes": "null::varchar[]",
}  # fmt: skip


def write_match_input(con: duckdb.DuckDBPyConnection, table: str, discovery: Discovery) -> None:
    """Write the match input of a table; without an id column the row's number is its id."""
    con.execute("create schema if not exists intermediate")
    con.execute("create schema if not exists golden")
    births = _write_births(con, table, discovery)
    ids = discovery.of("record_id")
    record_id = f"{quoted(ids[0])}::varchar" if ids else "(row_number() over ())::varchar"
    columns = {
        "record_id": record_id,
        "party_type": party_type_sql(discovery),
        **{name: _first_sql(discovery, role) for name, role in KNOWN.items()},
        **_placed_names(con, table, discovery),
        "emails": _mailboxes_sql(discovery.of("email")),
        "phones": _phones_sql(discovery.of("phone")),
        "country": _country_sql(discovery),
        **_NOTHING,
        **further_columns(discovery),
    }
    chosen = ", ".join(f"{sql} as {name}" for name, sql in columns.items())
    birth = _birth_sql(births, discovery)
    con.execute(
        f"create or replace table {TABLE} as select {chosen}, {birth} from {table} as t"
        + "".join(f" left join {b} on {b}.__raw = {text_sql(c)}" for c, b in births.items())
    )


def _placed_names(
    con: duckdb.DuckDBPyConnection, table: str, discovery: Discovery
) -> dict[str, str]:
    """Given and family name; a name that stands alone goes where the table knows it better.

    Known are the words of rows that hold both names, ten times oftener in the other field.
    """
    if not (discovery.of("given_name") and discovery.of("family_name")):
        return {}
    one, other = _first_sql(discovery, "given_name"), _first_sql(discovery, "family_name")
    for name, mine, its in (("lone_given", one, other), ("lone_family", other, one)):
        con.execute(
            f"create or replace temp table {name} as"
            f" with whole as (select lower({mine}) as m, lower({its}) as i from {table}"
            f" where {mine} is not null and {its} is not null),"
            f" lone as (select distinct lower({mine}) as word from {table} where {its} is null)"
            " select word from lone where word is not null"
            " and (select count(*) from whole where i = word)"
            " > 10 * (select count(*) from whole where m = word)"
        )
    moved = f"({other} is null and lower({one}) in (select word from lone_given))"
    back = f"({one} is null and lower({other}) in (select word from lone_family))"
    return {
        "given_name": f"case when {moved} then null when {back} then {other} else {one} end",
        "family_name": f"case when {moved} then {one} when {back} then null else {other} end",
    }


def further_names(discovery: Discovery) -> dict[str, str]:
    """Column → its name in the match input: `Soc. Sec. ID` → x_soc_sec_id; each name once."""
    # A whole name beside its parts moves with them: it adds words, not a comparison.
    spare = {
        column
        for role in KNOWN.values()
        if role != "full_name"
        for column in set(discovery.of(role)) - set(discovery.as_one(role))
    }
    further = spare | set(discovery.of(*FURTHER_ROLES))
    taken, names = set(_OWN), {}
    for column in (one.column for one in discovery.columns if one.column in further):
        name = stem = further_name(column)
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        names[column] = name
    return names


def further_name(column: str) -> str:
    """What a column is called in the match input, unless another one has taken that name."""
    words = re.sub(r"[^a-z0-9]+", "_", name_words(column)).strip("_")
    return f"x_{words or 'column'}"


def further_columns(discovery: Discovery) -> dict[str, str]:
    """Name → SQL of the columns that standardising does not know."""
    identifiers = set(discovery.of("identifier"))
    columns = {
        name: (compact_sql if column in identifiers else folded_sql)(text_sql(column))
        for column, name in further_names(discovery).items()
    }
    names = discovery.of("given_name", "family_name", "full_name", "company")
    if names:
        columns["x_words"] = words_sql(names)
    return columns


def _first_sql(discovery: Discovery, role: Role) -> str:
    return _coalesced(discovery.as_one(role)) or "null::varchar"


def _coalesced(columns: list[str]) -> str:
    """The value of columns of which a row fills one at most; empty without columns."""
    values = ", ".join(text_sql(column) for column in columns)
    return f"coalesce({values})" if len(columns) > 1 else values


def _mailboxes_sql(columns: list[str]) -> str:
    """All of them; words beside them, such as names, are none."""
    every = (f"regexp_split_to_array({text_sql(c)}, '[\\s;,|/]+')" for c in columns)
    return _list_sql(every, "x like '%@%'")


def _phones_sql(columns: list[str]) -> str:
    every = (f"regexp_split_to_array({_parted_sql(c)}, '\\s*[;,|]\\s*')" for c in columns)
    return _list_sql(every, "x <> ''")


# What may be dialled by itself; a stroke after the area code is part of it: 030/123456.
_DIGIT = r"[ ().-]*\d"
_WHOLE = rf"\(?[+0](?:(?:{_DIGIT}){{6,}}|(?:{_DIGIT}){{1,7}}[ ).-]*/(?:{_DIGIT}){{4,}})"


def _parted_sql(column: str) -> str:
    """A cell of phones with `;` for its line breaks, and for strokes between whole numbers."""
    lines = f"regexp_replace({quoted(column)}::varchar, '[\\r\\n]+', ';', 'g')"
    pair = f"'({_WHOLE}) ?/ ?({_WHOLE})', '\\1;\\2', 'g'"
    # Twice: the first time parts each second number from the one before it.
    return f"regexp_replace(regexp_replace({trimmed_sql(lines)}, {pair}), {pair})"


def _list_sql(lists: Iterable[str], holds: str) -> str:
    every = ", ".join(lists)
    if not every:
        return "[]::varchar[]"
    return f"list_distinct(list_filter(flatten([{every}]), x -> x is not null and {holds}))"


def _country_sql(discovery: Discovery) -> str:
    """Two letters; other spellings of a few neighbours are read, the rest is unknown."""
    columns = discovery.as_one("country")
    if not columns:
        return "null::varchar"
    name = folded_sql(_coalesced(columns))
    cases = " ".join(
        f"when {name} in ({names}) then '{code}'" for code, names in _COUNTRIES.items()
    )
    return f"case {cases} when length({name}) = 2 then upper({name}) end"


_COUNTRIES = {
    "DE": "'d', 'de', 'deu', 'ger', 'germany', 'deutschland'",
    "AT": "'a', 'at', 'aut', 'austria', 'oesterreich', 'osterreich'",
    "CH": "'ch', 'che', 'sui', 'switzerland', 'schweiz', 'suisse'",
    "GB": "'gb', 'uk', 'gbr', 'united kingdom', 'great britain', 'england'",
    "US": "'us', 'usa', 'united states', 'united states of america'",
    "FR": "'f', 'fr', 'fra', 'france', 'frankreich'",
    "IT": "'i', 'it', 'ita', 'italy', 'italien', 'italia'",
    "NL": "'nl', 'nld', 'netherlands', 'niederlande', 'holland'",
    "AU": "'au', 'aus', 'australia', 'australien'",
    "PL": "'pl', 'pol', 'poland', 'polen'",
    "CZ": "'cz', 'cze', 'czechia', 'czech republic', 'tschechien'",
}


def _write_births(
    con: duckdb.DuckDBPyConnection, table: str, discovery: Discovery
) -> dict[str, str]:
    """Per column of birth dates a temp table (__raw, __digits) of its distinct values."""
    import pyarrow as pa

    written = {}
    for place, column in enumerate(discovery.of("birth_date")):
        rows = con.execute(
            f"select distinct written from (select {text_sql(column)} as written from {table})"
            " where written is not null order by written"
        ).fetchall()
        values = [row[0] for row in rows]
        by_month = column in discovery.month_first
        digits = [birth_digits(value, month_first=by_month) for value in values]
        arrays = {"__raw": pa.array(values, pa.string()), "__digits": pa.array(digits, pa.string())}
        con.register("arriving_births", pa.table(arrays))
        name = written[column] = f"births_{place}"
        con.execute(f"create or replace temp table {name} as from arriving_births")
        con.unregister("arriving_births")
    return written


def _birth_sql(births: dict[str, str], discovery: Discovery) -> str:
    """birth_date (a real date, else null) and the digits with what comparing needs of them."""
    parts = [f"{name}.__digits" for name in births.values()]
    if discovery.of("birth_year"):
        parts.append(_split_birth(discovery))
    if not parts:
        return "null::date as birth_date"
    digits = f"coalesce({', '.join(parts)})"
    return (
        f"try_strptime({digits}, '%Y%m%d')::date as birth_date, {digits} as x_birth,"
        f" left({digits}, 4) || right({digits}, 2) || substr({digits}, 5, 2) as x_birth_swapped,"
        f" left({digits}, 4) as x_birth_year, nullif(right({digits}, 4), '0000') as x_birth_day"
    )


def _split_birth(discovery: Discovery) -> str:
    """Year, month and day from columns of their own; what is not known is 00."""
    year = _year_sql(_coalesced(discovery.as_one("birth_year")))
    month = _coalesced(discovery.as_one("birth_month"))
    day = _coalesced(discovery.as_one("birth_day"))
    parts = (
        f"lpad(nullif({year}, 0)::varchar, 4, '0')",
        _part_sql(month, f"{_month_numbers()}[{folded_sql(month)}]") if month else "'00'",
        _part_sql(day, "null") if day else "'00'",
    )
    return " || ".join(parts)


def _year_sql(text: str) -> str:
    """The first number in it: a year, or the last two digits of one."""
    number = f"try_cast(nullif(regexp_extract({text}, '\\d+'), '') as bigint)"
    return f"case when {number} between 1 and 99 then {_BORN_IN}[{number} + 1] else {number} end"


def _part_sql(text: str, word: str) -> str:
    """Two digits of a number, such as `3.`, or of what a word says."""
    number = f"try_cast(try_cast(rtrim({text}, '.') as double) as int)"
    told = f"case when {number} between 1 and 99 then {number}::varchar end"
    return f"lpad(coalesce({told}, {word}, '0'), 2, '0')"


def _month_numbers() -> str:
    """SQL: a map of the words for months."""
    words = month_words()
    return f"map({list(words)}, {list(words.values())})"
