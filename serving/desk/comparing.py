"""Records side by side: one line per field, differences of the two in question marked.

In: the bench of the last run and two records. Out: `Beside`: columns (the two first, then the
other records of their parties) and lines. Hidden addresses are nobody's value.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup, escape

from privacy.suppressions import canonical_address
from serving.desk.copies import Bench

FIELDS = (
    "title", "given_name", "family_name", "full_name", "company_name", "birth_date", "emails",
    "phones", "street", "house_number", "postcode", "city", "country", "vat_id", "website_domain",
    "created_at", "updated_at",
)  # fmt: skip
_WIDEST = 8  # columns; who has more records is seen on the page of the customer
_NOT_COMPARED = ("created_at", "updated_at")


@dataclass(frozen=True)
class Column:
    """One record. `side` is a or b."""

    record_id: str
    side: str
    source: str
    party_id: str
    in_question: bool


@dataclass(frozen=True)
class Line:
    """One field of all columns; `differs` where the two in question, or their sides, disagree."""

    field: str
    cells: tuple[Markup, ...]
    differs: bool


@dataclass(frozen=True)
class Beside:
    """`left_out` counts the records for which there was no room."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    party_type: str
    left_out: int

    @property
    def parties(self) -> tuple[str, ...]:
        """One golden id, or two."""
        return tuple(dict.fromkeys(one.party_id for one in self.columns if one.in_question))


def beside(bench: Bench, left: str, right: str, hidden_addresses: Collection[str]) -> Beside | None:
    """None if the last run does not know both."""
    rows = _rows(bench, left, right)
    known = {row["record_id"]: row for row in rows}
    if left not in known or right not in known:
        return None
    sides = {known[right]["party_id"]: "b", known[left]["party_id"]: "a"}
    ordered = sorted(rows, key=lambda r: (r["record_id"] != left, r["record_id"] != right,
                                          sides[r["party_id"]], r["record_id"]))  # fmt: skip
    shown = ordered[:_WIDEST]
    columns = tuple(
        Column(row["record_id"], _side(row, right, sides), row["source"], row["party_id"],
               row["record_id"] in (left, right))
        for row in shown
    )  # fmt: skip
    lines = (_line(name, shown, columns, hidden_addresses) for name in FIELDS)
    return Beside(
        columns, tuple(one for one in lines if one), known[left]["party_type"],
        len(rows) - len(shown),
    )  # fmt: skip


def _side(row: dict[str, Any], right: str, sides: dict[str, str]) -> str:
    return "b" if row["record_id"] == right else sides[row["party_id"]]


def _rows(bench: Bench, left: str, right: str) -> list[dict[str, Any]]:
    """All records of the parties of these two."""
    found = bench.con.execute(
        "select x.party_id, i.* from golden.xref_parties as x"
        " join intermediate.int_parties__match_input as i using (record_id) where x.party_id in"
        " (select party_id from golden.xref_parties where record_id in (?, ?))",
        [left, right],
    )
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _line(
    name: str, rows: list[dict[str, Any]], columns: tuple[Column, ...], hidden: Collection[str]
) -> Line | None:
    """None where nobody says anything."""
    texts = [_text(row[name], hidden) for row in rows]
    if not any(texts):
        return None
    if name in _NOT_COMPARED:
        return Line(name, tuple(map(escape, texts)), False)
    one, other = texts[:2]
    if one and other and one != other:
        return Line(name, (*marked(one, other), *map(escape, texts[2:])), True)
    return Line(name, tuple(map(escape, texts)), _sides_disagree(texts, columns))


def _sides_disagree(texts: list[str], columns: tuple[Column, ...]) -> bool:
    """Whether both sides say something, and nothing of it in common."""
    said = [
        {text for text, column in zip(texts, columns, strict=True) if text and column.side == side}
        for side in ("a", "b")
    ]
    return all(said) and not said[0] & said[1]


def _text(value: Any, hidden: Collection[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(v) for v in value if canonical_address(str(v)) not in hidden)
    if hasattr(value, "hour"):
        return f"{value:%Y-%m-%d}"
    return str(value)


def marked(one: str, other: str) -> tuple[Markup, Markup]:
    """Both texts with what differs in `<mark>`."""
    found = SequenceMatcher(None, one, other, autojunk=False)
    left, right = Markup(), Markup()
    for kind, a, b, c, d in found.get_opcodes():
        if kind == "equal":
            left, right = left + escape(one[a:b]), right + escape(other[c:d])
            continue
        left += _mark(one[a:b])
        right += _mark(other[c:d])
    return left, right


def _mark(text: str) -> Markup:
    return Markup("<mark>{}</mark>").format(text) if text else Markup()
