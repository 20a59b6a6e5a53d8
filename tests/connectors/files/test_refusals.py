"""What a bad row of a file costs: itself alone, never a version that landed before."""

import pytest

from connectors.extract import extract
from connectors.files import SYSTEM
from connectors.files.settings import FilesSource
from stamm.errors import InputError

SPEND = {"company_name": "Name", "estimated_annual_spend_eur": "Umsatz"}
ROWS = [f"{n};N{n};{n}0" for n in range(1, 6)]


@pytest.fixture
def load(bench, tmp_path):
    """Reads a file of these rows into the landing."""
    path = tmp_path / "k.csv"

    def loaded(rows, stream="spend_estimates", head="Nr;Name;Umsatz", **settings):
        path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        raw = {"name": "crm", "system": "files", "path": path, "format": "csv", "key": ["Nr"]}
        raw |= {"stream": stream, "map": SPEND}
        declared = FilesSource.model_validate({**raw, **settings})
        where = {"landing_root": bench.landing, "store": bench.store, "clock": bench.clock}
        return extract(declared, SYSTEM.stream(declared.stream), **where)

    return loaded


def test_an_amount_that_is_no_number_leaves_the_estimate_that_landed_before_in_force(bench, load):
    load(ROWS)
    done = load([*ROWS[:4], "5;N5;k.A."])
    assert (done.deletes, done.rejected) == (0, 1)
    assert bench.live("files_spend_estimates")["5"]["estimated_annual_spend_eur"] == "50"
    assert bench.table("select rule, reason from landing.all_rejected") == [
        ("mandatory_null", "estimated_annual_spend_eur is null")
    ]
    assert load(ROWS).rejected == 0
    assert bench.table("select rule from landing.all_rejected") == []


def test_a_party_is_not_lost_for_an_amount_that_is_no_number(bench, load):
    load(["5;N5;k.A."], "parties")
    assert bench.live("files_parties")["5"] == {
        "key": "5", "company_name": "N5", "estimated_annual_spend_eur": None,
        "estimated_annual_spend_eur_as_given": "k.A.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("head", "rows_above", "line"),
    [
        ('"Nr;Name;Umsatz', 0, "1: unexpected end of data"),  # open to the end of the file
        ('"Kunden" 2026;;\nNr;Name;Umsatz', 1, "1: ';' expected after '\"'"),
        ('Nr;"Name" lang;Umsatz', 0, "1: ';' expected after '\"'"),
    ],
)
def test_a_stray_quotation_mark_in_the_title_or_columns_is_told(load, head, rows_above, line):
    with pytest.raises(InputError) as wrong:
        load(ROWS, head=head, rows_above=rows_above)
    assert f"k.csv: expected CSV, found in line {line}" in str(wrong.value)
    assert wrong.value.hint == "A quotation mark is opened and not closed near there."


def test_json_that_is_nested_without_end_costs_its_own_line(load, bench):
    deep = '{"Nr": "1", "Name": ' + "[" * 100_000 + "]" * 100_000 + "}"
    settings = {"format": "jsonl", "map": {"full_name": "Name"}, "stream": "parties"}
    assert load(['{"Nr": "2", "Name": "Anna"}'], head=deep, **settings).rejected == 1
    assert bench.live("files_parties") == {"2": {"key": "2", "full_name": "Anna"}}
    assert bench.table("select rule, reason from landing.all_rejected") == [
        ("nested_too_deep", "line 1 is nested too deep")
    ]


def test_a_folder_that_is_named_like_a_file_is_none(bench, load, tmp_path):
    (tmp_path / "alt.csv").mkdir()
    assert load(ROWS, path=tmp_path).upserts == 5


def test_keys_of_several_columns_are_told_apart_also_where_they_hold_the_sign_between_them(
    load, bench
):
    names = {"full_name": "Name"}
    rows = ["a|b;c;Anna", "a;b|c;Bea", "a\\;b;Cem", "a;b;Dora"]
    settings = {"key": ["K", "N"], "map": names, "stream": "parties"}
    assert load(rows, head="K;N;Name", **settings).rejected == 0
    found = {key: record["full_name"] for key, record in bench.live("files_parties").items()}
    assert found == {"a\\|b|c": "Anna", "a|b\\|c": "Bea", "a\\|b": "Cem", "a|b": "Dora"}


def test_a_single_column_is_the_key_as_it_stands(load, bench):
    load(["a|b;Anna;1"])
    assert list(bench.live("files_spend_estimates")) == ["a|b"]
