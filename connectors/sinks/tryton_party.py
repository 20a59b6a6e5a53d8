"""A golden customer as a party of Tryton: which of its records differ, and only in what is ours.

In: values of the outbox and what the server holds of the party. Out: the values of one `create` or
`write`, with addresses, contact mechanisms and identifiers nested, so that one transaction takes
them all. Ours is what our own account created; what the CRM's users added is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]
Row = Mapping[str, Any]

ROOT = "Stamm"  # the category above ours
ADDRESS = {
    "street": "street_name",
    "house_number": "building_number",
    "postcode": "postal_code",
    "city": "city",
    "country": "country",
}
_NAMES = {
    "person": ("title", "given_name", "family_name"),
    "organisation": ("company_name", "legal_form"),
}
NAME_PARTS = ("customer_kind", *_NAMES["person"], *_NAMES["organisation"])
SPOKEN = {"customer_kind": "kind: ", "lifecycle": "lifecycle: ", "basis": "basis: "}
_PERMISSIONS = {
    "permission_email": "advertising by e-mail",
    "permission_sms": "advertising by text message",
    "permission_phone": "advertising by telephone",
    "permission_post": "advertising by letter",
}
_ERASED = "****"  # what Tryton's own erasure leaves of a value that must be there
_EU = frozenset(
    "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split()  # noqa: SIM905 - a list of codes reads best as one line
)
_VAT = {**dict.fromkeys(_EU, "eu_vat"), "GB": "gb_vat", "NO": "no_mva"}


@dataclass(frozen=True)
class Kind:
    """Rows of a party that hold one typed value each."""

    name: str  # the party's field
    value: str
    compact: str
    erased_type: str | None

    @property
    def erased(self) -> Values:
        return {"type": self.erased_type, self.value: _ERASED, "active": False}


MECHANISMS = Kind("contact_mechanisms", "value", "value_compact", "other")
IDENTIFIERS = Kind("identifiers", "code", "code_compact", None)

_CHILDREN = ("addresses", MECHANISMS.name, IDENTIFIERS.name)
_OF_ROWS = {
    "addresses": (*ADDRESS.values(), "active", "create_uid"),
    "contact_mechanisms": ("type", "value", "value_compact", "active", "create_uid"),
    "identifiers": ("type", "code", "code_compact", "active", "create_uid"),
    "categories": ("name", "parent"),
}
FIELDS = (
    *("code", "name", "active", "replaced_by", "create_uid"),
    *(f"{name}.{field}" for name, fields in _OF_ROWS.items() for field in fields),
)


@dataclass(frozen=True)
class Party:
    """What the server holds; a party that is not there yet has no id and no rows."""

    id: int | None
    code: str
    name: str | None = None
    active: bool = True
    replaced_by: int | None = None
    rows: Mapping[str, Sequence[Row]] | None = None
    made_by: int | None = None

    def of(self, name: str) -> Sequence[Row]:
        return (self.rows or {}).get(name, ())


def party(read: Row) -> Party:
    """A party as `search_read` answers it."""
    rows = {name: read[f"{name}."] for name in _OF_ROWS}
    active, made_by = bool(read["active"]), read["create_uid"]
    return Party(read["id"], read["code"], read["name"], active, read["replaced_by"], rows, made_by)


@dataclass(frozen=True)
class Surroundings:
    """What of the database a party refers to."""

    me: int
    countries: Mapping[str, int]  # ISO code → id
    categories: Mapping[str, int]  # name → id, of those under ours
    root: int

    def mine(self, rows: Sequence[Row], *, active: bool = True) -> list[Row]:
        """Those that we created and that are in use, or put aside."""
        mine = [row for row in rows if row["create_uid"] == self.me and row["active"] == active]
        return sorted(mine, key=lambda row: row["id"])


def taken_over(held: Party, around: Surroundings) -> bool:
    """Whether a party that the CRM's users made holds something that we sent."""
    rows = [row for name in _CHILDREN for row in held.of(name)]
    return held.made_by != around.me and (
        any(row["create_uid"] == around.me for row in rows)
        or any(row["parent"] == around.root for row in held.of("categories"))
    )


def full_name(values: Row) -> str | None:
    """`Dr. Anna Muster`, `Muster Handels GmbH`; the legal form only if the name lacks it."""
    parts = [values.get(part) for part in _NAMES[values["customer_kind"]]]
    if values["customer_kind"] == "organisation":
        company, form = parts
        parts[1] = None if form and form.casefold() in (company or "").casefold() else form
    return " ".join(filter(None, parts)) or None


def labels(values: Row) -> set[str]:
    """The names of the categories that stand for these values."""
    spoken = {f"{start}{values[of]}" for of, start in SPOKEN.items() if values.get(of)}
    return spoken | {name for of, name in _PERMISSIONS.items() if values.get(of)}


