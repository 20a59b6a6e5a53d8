"""Search at the Desk: customers by a piece of name, an address, or an id.

In: what somebody typed, the view of the published build. Out: rows of customers, at most `MOST`.
"""

from __future__ import annotations

from privacy.suppressions import canonical_address
from serving.api.asking import answering
from serving.api.views import Row, View
from serving.lookups import addressed
from stamm.store import Store

MOST = 50
_SHOWN = (
    "party_id, party_type, full_name, given_name, family_name, company_name, email, phone,"
    " postcode, city, records, orders, order_value_eur"
)
_FOLDED = "strip_accents(lower(replace({}, 'ß', 'ss')))"
_TEXT = _FOLDED.format("concat_ws(' ', given_name, family_name, full_name, company_name, postcode,"
                       " city)")  # fmt: skip


def search(view: View, store: Store, typed: str) -> list[Row]:
    """By id or record first, then by address, then all words anywhere in name and place."""
    found = _by_id(view, store, typed) or _by_address(view, typed)
    return found or _by_words(view, typed.split())


def _by_id(view: View, store: Store, typed: str) -> list[Row]:
    into = answering(view, store, typed)
    held = view.rows("select party_id from xref_parties where record_id = $r", {"r": typed})
    party = into or (held[0]["party_id"] if held else None)
    return _rows(view, "party_id = $p", {"p": party}) if party else []


def _by_address(view: View, typed: str) -> list[Row]:
    address = canonical_address(typed)
    if not address or ("@" not in typed and not any(c.isdigit() for c in typed)):
        return []
    return _rows(view, addressed("email" if "@" in typed else "phone", "a"), {"a": address})


def _by_words(view: View, words: list[str]) -> list[Row]:
    if not words:
        return []
    named = {f"w{i}": word for i, word in enumerate(words[:8])}
    where = " and ".join(f"contains({_TEXT}, {_FOLDED.format('$' + name)})" for name in named)
    return _rows(view, where, named)


def _rows(view: View, where: str, bound: dict[str, str]) -> list[Row]:
    return view.rows(
        f"select {_SHOWN} from customers where {where}"
        f" order by order_value_eur desc nulls last, party_id limit {MOST}",
        bound,
    )
