"""What a column is called changes no cluster, nor do files that call their columns otherwise."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from dedupe.files import Options, dedupe_files

GIVEN = ("Anna", "Jürgen", "Mehmet", "Sofia", "Lukas", "Beate", "Greta", "Sven")
FAMILY = ("Huber", "Grünwald", "Öztürk", "Maier", "Rossi", "Kaya", "Lang", "Voss", "Winter")
TOWNS = ("Dresden", "Erfurt", "Köln", "Bonn", "Kassel")
PLAIN = ("vorname", "nachname", "geburtsdatum", "ort", "gruppe")
# Names that the tables we work in bear, too.
OTHERS = [
    ("vorname", "nachname", "birth", "place", "size"),
    ("given_name", "family_name", "birth_date", "city", "words"),
    ("first_name", "last_name", "dob", "town", "cluster_id"),
]


def people() -> list[tuple[str, ...]]:
    """A hundred and twenty people, every second one twice, the second time without a town."""
    dice = random.Random(3)
    rows = []
    for i in range(120):
        born = f"{dice.randint(1950, 1999)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
        row = (dice.choice(GIVEN), dice.choice(FAMILY), born, dice.choice(TOWNS), str(i % 7))
        rows.append(row)
        if i % 2:
            rows.append((*row[:3], "", row[4]))
    return rows


def write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def clusters(out: Path) -> list[str]:
    with (out / "clusters.csv").open(encoding="utf-8", newline="") as file:
        return [row["cluster_id"] for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    dedupe_files([write(folder / "people.csv", PLAIN, people())], Options(out=folder / "out"))
    found = clusters(folder / "out")
    assert 120 <= len(set(found)) < 130, "nearly every pair is found, and nobody else"
    return found


@pytest.mark.parametrize("header", OTHERS, ids=" ".join)
def test_the_names_of_columns_change_no_cluster(tmp_path, expected, header):
    dedupe_files([write(tmp_path / "people.csv", header, people())], Options(out=tmp_path / "out"))
    assert clusters(tmp_path / "out") == expected
    with (tmp_path / "out" / "golden.csv").open(encoding="utf-8", newline="") as file:
        named = next(csv.reader(file))
    assert len(set(named)) == len(named) == 2 + len(header)


def test_files_that_call_their_columns_otherwise_meet(tmp_path):
    rows = people()
    one = write(tmp_path / "de.csv", PLAIN[:4], [row[:4] for row in rows[::2]])
    other = write(tmp_path / "en.csv", OTHERS[2][:4], [row[:4] for row in rows[1::2]])
    apart = dedupe_files([one, other], Options(out=tmp_path / "apart")).findings.clusters
    other = write(tmp_path / "en.csv", PLAIN[:4], [row[:4] for row in rows[1::2]])
    assert dedupe_files([one, other], Options(out=tmp_path / "same")).findings.clusters == apart
    assert apart < len(rows) - 40, "the pairs lie across the files"


def test_a_short_file_without_duplicates_leaves_everybody_alone(tmp_path):
    rows = [
        ("Anna", "Müller", "a@web.de"),
        ("Karl", "Otto", "k@web.de"),
        ("Eva", "Klein", "e@x.de"),
    ]
    path = write(tmp_path / "clean.csv", ("vorname", "nachname", "mail"), rows)
    found = dedupe_files([path], Options(out=tmp_path / "out")).findings
    assert (found.records, found.clusters) == (3, 3)
    assert any("can be compared" in doubt for doubt in found.unsure)
