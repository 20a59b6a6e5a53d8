"""Whole names in the database: a table tells of namesakes from a stated size on."""

from dedupe.linking.linkage import link
from dedupe.specification import load_specification
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_match_input

PERSON = load_specification("person")
DETLEV = {"given_name": "Detlev", "family_name": "Großmüller", "phones": ["+49 89 5550102"],
          "street": "Oberföhringer Straße 7", "postcode": "81679", "city": "München"}  # fmt: skip
OTHERS = [
    record("2@erp", given_name="Jördis", family_name="Kühnemann", postcode="01099"),
    record("3@erp", given_name="Aurélie", family_name="Zurbriggen", postcode="3920"),
    record("4@erp", given_name="Ömer", family_name="Yildiz", postcode="12045"),
]
ROWS = [record("1@erp", **DETLEV), record("1@shop", **DETLEV, emails=["d@t-online.de"]), *OTHERS]


def linked(con, folder, records_needed):
    write_match_input(con, ROWS)
    prior = PERSON.prior.model_copy(update={"records_needed": records_needed})
    link(con, "person", PERSON.model_copy(update={"prior": prior}), work_dir=folder)
    weights = con.sql("select weight / 1000 from link.person_pairs").fetchall()
    names = con.sql("select bits from link.person_frequency_whole_name").fetchall()
    return [weight for (weight,) in weights], [bits for (bits,) in names]


def test_of_few_records_a_whole_name_says_no_more_than_its_parts(tmp_path):
    with in_memory() as con:
        weights, names = linked(con, tmp_path, records_needed=1000)
        assert names == [0.0] * (len(OTHERS) + 1)
        assert len(weights) == 1
        assert weights[0] > PERSON.thresholds.merge_bits  # name, phone and door are one person's


def test_of_enough_records_each_whole_name_is_weighed(tmp_path):
    with in_memory() as con:
        assert 0.0 not in linked(con, tmp_path, records_needed=len(ROWS))[1]