def differing(fields: Row, whole: Row, held: Party, around: Surroundings) -> Values:
    """What to write so that the party says `fields`; nothing if it does already.

    `whole` are all values of the customer, for the name. Raises KeyError if they are needed and
    are not there.
    """
    values: Values = {}
    if any(part in fields for part in NAME_PARTS):
        name = full_name(whole)
        values |= {} if name == held.name else {"name": name}
    values |= _nested("addresses", _address(fields, held.of("addresses"), around))
    mechanisms = held.of(MECHANISMS.name)
    values |= _nested(
        MECHANISMS.name,
        [
            *_typed(fields, "email", MECHANISMS, ("email",), mechanisms, around),
            *_typed(fields, "phone", MECHANISMS, ("phone", "mobile"), mechanisms, around),
            *_typed(fields, "website_domain", MECHANISMS, ("website",), mechanisms, around),
        ],
    )
    identifiers = held.of(IDENTIFIERS.name)
    values |= _nested(
        IDENTIFIERS.name, _typed(fields, "vat_id", IDENTIFIERS, (), identifiers, around)
    )
    return values | _nested("categories", _categories(fields, held.of("categories"), around))


def out_of_use(held: Party, around: Surroundings) -> Values:
    """The party and all that we sent of it put aside; the values stay, its users' rows too."""
    values: Values = {"active": False} if held.active else {}
    for name in _CHILDREN:
        ids = [row["id"] for row in around.mine(held.of(name))]
        values |= _nested(name, [["write", ids, {"active": False}]] if ids else [])
    ours = [row["id"] for row in held.of("categories") if row["parent"] == around.root]
    return values | _nested("categories", [["remove", ours]] if ours else [])


def unknown_country(fields: Row, around: Surroundings) -> bool:
    """Whether the database has no such country: Tryton comes with none and loads them by hand."""
    return bool(fields.get("country")) and fields["country"] not in around.countries


def _nested(name: str, actions: Sequence[Any]) -> Values:
    return {name: list(actions)} if actions else {}


def _address(fields: Row, rows: Sequence[Row], around: Surroundings) -> list[Any]:
    given = {theirs: fields[ours] for ours, theirs in ADDRESS.items() if ours in fields}
    if not given:
        return []
    if given.get("country"):
        given["country"] = around.countries[given["country"]]
    mine = around.mine(rows)
    if mine:
        after = {theirs: given.get(theirs, mine[0][theirs]) for theirs in ADDRESS.values()}
        return _written(mine[0], {**given, "active": any(after.values())})
    new = _present(given)
    return _new(new, dict.fromkeys(ADDRESS.values()) | new, rows, around) if new else []


def _typed(
    fields: Row,
    name: str,
    kind: Kind,
    types: tuple[str, ...],
    rows: Sequence[Row],
    around: Surroundings,
) -> list[Any]:
    """Writes that leave one row of ours with the value; no types: all rows of ours are its."""
    if name not in fields:
        return []
    mine = [row for row in around.mine(rows) if not types or row["type"] in types]
    if not fields[name]:
        return [action for row in mine for action in _written(row, kind.erased)]
    type_, value = _TYPED[name](fields[name])
    wanted: Values = {"type": type_, kind.value: value}
    if not mine:
        return _new(_present(wanted), wanted, rows, around, kind)
    if value == mine[0][kind.compact]:  # the server keeps numbers in a spelling of its own
        del wanted[kind.value]
    return _written(mine[0], wanted)


def _new(
    new: Values, like: Values, rows: Sequence[Row], around: Surroundings, kind: Kind | None = None
) -> list[Any]:
    """A row, unless a user noted the same or one of ours that was put aside says it.

    Tryton lets nobody write into a row that is put aside, only take it back as it is.
    """
    looks = [like]
    if kind:
        looks.append({"type": like["type"], kind.compact: like[kind.value]})
    aside = around.mine(rows, active=False)
    if any(_says(row, look) for look in looks for row in rows if row["active"]):
        return []
    same = [row["id"] for look in looks for row in aside if _says(row, look)]
    return [["write", same[:1], {"active": True}]] if same else [["create", [new]]]


def _says(row: Row, values: Values) -> bool:
    return all(row[name] == value for name, value in values.items())


def _written(row: Row, wanted: Values) -> list[Any]:
    changed = {name: value for name, value in wanted.items() if row[name] != value}
    return [["write", [row["id"]], changed]] if changed else []


def _present(values: Row) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _categories(fields: Row, rows: Sequence[Row], around: Surroundings) -> list[Any]:
    held = {row["name"]: row["id"] for row in rows if row["parent"] == around.root}
    wanted = labels(fields)
    starts = tuple(start for of, start in SPOKEN.items() if of in fields)
    spoken_of = {name for of, name in _PERMISSIONS.items() if of in fields}
    gone = [
        key
        for name, key in held.items()
        if name not in wanted and (name in spoken_of or name.startswith(starts))
    ]
    new = [around.categories[name] for name in sorted(wanted - set(held))]
    return [*([["add", new]] if new else []), *([["remove", gone]] if gone else [])]


def _email(address: str) -> tuple[str | None, str]:
    return "email", address


def _website(domain: str) -> tuple[str | None, str]:
    return "website", f"https://{domain}"


def _phone(number: str) -> tuple[str | None, str]:
    import phonenumbers

    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return "phone", number
    return ("mobile" if kind == phonenumbers.PhoneNumberType.MOBILE else "phone"), number


def _vat_id(code: str) -> tuple[str | None, str]:
    if code.startswith("CHE"):
        return ("ch_uid" if code[-1].isdigit() else "ch_vat"), code
    return _VAT.get(code[:2]), code


_TYPED = {"email": _email, "phone": _phone, "website_domain": _website, "vat_id": _vat_id}
