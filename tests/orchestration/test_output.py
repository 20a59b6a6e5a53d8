"""Tables of the command: as wide as they need in a file, readable on any terminal."""

import io

import pytest
from rich.console import Console

from orchestration.cli.output import say, table

WIDE = [f"a_column_{number}" for number in range(40)]


@pytest.fixture
def shown(monkeypatch, capsys):
    """What a file gets, or a terminal of so many columns."""

    def _shown(columns, rows, terminal=None):
        if terminal is None:
            monkeypatch.delenv("COLUMNS", raising=False)
            table(columns, rows)
            return capsys.readouterr().out
        made, screen = Console, io.StringIO()
        monkeypatch.setattr(
            "rich.console.Console",
            lambda **options: made(**{
                "file": screen, "force_terminal": True, "width": terminal, "color_system": None,
                **options,
            }),
        )  # fmt: skip
        table(columns, rows)
        return screen.getvalue()

    return _shown


def test_in_a_file_each_row_is_one_line_however_wide(shown):
    said = shown(WIDE, [["a word or two"] * 40, [None] * 40]).splitlines()
    assert len(said) == 3
    assert said[1].count("a word or two") == 40
    assert said[0].split() == WIDE


def test_a_narrow_terminal_folds_words_of_a_table_that_fits(shown):
    said = shown(["name", "what"], [["erp", "word " * 30]], terminal=60)
    assert max(map(len, said.splitlines())) <= 60
    assert said.count("word") == 30


def test_a_terminal_without_room_tells_each_row_down_the_page(shown):
    said = shown(WIDE, [["seen"] * 40, [1234] * 40], terminal=80)
    lines = said.splitlines()
    assert lines[0].strip() == "row 1"
    assert lines[1].split() == ["a_column_0", "seen"]
    assert "a_column_39  1,234" in said
    assert max(map(len, lines)) <= 80


DATA = ["Müller [gesperrt]", "a [/] b", "[/quote]", ":key: 7", "a\\["]


@pytest.mark.parametrize("words", DATA)
@pytest.mark.parametrize("terminal", [None, 80])
def test_brackets_and_colons_of_data_are_shown_as_they_are(shown, words, terminal):
    said = shown([words, *WIDE], [[words] * 41], terminal)
    assert said.count(words) == 42


@pytest.mark.parametrize("words", DATA)
def test_a_line_is_said_as_it_is(capsys, words):
    say(f"because {words}")
    assert capsys.readouterr().out == f"because {words}\n"
