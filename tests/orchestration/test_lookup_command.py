"""`stamm lookup --lines`: one answer a line, and a line that cannot be read stops nobody."""

from __future__ import annotations

import io
import json

from orchestration.cli.lookup import _answer_lines

LINES = """
{"family_name": "Huber"}
{"surname": "Huber"}
Huber
["Huber"]
{"emails": "anna@web.de"}
"""


def test_each_line_is_answered_in_its_place(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("sys.stdin", io.StringIO(LINES))
    _answer_lines(lambda card, limit: asked.append((card, limit)) or [], 3)
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [next(iter(answer)) for answer in answers] == ["hits", "error", "error", "error", "hits"]
    assert "surname" in answers[1]["error"] and "family_name" in answers[1]["error"]
    assert [(card.family_name, limit) for card, limit in asked] == [("Huber", 3), (None, 3)]
