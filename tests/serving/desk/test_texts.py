"""One catalogue: both languages say the same things, and templates ask for nothing else."""

import re
from string import Formatter

import pytest

from serving.desk.pages import FOLDER
from serving.desk.texts import LANGUAGES, catalogue, preferred, speaker

KEYS = sorted(catalogue())


def braces(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", KEYS)
def test_each_text_is_there_in_both_languages_with_the_same_braces(key):
    texts = catalogue()[key]
    assert set(texts) == set(LANGUAGES)
    assert all(isinstance(text, str) and text.strip() for text in texts.values())
    assert braces(texts["de"]) == braces(texts["en"])


def asked_for():
    files = [*FOLDER.glob("templates/*.jinja"), *FOLDER.glob("*.py")]
    for file in files:
        text = file.read_text(encoding="utf-8")
        yield from re.findall(r"""say\(["']([a-z_.]+)["'][,)]""", text)
        yield from re.findall(r"""Refused\(\d+, ["']([a-z_.]+)["']""", text)


def test_what_the_pages_say_is_in_the_catalogue():
    assert set(asked_for()) <= set(KEYS)


def test_a_text_that_is_not_there_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        speaker("de")("no.such.key")


@pytest.mark.parametrize(
    ("accepts", "language"),
    [("", "en"), ("de", "de"), ("de-CH,de;q=0.9", "de"), ("fr", "en"), ("en;q=0.5, de;q=0.9", "de"),
     ("en, de", "en"), ("de;q=x", "de"), ("*", "en")],
)  # fmt: skip
def test_the_first_language_that_we_speak_is_taken(accepts, language):
    assert preferred(accepts) == language
