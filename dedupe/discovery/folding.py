"""Cells → SQL of what they say, however it is spelt: folded text, compact numbers, words."""

from __future__ import annotations

from dedupe.discovery.profile import text_sql


def folded_sql(text: str) -> str:
    """Lower case ASCII words, the German way, as `standardise.folding` has it."""
    spelled = f"lower({text})"
    for letter, ascii_letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "o")):
        spelled = f"replace({spelled}, '{letter}', '{ascii_letters}')"
    words = f"trim(regexp_replace(strip_accents({spelled}), '[^a-z0-9]+', ' ', 'g'))"
    return f"nullif({words}, '')"


def compact_sql(text: str) -> str:
    """Letters and digits alone; a number read as a float loses its `.0`."""
    whole = f"lower(regexp_replace({text}, '\\.0$', ''))"
    return f"nullif(regexp_replace({whole}, '[^a-z0-9]', '', 'g'), '')"


def words_sql(columns: list[str]) -> str:
    """All distinct words of the names, sorted; null where there are none."""
    joined = folded_sql(f"concat_ws(' ', {', '.join(text_sql(c) for c in columns)})")
    return f"nullif(list_sort(list_distinct(string_split({joined}, ' '))), [''])"
