"""Encodings told by the bytes themselves, also where a chunk ends inside a letter."""

import pytest

from stamm.charset import chunks_of, detected


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
