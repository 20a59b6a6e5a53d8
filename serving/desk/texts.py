"""All words of the Desk in German and English: one catalogue, `texts.yml`.

In: a key, a language, what to put in. Out: the text. A key that is not there is a mistake of ours
and raises KeyError.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from stamm.yaml_text import read_yaml

LANGUAGES = ("de", "en")
Say = Callable[..., str]
_FILE = Path(__file__).with_name("texts.yml")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key → language → text."""
    found: dict[str, dict[str, str]] = read_yaml(_FILE)
    return found


def speaker(language: str) -> Say:
    """`say(key, name=value, …)` in this language."""

    def say(key: str, **put_in: object) -> str:
        return catalogue()[key][language].format(**put_in)

    return say


def named(language: str, kind: str, name: str) -> str:
    """A name out of a specification in words; as it is where nobody translated it."""
    text = catalogue().get(f"{kind}.{name}")
    return text[language] if text else name.replace("_", " ")


def preferred(accepts: str) -> str:
    """The language of an `Accept-Language` header that we speak best; else English."""
    wanted = []
    for place, part in enumerate(accepts.split(",")):
        tag, _, rest = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in LANGUAGES:
            wanted.append((-_weight(rest), place, language))
    return min(wanted)[2] if wanted else "en"


def _weight(rest: str) -> float:
    try:
        return float(rest.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
