"""The figures that every run takes, each with what it may move and why.

Floors are for sources of any size; what a small source moves by chance is added to them (see
`usual`). A defect that moves less than its floor is not told: it would be told on clean days too.
"""

from __future__ import annotations

from quality.figures.figure import Figure, Watched

_QUARTER = 0.22  # ln 1.25
_PEOPLE = "party_type = 'person' and facet_of is null"
_NAMES = "concat_ws(' ', given_name, family_name, full_name, company_name, street, city)"
# UTF-8 read as Windows-1252, the sign for what could not be read, and letters that became marks.
_BROKEN_TEXT = "Ã.|Â[^ \\pL]|â€|\ufffd|\\pL\\?+\\pL"


def _rows(of: str, what: str) -> Figure:
    return Figure(
        "rows",
        "volume",
        "count",
        "true",
        _QUARTER,
        f"{what} come and go one by one; a quarter at once is an export cut short or sent twice",
        of,
    )


def _missing(column: str, empty: str = "", of: str = "true") -> Figure:
    return Figure(
        f"{column} missing",
        "missing",
        "share",
        empty or f"{column} is null",
        0.05,
        "forms and exports change seldom, and then for all records at once",
        of,
    )


def _shape(name: str, sql: str, of: str, floor: float, reason: str) -> Figure:
    return Figure(name, "shape", "share", sql, floor, reason, of)


def _spread(name: str, sql: str, of: str, floor: float, reason: str) -> Figure:
    return Figure(name, "spread", "mix", sql, floor, reason, of)


_SHAPES = (
    _shape(
        "unreadable text",
        f"regexp_matches({_NAMES}, '{_BROKEN_TEXT}')",
        "true",
        0.005,
        "a wrong character set breaks every umlaut of a file, one name in ten",
    ),
    _shape(
        "postcode without a digit",
        "not regexp_matches(postcode, '[0-9]')",
        "postcode is not null",
        0.02,
        "columns that moved by one bring cities or streets here",
    ),
    _shape(
        "German postcode not of five digits",
        "not regexp_full_match(postcode, '[0-9]{5}')",
        "postcode is not null and country = 'DE'",
        0.02,
        "a spreadsheet takes the leading zero off one postcode in nine",
    ),
    _shape(
        "city with a digit",
        "regexp_matches(city, '[0-9]')",
        "city is not null",
        0.02,
        "columns that moved by one bring postcodes here",
    ),
    _shape(
        "e-mail without a domain",
        "not regexp_matches(emails[1], '^[^@ ]+@[^@ ]+[.][^@ ]+$')",
        "len(emails) > 0",
        0.02,
        "systems check addresses as they are typed; a mapping gone wrong does not",
    ),
    _shape(
        "phone not of digits",
        "length(regexp_replace(phones[1], '[^0-9]', '', 'g')) < 6"
        " or regexp_matches(phones[1], '[0-9][eE][+]')",
        "len(phones) > 0",
        0.02,
        "a spreadsheet writes long numbers as 4.9E+11",
    ),
    _shape(
        "name with a digit or @",
        "regexp_matches(coalesce(family_name, full_name, company_name), '[0-9@]')",
        f"{_PEOPLE} and coalesce(family_name, full_name, company_name) is not null",
        0.02,
        "columns that moved by one bring addresses here",
    ),
    _shape(
        "name in capitals",
        "family_name = upper(family_name)",
        f"{_PEOPLE} and length(family_name) > 2",
        0.05,
        "an export through an old system shouts",
    ),
    _shape(
        "born on the first of January",
        "month(birth_date) = 1 and day(birth_date) = 1",
        "birth_date is not null",
        0.03,
        "what a form sets when nobody fills it in",
    ),
    _shape(
        "born after the twelfth of a month",
        "day(birth_date) > 12",
        "birth_date is not null",
        0.10,
        "day and month changed places: what cannot be a month is lost",
    ),
)
_SPREADS = (
    _spread(
        "country", "coalesce(country, '')", "true", 0.05, "where customers live changes over years"
    ),
    _spread(
        "first letter of the family name",
        "upper(left(strip_accents(family_name), 1))",
        f"{_PEOPLE} and family_name is not null",
        0.10,
        "another field in its place spreads differently over the alphabet",
    ),
    _spread(
        "first letter of the given name",
        "upper(left(strip_accents(given_name), 1))",
        f"{_PEOPLE} and given_name is not null",
        0.10,
        "given and family names that changed places spread differently",
    ),
    _spread(
        "region of the postcode",
        "left(postcode, 1)",
        "postcode is not null",
        0.10,
        "an export of one region only, or of another column",
    ),
    _spread(
        "decade of birth",
        "(year(birth_date) // 10)::varchar",
        "birth_date is not null",
        0.10,
        "two-digit years that were read into the wrong century",
    ),
)
_REPEATS = (
    Figure(
        "e-mail shared with another record",
        "repeats",
        "share",
        "count(*) over (partition by source, stream, facet_of is null, lower(emails[1])) > 1",
        0.03,
        "one system seldom holds one address twice; a source that re-keyed holds all of them twice",
        "len(emails) > 0",
    ),
    Figure(
        "name and place shared with another record",
        "repeats",
        "share",
        "count(*) over (partition by source, stream, facet_of is null,"
        " lower(coalesce(family_name, full_name, company_name)), lower(coalesce(given_name, '')),"
        " postcode) > 1",
        0.03,
        "the same, where there is no address",
        "postcode is not null and coalesce(family_name, full_name, company_name) is not null",
    ),
)

