"""The JSON of an answer: one odd value spoils no other, and no whole number loses its digits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.json_bodies import parsed


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        (rb'[{"n": "Anna"}, {"n": "half \ud83d"}]', [{"n": "Anna"}, {"n": "half \ud83d"}]),
        (b'\xef\xbb\xbf{"items": []}', {"items": []}),
        (b'[{"x": NaN}, {"x": -Infinity}, {"x": 1}]', [{"x": None}, {"x": None}, {"x": 1}]),
    ],
    ids=["half a surrogate pair", "byte order mark", "numbers that are none"],
)
def test_what_json_does_not_allow_spoils_no_other_record(body: bytes, holds: Any):
    assert parsed(body) == holds


FORMS = ['{"id":%d}', '{"id": %d }', "[%d]", "[0,%d,1]", '["a",\n%d]']
NUMBERS = [2**63 - 1, -(2**63), 2**64 - 1, 2**64, -(2**63) - 1, 10**22 + 3, -(10**40) - 7]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_whole_number_of_any_length_keeps_its_digits(form: str, number: int):
    for before in range(8):
        body = (" " * before + form % number + " " * 40).encode()
        assert str(number) in str(parsed(body))


def test_long_digits_in_a_text_are_text():
    record = {"id": "4" * 32, "more": ["12" * 20, 1.5, "no: 12345678901234567890"], "n": 7}
    assert parsed(json.dumps(record).encode()) == record


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"name": "Müller"}'.encode("latin-1"), "invalid start byte"),
        (b'{"a": 1,}', "Expecting property name"),
        (b"[" + b"1" * 5000 + b"]", "4300 digits"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(body: bytes, says: str):
    with pytest.raises(ValueError, match=says):
        parsed(body)


def test_nesting_without_end_is_refused():
    with pytest.raises(RecursionError):
        parsed(b"[" * 100_000)
