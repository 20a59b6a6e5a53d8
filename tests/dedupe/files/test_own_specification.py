"""specification.yml: written, read back, and every mistake told with its place."""

import pytest
import yaml

from dedupe.files.own_specification import (
    OwnSpecification,
    check_columns,
    check_roles,
    own_specification_text,
    read_own_specification,
)
from dedupe.specification import load_specification
from stamm.duck import in_memory
from stamm.errors import InputError, UsageError

PERSON = load_specification("person")


def written(tmp_path, text):
    path = tmp_path / "mine.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_reads_back_as_it_was(tmp_path):
    text = own_specification_text({"Straße": "street"}, {"person": PERSON})
    own = read_own_specification(written(tmp_path, text))
    assert own == OwnSpecification(columns={"Straße": "street"}, person=PERSON)
    assert own.of("person") == PERSON
    assert own.of("organisation") is None
    assert "Straße: street" in text


def test_a_specification_of_a_project_is_taken_too(tmp_path):
    text = yaml.safe_dump(load_specification("organisation").model_dump(mode="json"))
    own = read_own_specification(written(tmp_path, text))
    assert own.of("organisation") == load_specification("organisation")


FIRMS = yaml.safe_dump({"person": load_specification("organisation").model_dump(mode="json")})
BAD = {
    "firms among people": (FIRMS, "mine.yml: .*person.party_type: expected person, found org"),
    "no YAML": ("person: [", "mine.yml: expected YAML, found in line 1"),
    "a list": ("- a\n", "mine.yml: expected columns, person or organisation, found no such"),
    "nothing": ("", "mine.yml: expected columns, person or organisation"),
    "an unknown entry": (
        "persons: {}",
        "mine.yml: persons: expected one of .* did you mean",
    ),
    "a missing part": ("person: {version: 1}", "mine.yml: person.party_type: expected a value"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_is_told_with_its_place(tmp_path, case):
    text, message = BAD[case]
    with pytest.raises(InputError, match=message) as raised:
        read_own_specification(written(tmp_path, text))
    assert "specification.yml" in raised.value.hint


def test_a_file_that_is_not_there_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="--spec: expected a file, found none"):
        read_own_specification(tmp_path / "none.yml")


def test_columns_that_the_records_lack_are_named_with_the_entry_that_asks_for_them():
    with in_memory() as con:
        con.execute("create schema link")
        con.execute("create table link.person_records (rid bigint, record_id text, family text)")
        with pytest.raises(InputError, match=r"mine.yml: person\..*: expected a column") as raised:
            check_columns(con, PERSON, "mine.yml")
    assert "Columns: family." in raised.value.hint


def test_every_column_of_the_built_in_specifications_is_looked_at():
    columns = {"given", "family", "emails", "email_letters", "door", "names_sorted", "family_parts"}
    with in_memory() as con:
        con.execute("create schema link")
        for gone in sorted(columns):
            kept = _columns_of(PERSON) - {gone}
            con.execute(
                "create or replace table link.person_records as select 1 as rid, "
                + ", ".join(f"'' as {name}" for name in sorted(kept))
            )
            with pytest.raises(InputError, match=f"found '{gone}'"):
                check_columns(con, PERSON, "mine.yml")


def _columns_of(specification):
    """Every text in the specification that is a word: more than its columns, never fewer."""
    words = str(specification.model_dump(mode="json")).split()
    return {word.strip("',(){}[]:") for word in words if word.strip("',(){}[]:").isidentifier()}


def test_a_role_for_a_column_that_is_not_there_is_told():
    own = OwnSpecification(columns={"Strase": "street"})
    with pytest.raises(InputError, match="found 'Strase' – did you mean 'Straße'"):
        check_roles(own, ["Name", "Straße"], "mine.yml")
