"""Pydantic's findings → one sentence per mistake: place, what was expected, what was found.

Knows no file and no setting by name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

_SHOWN = 80  # characters of a found value
_LOGIN = re.compile(r"://[^/@\s]*@")
_QUOTED = re.compile(r"'([^']+)'")


def sentences(place: str, model: type[BaseModel], failure: ValidationError) -> Iterator[str]:
    """One sentence per finding; `place` is where the model stands in the file."""
    errors = failure.errors(include_url=False)
    misspelt = {_meant(model, error) for error in errors if error["type"] == "extra_forbidden"}
    for error in errors:
        if error["type"] == "missing" and error["loc"] in misspelt:
            continue  # it stands there under a wrong name: one mistake, told once
        steps = [str(step) for step in error["loc"]]
        where = ".".join([part for part in (place, *steps) if part])
        yield f"{where}: {_what(model, steps, error)}"


def _meant(model: type[BaseModel], error: Any) -> tuple[int | str, ...]:
    """The place that a misspelt key was probably meant for."""
    *parents, word = error["loc"]
    close = _close(word, _fields_at(model, [str(step) for step in parents]))
    return (*parents, *close)


def _what(model: type[BaseModel], steps: list[str], error: Any) -> str:
    kind, found = error["type"], error["input"]
    if kind == "extra_forbidden":
        known = _fields_at(model, steps[:-1])
        return f"expected one of {', '.join(known)}, found {steps[-1]!r}{nearest(steps[-1], known)}"
    if kind == "missing":
        return f"expected a value{_meaning(model, steps)}, found none"
    if kind == "literal_error":
        known = _QUOTED.findall(error["ctx"]["expected"])
        return f"expected one of {', '.join(known)}, found {shown(found)}{nearest(found, known)}"
    message = re.sub(r"^Input should be ", "expected ", error["msg"])
    message = message[0].lower() + message[1:]
    # What a rule of ours says of a whole section, or with the finding in it, is all there is.
    complete = isinstance(found, Mapping) or ", found " in message
    return message if complete else f"{message}, found {shown(found)}"


def _meaning(model: type[BaseModel], steps: list[str]) -> str:
    field = model.model_fields.get(steps[0]) if len(steps) == 1 else None
    description = (field.description or "").rstrip(".") if field else ""
    return f" ({description})" if description else ""


def _fields_at(model: type[BaseModel], steps: list[str]) -> list[str]:
    """The keys known there; below a field that maps names to models stands a name first."""
    if not steps:
        fields = model.model_fields.items()
        return sorted(field.alias or name for name, field in fields if name != "name")
    field = model.model_fields.get(steps[0])
    options = [field.annotation, *get_args(field.annotation)] if field else []
    inner = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
    if not inner or not field:
        return []
    named = get_origin(field.annotation) is dict
    return _fields_at(inner[0], steps[2 if named else 1 :])


def nearest(word: object, known: Mapping[str, object] | Sequence[str]) -> str:
    """The known word that was probably meant, as the end of a sentence."""
    close = _close(word, known)
    return f" – did you mean {close[0]!r}?" if close else ""


def _close(word: object, known: Mapping[str, object] | Sequence[str]) -> list[str]:
    return difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.5)


def shown(value: object) -> str:
    """A found value, short and without a login in it."""
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str | int | float | bool) else type(value).__name__
    return _LOGIN.sub("://…@", text)[:_SHOWN]
