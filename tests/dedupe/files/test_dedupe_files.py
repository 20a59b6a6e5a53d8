"""The whole way from files to results, on names that can be read at a glance."""

import csv
import json
import random
import shutil
from dataclasses import replace

import duckdb
import pytest

from dedupe.files import Options, dedupe_files
from dedupe.files.own_specification import read_own_specification
from dedupe.specification import MOST_COMPARISONS
from stamm.errors import InputError, UsageError

SHOP = """\
id;Vorname;Nachname;Geburtsdatum;E-Mail;Telefon;Straße;PLZ;Ort;wer
1;Anna;Müller;12.03.1980;anna.mueller@web.de;030 1234567;Ringstr. 5;01067;Dresden;anna
2;Anna;Mueller;12.03.1980;;+49 30 1234567;Ringstraße 5;01067;Dresden;anna
3;Jürgen;Groß;01.12.1975;j.gross@gmx.de;;Am Anger 12;99084;Erfurt;juergen
4;Juergen;Gross;01.12.1975;j.gross@gmx.de;;;99084;Erfurt;juergen
5;Beate;Schäfer;30.07.1990;;;Lindenweg 1;50667;Köln;beate
6;Mehmet;Öztürk;02.02.1962;m.oeztuerk@posteo.de;0221 765432;Domstr. 9;50667;Köln;mehmet
"""
ERP = """\
id,First Name,Last Name,Geburtsdatum,E-Mail,City,wer
1,Beate,Schäfer,1990-07-30,beate@schaefer.de,Köln,beate
2,Mehmet,Oeztuerk,1962-02-02,m.oeztuerk@posteo.de,Köln,mehmet
3,Sofia,Rossi,1971-05-05,sofia@rossi.it,Kassel,sofia
"""
NAMES = {"clusters.csv", "golden.csv", "pairs.parquet", "specification.yml", "report.html",
         "summary.json"}  # fmt: skip


def rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """shop.csv and erp.csv, and the result of linking them with the truth for scoring."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "shop.csv").write_bytes(SHOP.encode("cp1252"))
    (folder / "erp.csv").write_text(ERP, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def result(folder):
    options = Options(id_column="id", truth_column="wer", out=folder / "out")
    return dedupe_files([folder / "shop.csv", folder / "erp.csv"], options)


def test_records_of_one_person_share_a_cluster_across_files_and_spellings(result):
    found = {}
    for row in rows(result.out / "clusters.csv"):
        found.setdefault(row["cluster_id"], []).append(f"{row['file']} {row['id']}")
        assert int(row["size"]) >= len(found[row["cluster_id"]])
    assert list(found.values()) == [
        ["shop.csv 1", "shop.csv 2"], ["shop.csv 3", "shop.csv 4"], ["shop.csv 5", "erp.csv 1"],
        ["shop.csv 6", "erp.csv 2"], ["erp.csv 3"],
    ]  # fmt: skip


def test_there_is_one_golden_record_per_cluster_under_the_files_own_columns(result):
    golden = rows(result.out / "golden.csv")
    assert list(golden[0])[:6] == ["cluster_id", "size", "Vorname", "Nachname", "Geburtsdatum",
                                   "E-Mail"]  # fmt: skip
    assert [row["size"] for row in golden] == ["2", "2", "2", "2", "1"]
    assert (golden[0]["Nachname"], golden[0]["PLZ"]) == ("Müller", "01067")
    assert (golden[1]["Vorname"], golden[1]["Straße"]) == ("Jürgen", "Am Anger 12")
    assert golden[2]["E-Mail"] == "beate@schaefer.de"
    assert "wer" not in golden[0]


def test_scored_pairs_name_both_records_their_weight_and_the_level_of_each_comparison(result):
    pairs = duckdb.sql(f"from '{result.out / 'pairs.parquet'}'")
    assert pairs.columns[:9] == [
        "left_file", "left_id", "right_file", "right_id", "party_type", "blocking_rule", "weight",
        "probability", "same_cluster",
    ]  # fmt: skip
    levels = [column for column in pairs.columns if column.startswith("level_")]
    assert len(levels) >= 4
    found = {tuple(row[:4]): row for row in pairs.fetchall()}
    anna = dict(zip(pairs.columns, found["shop.csv", "1", "shop.csv", "2"], strict=True))
    assert anna["same_cluster"]
    assert anna["weight"] > 5
    assert anna["probability"] == pytest.approx(1 / (1 + 2 ** -anna["weight"]), abs=1e-6)
    assert {anna[level] for level in levels} >= {"equal", None}  # null where a value is missing


def test_the_summary_says_the_same_as_the_result(result):
    summary = json.loads((result.out / "summary.json").read_text(encoding="utf-8"))
    assert summary == json.loads(json.dumps(result.findings.as_dict()))
    assert (summary["records"], summary["clusters"], summary["duplicates"]) == (9, 5, 4)
    assert (summary["clusters_of_several"], summary["largest_cluster"]) == (4, 2)
    roles = {column["column"]: column["role"] for column in summary["columns"]}
    assert roles["Nachname"] == roles["Last Name"] == "family_name"
    assert roles["PLZ"] == "postcode"
    assert any("too few" in sentence for sentence in summary["unsure"])
    assert any("Windows-1252" in sentence for sentence in summary["unsure"])


def test_the_truth_scores_pairwise_by_cluster_and_by_record(result):
    told = result.as_dict()
    for kind in ("pairwise", "cluster", "b3"):
        assert told[kind] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert told["clusters"] == 5


def test_nothing_but_the_results_is_left(result):
    assert {path.name for path in result.out.iterdir()} == NAMES


def test_the_truth_changes_no_byte_and_running_again_none_either(folder, result):
    for name in ("shop.csv", "erp.csv"):
        (folder / "blind").mkdir(exist_ok=True)
        encoding = "cp1252" if name == "shop.csv" else "utf-8"
        separator = ";" if name == "shop.csv" else ","
        text = (folder / name).read_bytes().decode(encoding)
        lines = [line.rsplit(separator, 1)[0] for line in text.splitlines()]
        (folder / "blind" / name).write_bytes("\n".join(lines).encode(encoding))
    before = contents(result.out)
    options = Options(id_column="id", out=result.out)
    blind = dedupe_files([folder / "blind" / "shop.csv", folder / "blind" / "erp.csv"], options)
    assert contents(result.out) == before
    assert blind.scores is None


def test_the_written_specification_gives_the_same_clusters_again(folder, result):
    own = folder / "again.yml"
    shutil.copy(result.out / "specification.yml", own)
    options = Options(id_column="id", truth_column="wer", specification=own, out=folder / "again")
    again = dedupe_files([folder / "shop.csv", folder / "erp.csv"], options)
    for name in ("clusters.csv", "golden.csv", "pairs.parquet", "specification.yml"):
        assert (again.out / name).read_bytes() == (result.out / name).read_bytes(), name


def test_a_specification_may_have_been_written_with_or_without_the_truth_and_the_ids(
    folder, result, tmp_path
):
    files = [folder / "shop.csv", folder / "erp.csv"]
    bare = dedupe_files(files, Options(out=tmp_path / "bare"))
    text = (bare.out / "specification.yml").read_text(encoding="utf-8")
    assert "x_wer" in text  # where nobody says that it is the truth, it is compared
    of_the_other = [
        (Options(id_column="ID", truth_column="wer"), bare.out),
        (Options(), result.out),
    ]
    for options, written in of_the_other:
        own = written / "specification.yml"
        found = dedupe_files(files, replace(options, specification=own, out=tmp_path / "out"))
        again = (found.out / "specification.yml").read_text(encoding="utf-8")
        assert "x_wer" not in again
        assert (found.findings.records, found.findings.clusters) == (9, 5)


def test_a_role_can_be_stated(folder):
    options = Options(mapped={"wer": "identifier"}, out=folder / "mapped")
    found = dedupe_files([folder / "shop.csv"], options).findings
    assert next(c for c in found.columns if c.column == "wer").reason == "stated by the user"
    own = read_own_specification(folder / "mapped" / "specification.yml")
    assert own.columns["wer"] == "identifier"


def write(folder, text, name="a.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(mapped={"Vorname": "first"}), "expected a known role, found 'first'"),
        (Options(mapped={"Vornahme": "given_name"}), "found 'Vornahme'"),
        (Options(mapped={"wer": "truth"}), "--map truth=wer: expected what the column holds"),
        (Options(mapped={"id": "record_id"}), "--map record_id=id: expected what the column holds"),
    ],
)
def test_an_unknown_role_or_column_is_told(folder, tmp_path, options, message):
    with pytest.raises((InputError, UsageError), match=message):
        dedupe_files([folder / "shop.csv"], Options(mapped=options.mapped, out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()  # nothing half done is left


def test_a_specification_with_an_unknown_column_is_told(folder, result, tmp_path):
    text = (result.out / "specification.yml").read_text(encoding="utf-8")
    own = write(tmp_path, text.replace("- emails\n", "- email_box\n"), "mine.yml")
    with pytest.raises(InputError, match="mine.yml: person.*found 'email_box'"):
        dedupe_files(
            [folder / "shop.csv", folder / "erp.csv"],
            Options(id_column="id", truth_column="wer", specification=own, out=tmp_path / "out"),
        )


def test_a_truth_that_no_row_has_is_refused_before_anything_is_linked(tmp_path):
    path = write(tmp_path, "Name,wer\nAnna Groß,\nBeate Klein,\n")
    with pytest.raises(InputError, match="--truth: expected a value .* of 'wer', found none"):
        dedupe_files([path], Options(truth_column="wer", out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_the_output_folder_must_be_one(folder, tmp_path):
    with pytest.raises(UsageError, match="--out: expected a folder, found a file"):
        dedupe_files([folder / "shop.csv"], Options(out=write(tmp_path, "")))


@pytest.mark.parametrize("name", ["clusters.csv", "golden.csv", "pairs.parquet"])
def test_no_input_is_overwritten(tmp_path, name):
    (tmp_path / "in").mkdir()
    path = write(tmp_path / "in", SHOP, name)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "in")
    for out in (tmp_path / "in", link, tmp_path / "x" / ".." / "in"):
        with pytest.raises(UsageError, match="in which no input would be overwritten") as raised:
            dedupe_files([path], Options(out=out))
        assert raised.value.hint == "Name another folder for the results."
    assert path.read_text(encoding="utf-8") == SHOP
    assert list((tmp_path / "in").iterdir()) == [path]


def test_no_input_lies_where_work_is_thrown_away(tmp_path):
    (tmp_path / ".stamm-dedupe").mkdir()
    path = write(tmp_path / ".stamm-dedupe", SHOP)
    with pytest.raises(UsageError, match="no input would be overwritten"):
        dedupe_files([path], Options(out=tmp_path))
    assert path.exists()


def test_a_specification_that_was_given_stays_as_somebody_wrote_it(folder, result, tmp_path):
    shutil.copytree(result.out, tmp_path / "out")
    own = tmp_path / "out" / "specification.yml"
    own.write_text("# by Anna\n" + own.read_text(encoding="utf-8"), encoding="utf-8")
    before = own.read_bytes()
    options = Options(id_column="id", truth_column="wer", specification=own, out=tmp_path / "out")
    dedupe_files([folder / "shop.csv", folder / "erp.csv"], options)
    assert own.read_bytes() == before
    assert {path.name for path in own.parent.iterdir()} == NAMES


def test_without_files_there_is_nothing_to_do():
    with pytest.raises(UsageError, match="at least one file"):
        dedupe_files([])


# Tables that are hardly tables: each ends well. Text, options, sizes of the clusters in the end.
ODD_TABLES = {
    "one record": ("Name,Ort\nAnna Groß,Köln\n", {}, [1]),
    "one column": ("Name\nAnna Groß\nBeate Klein\nAnna Groß\n", {}, [1, 2]),
    "a column without values": (
        "Name,Fax,Ort\nAnna Groß,,Köln\nAnna Groß,,Köln\nUwe Lang,,Bonn\n", {}, [1, 2],
    ),
    "columns called as ours are, nobody alike": (
        "given,family,email,city,phone,street,company,title,country,rid,record_id\n"
        "aa,ab,ac,ad,ae,af,ag,ah,ai,aj,ak\nba,bb,bc,bd,be,bf,bg,bh,bi,bj,bk\n", {}, [1, 1],
    ),
    "columns called as ours are, all alike": ("rid,record_id\naa,ab\naa,ab\n", {}, [2]),
    "quotes in names": ("Na'me;\"O\"\"rt\"\nAnna O'Hara;Köln\nAnna O'Hara;Köln\n", {}, [2]),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD_TABLES)
def test_odd_tables_end_well(tmp_path, case):
    text, options, sizes = ODD_TABLES[case]
    found = dedupe_files([write(tmp_path, text)], Options(out=tmp_path / "out", **options))
    golden = rows(tmp_path / "out" / "golden.csv")
    assert sorted(int(row["size"]) for row in golden) == sizes
    assert found.findings.clusters == len(sizes)


def test_a_table_in_which_nothing_can_agree_is_a_clear_error(tmp_path):
    path = write(tmp_path, "a,b\n1,\n2,\n3,\n")
    with pytest.raises(InputError, match="can be compared") as raised:
        dedupe_files([path], Options(out=tmp_path / "out"))
    assert "--map" in raised.value.hint


def identical(folder, number):
    line = "Anna,Müller,1980-03-12,anna@web.de,Dresden\n"
    text = "Vorname,Nachname,Geburtsdatum,E-Mail,Ort\n" + line * number
    return write(folder, text + "Uwe,Lang,1955-01-31,uwe@lang.de,Bonn\n")


def test_of_a_wide_table_the_columns_that_tell_most_are_compared(tmp_path):
    dice, columns = random.Random(3), [f"feature {place}" for place in range(30)]
    parties = [[f"{c}-{dice.randrange(8 + 2 * c)}" for c in range(len(columns))] for _ in range(80)]
    lines = [["Vorname", "who", *columns]]
    for who, values in enumerate(parties):
        slip = [*values[:7], "other", *values[8:]]
        lines += [["Anna", who, *cells] for cells in (values, slip, values)]
    with (tmp_path / "wide.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    found = dedupe_files([tmp_path / "wide.csv"], Options(truth_column="who", out=tmp_path / "out"))
    (people,) = found.findings.party_types
    (said,) = [one for one in found.findings.unsure if "room for 21 comparisons" in one]
    assert len(people.comparisons) == MOST_COMPARISONS
    assert "feature 0" in said and "feature 29" not in said
    assert found.as_dict()["cluster"]["f1"] == 1.0
    chosen = [[row[column] for column in columns] for row in rows(found.out / "golden.csv")]
    assert chosen == parties


def test_twenty_thousand_identical_rows_are_one_cluster(tmp_path):
    found = dedupe_files([identical(tmp_path, 20_000)], Options(out=tmp_path / "out")).findings
    assert (found.clusters, found.largest_cluster) == (2, 20_000)


@pytest.mark.slow
def test_a_million_identical_rows_are_one_cluster(tmp_path):
    found = dedupe_files([identical(tmp_path, 1_000_000)], Options(out=tmp_path / "out")).findings
    assert (found.clusters, found.largest_cluster) == (2, 1_000_000)
