"""Encodings told by the bytes themselves, also where a chunk ends inside a letter."""

import pytest

from stamm.charset import chunks_of, detected, garbled_line


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
    ],
)
def test_an_encoding_is_told_by_its_bytes(encoding, expected):
    assert detected(["Jürgen Groß, Köln".encode(encoding)]) == expected


def test_plain_ascii_is_utf_8():
    assert detected([b"Anna,Berlin"]) == "utf-8"
    assert detected([]) == "utf-8"


def test_a_letter_may_be_cut_by_the_end_of_a_chunk_but_not_by_the_end_of_the_file():
    whole = "Jürgen".encode()
    assert detected([whole[:2], whole[2:]]) == "utf-8"
    assert detected([whole[:2]]) == "cp1252"


def test_a_file_comes_in_chunks_that_add_up_to_it(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"0123456789" * 300_000)
    assert [len(chunk) for chunk in chunks_of(path)] == [1 << 20, 1 << 20, 3_000_000 - (2 << 20)]


@pytest.mark.parametrize(
    "text",
    [
        "Žižek\nŠimic\nDušan\nMiloš\nDUŠAN\nMILOŠ",
        "Œuvre, sœur, CŒUR, Ÿ, AŸ",
        "D’Angelo, O‘Brien, Meyer–Schulz, Meyer—Schulz, warte…dann",
        "„Krone“ ‚Hof‘ “Inn” ‹Cave› 100€ Marke™ †1985 ‰ • x",
        "10€/m², § 7, 5£, ¿Qué?, L´Or, 1ª",
        "Jürgen Groß, Köln, Ärzte, Özil, Über, Muñoz, Garçon, SÃO PAULO",
        "Müller\nKrone”und",  # a slip weighs less than what is right
    ],
)
def test_the_letters_and_signs_of_windows_make_sense_as_such(tmp_path, text):
    (tmp_path / "k").write_bytes(text.encode("cp1252"))
    assert garbled_line(tmp_path / "k") is None


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("mac_roman", "Anna\nMüller\nJäger"),
        ("mac_roman", "Anna\nJÄGER"),
        ("mac_roman", "Anna\nGröße"),
        ("mac_roman", "Anna\nAndré, Renée, D’Angelo"),
        ("mac_roman", "Anna\nHåkan"),
        ("cp850", "Anna\nJäger, Straße, Groß"),
        ("cp850", "Anna\nKönig"),
        ("cp850", "Anna\nMüller"),
        ("cp850", "Anna\nAndré"),
        ("cp850", "Anna\nGröße"),
    ],
)
def test_text_of_a_mac_or_of_dos_makes_none(tmp_path, encoding, text):
    content = text.encode(encoding)
    assert detected([content]) == "cp1252"  # what it would be taken for
    (tmp_path / "k").write_bytes(content)
    assert garbled_line(tmp_path / "k") == 2


def test_utf_8_with_a_stray_byte_in_it_is_not_taken_for_windows_1252(tmp_path):
    content = "Anna\nBäcker\nJörg Groß\n".encode() + b"\xff\n"
    assert detected([content]) == "cp1252"
    (tmp_path / "k").write_bytes(content)
    assert garbled_line(tmp_path / "k") == 2
