"""Names that no name field holds but the mailbox does, and names in the wrong field."""

import pytest

from dedupe.standardise.records import standardise_records
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_match_input

# The table must know the names: three people who have them in the right fields.
KNOWN = [
    record("1@erp", given_name="Anna", family_name="Huber"),
    record("2@erp", given_name="Anna", family_name="Gruber"),
    record("3@erp", given_name="Jürgen", family_name="Huber"),
    record("4@erp", given_name="Jürgen", family_name="Huber"),
]


def names_of(tmp_path, *rows):
    """(given, family) of the first of the rows."""
    return standardised("given, family", *rows)


def standardised(columns, *rows):
    """What is known of the first of the rows."""
    with in_memory() as con:
        write_match_input(con, [*KNOWN, *rows])
        standardise_records(con, "person")
        return con.execute(
            f"select {columns} from link.person_records where record_id = ?",
            [rows[0]["record_id"]],
        ).fetchone()


@pytest.mark.parametrize(
    ("fields", "email", "expected"),
    [
        ({}, "anna.gruber@gmx.de", ("anna", "gruber")),
        ({}, "gruber.anna@gmx.de", ("anna", "gruber")),
        ({}, "annagruber75@gmx.de", ("anna", "gruber")),
        ({}, "gruber@firma.de", (None, "gruber")),
        ({}, "juergen_huber@gmx.de", ("jurgen", "huber")),
        ({"family_name": "Gruber"}, "a.gruber@gmx.de", ("a", "gruber")),
        ({"family_name": "Grubre"}, "anna.gruber@gmx.de", ("anna", "grubre")),  # its own slip stays
        ({"family_name": "Anna"}, "anna.gruber@gmx.de", ("anna", "gruber")),  # the wrong field
        ({"given_name": "Anna"}, "a.gruber@gmx.de", ("anna", "gruber")),  # its initial
        ({"given_name": "Anna"}, "gruber@firma.de", ("anna", "gruber")),  # the other half only
        ({"family_name": "Gruber"}, "anna75@gmx.de", ("anna", "gruber")),
        ({"full_name": "Huber"}, "juergen.huber@gmx.de", ("jurgen", "huber")),
        ({}, "mausi77@gmx.de", (None, None)),  # no name this table knows
        ({}, "info@firma.de", (None, None)),  # a role
        ({"family_name": "Gruber"}, "juergen.huber@gmx.de", (None, "gruber")),  # someone else's
        ({"given_name": "Anni", "family_name": "Huber"}, "anna.gruber@gmx.de", ("anni", "huber")),
    ],
)
def test_a_mailbox_fills_what_the_name_fields_lack(tmp_path, fields, email, expected):
    assert names_of(tmp_path, record("x@mail", emails=[email], **fields)) == expected


def test_names_in_each_others_field_are_put_right(tmp_path):
    swapped = record("x@shop", given_name="Huber", family_name="Anna")
    assert names_of(tmp_path, swapped) == ("anna", "huber")


def test_names_that_may_be_either_stay_where_they_are(tmp_path):
    also = [record("5@erp", given_name="Huber", family_name="Anna") for _ in range(1)]
    unclear = record("x@shop", given_name="Simon", family_name="Martin")
    assert names_of(tmp_path, unclear, *also) == ("simon", "martin")


def test_a_title_is_read_from_a_mailbox_whoever_else_has_it_as_a_name(tmp_path):
    box = record("x@mail", emails=["ma.quitzow@gmx.de"])
    known = record("5@erp", given_name="Ma", family_name="Quitzow")
    also = record("6@shop", given_name="ma", family_name="Lang")
    assert standardised("title", box, known) == standardised("title", box, known, also)


def test_what_an_earlier_run_parsed_does_not_show(tmp_path):
    mail = record("x@mail", emails=["anna.gruber@gmx.de"])
    first = names_of(tmp_path, mail)
    names_of(tmp_path, record("y@mail", given_name="Gruber", family_name="Annagruber"))
    assert names_of(tmp_path, mail) == first