PARTIES = Watched(
    "intermediate.int_parties__match_input",
    "parties",
    (
        _rows("true", "customers"),
        *(_missing(column, of=_PEOPLE) for column in ("given_name", "family_name", "birth_date")),
        *(_missing(column) for column in ("company_name", "vat_id", "street", "postcode")),
        *(_missing(column) for column in ("city", "country")),
        _missing("email", "len(emails) = 0"),
        _missing("phone", "len(phones) = 0"),
        *_SHAPES,
        *_SPREADS,
        *_REPEATS,
    ),
    by="source || '.' || stream || if(facet_of is null, '', ' (firms they name)')",
)


def _amounts(table: str, moment: str, state: str, buyer: str) -> tuple[Figure, ...]:
    """What orders, invoices and quotations have in common."""
    return (
        _rows("true", table),
        _missing(buyer),
        Figure(
            "amount",
            "spread",
            "level",
            "abs(amount_net)",
            _QUARTER,
            "the usual order changes over years; one in cents, in another currency or with tax "
            "does at once",
            "amount_net <> 0",
        ),
        _shape(
            "amount not above zero",
            "amount_net <= 0",
            "amount_net is not null",
            0.03,
            "credits are rare; a sign turned round is not",
        ),
        _spread(
            "currency",
            # A part of a mix is kept and shown, so what is no code must not be one.
            "if(regexp_full_match(currency, '[A-Z]{3}'), currency, 'no code')",
            "currency is not null",
            0.03,
            "a shop opens in a new country seldom; an export that lost its currency says EUR",
        ),
        _spread(
            state, state, f"{state} is not null", 0.15, "states move with time, not all in one day"
        ),
        Figure(
            "the same buyer, day and amount",
            "repeats",
            "share",
            f"count(*) over (partition by source, {buyer}, {moment}::date, amount_net) > 1",
            0.03,
            "who buys the same twice a day is rare; a file that is read twice is not",
            f"{buyer} is not null and amount_net is not null",
        ),
    )


def _age(moment: str, days: float, why: str) -> Figure:
    reason = f"{why}; beyond it three times the longest gap of the last 90 days"
    return Figure("days since the newest", "age", "age", moment, days, reason)


_DAILY = (7.0, "a week with holidays")
_BILLED = (35.0, "many firms bill once a month")


def _events(moment: str, kind: str, floor: float) -> tuple[Figure, ...]:
    return (
        _rows("true", "events"),
        _spread(
            kind,
            f"coalesce({kind}::varchar, '')",
            "true",
            floor,
            "campaigns differ a little; an event that is not sent any more shows",
        ),
        _age(moment, *_DAILY),
    )


FACTS = (
    Watched(
        "intermediate.int_orders",
        "orders",
        (
            *_amounts("orders", "ordered_at", "status", "buyer_record_id"),
            _age("ordered_at", *_DAILY),
            _spread(
                "quarter of the day",
                "(hour(ordered_at) // 6)::varchar",
                "ordered_at::time <> time '00:00'",
                0.15,
                "a lost time zone moves all of them by hours",
            ),
        ),
    ),
    Watched(
        "intermediate.int_invoices",
        "invoices",
        (
            *_amounts("invoices", "invoiced_on", "kind", "buyer_record_id"),
            _age("invoiced_on", *_BILLED),
        ),
    ),
    Watched(
        "intermediate.int_quotes",
        "quotes",
        (
            *_amounts("quotes", "quoted_on", "status", "buyer_record_id"),
            _age("quoted_on", *_BILLED),
        ),
    ),
    Watched(
        "intermediate.int_tickets",
        "tickets",
        (*_events("created_at", "status", 0.15), _missing("requester_record_id")),
    ),
    Watched(
        "intermediate.int_email_events", "e-mail events", _events("occurred_at", "event", 0.10)
    ),
    Watched(
        "intermediate.int_consent_events", "consent events", _events("occurred_at", "event", 0.10)
    ),
    Watched("intermediate.int_feedback", "feedback", _events("given_at", "kind", 0.15)),
)
_GOLDEN = "(select *, party_type || 's' as source from golden.golden_parties)"
LINKAGE = (
    Watched(
        _GOLDEN,
        "golden",
        (
            Figure(
                "rows",
                "linkage",
                "count",
                "true",
                _QUARTER,
                "customers come and go one by one; a linkage gone wrong joins or parts thousands",
            ),
            Figure(
                "known by one record only",
                "linkage",
                "share",
                "records = 1",
                0.05,
                "a value grown hot or weights gone off leave records alone, or chain them together",
            ),
            Figure(
                "known in several sources",
                "linkage",
                "share",
                "len(sources) > 1",
                0.05,
                "the same, between the systems",
            ),
            Figure(
                "held together loosely",
                "linkage",
                "share",
                "cohesion < 0.99",
                0.05,
                "the weights within a customer move with the model, or with the data under it",
                "records > 1 and cohesion is not null",
            ),
        ),
    ),
)
WATCHED = {"match_input": (PARTIES, *FACTS), "golden": LINKAGE}
