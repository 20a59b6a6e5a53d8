"""Reads a YAML file strictly: no key twice, `${ENV_NAME}` taken from the environment.

Secrets stand in the file only as such references; what is read that way is redacted from then on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, SecretStr

from stamm.errors import SettingsError
from stamm.mistakes import shown
from stamm.redaction import register_secret

REFERENCE = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
_REFERENCE = re.compile(REFERENCE)


class _StrictLoader(yaml.SafeLoader):
    """YAML lets the last of two equal keys win, and a source would vanish without a word."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[object] = set()
    for key_node, _ in node.value:  # before merges (`<<`), whose keys may be written over
        key = key_node.value
        if key in seen:
            raise yaml.constructor.ConstructorError(
                problem=f"the key {key!r} stands there twice", problem_mark=key_node.start_mark
            )
        seen.add(key)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(path: Path) -> dict[str, Any]:
    """The document; raises `SettingsError` if it is no mapping in YAML and UTF-8."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506 - a SafeLoader
    except OSError as failure:
        raise SettingsError([f"{path}: cannot be read: {failure.strerror}"]) from failure
    except yaml.constructor.ConstructorError as failure:
        line = failure.problem_mark.line + 1 if failure.problem_mark else 0
        raise SettingsError(
            [f"{path.name}: line {line}: expected each key once: {failure.problem}"]
        ) from failure
    except (yaml.YAMLError, UnicodeDecodeError) as failure:
        raise SettingsError([f"{path.name}: is not YAML in UTF-8: {failure}"]) from failure
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SettingsError([f"{path.name}: expected keys with values, found {shown(document)}"])
    return document


def resolved(
    place: str, model: type[BaseModel], raw: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values with references replaced, and place → mistake for those that cannot be."""
    values, mistakes = dict(raw), dict[str, str]()
    for field, value in raw.items():
        where = f"{place}.{field}" if place else str(field)
        within = _model_of(model, field)
        if within is not None and isinstance(value, dict):
            values[field], inner = resolved(where, within, value)
            mistakes |= inner
            continue
        annotation = model.model_fields[field].annotation if field in model.model_fields else None
        secret = is_secret(annotation)
        if isinstance(value, dict) and _may_hold_secrets(annotation):
            values[field] = {
                name: _option(f"{where}.{name}", one, mistakes) for name, one in value.items()
            }
        elif isinstance(value, str) and _REFERENCE.match(value):
            name = value[2:-1]
            found = os.environ.get(name)
            if found and secret:
                register_secret(found)
            if not found:
                mistakes[where] = (
                    f"{where}: expected the environment variable {name} to be set, found none; "
                    f"in this shell: export {name}=…"
                )
            values[field] = found or "-"
        elif secret and value is not None:
            mistakes[where] = (
                f"{where}: expected ${{ENV_NAME}}, found a value written out (not shown); "
                "secrets do not belong into a file"
            )
            values[field] = "-"
        elif isinstance(value, str) and "${" in value:
            mistakes[where] = (
                f"{where}: expected ${{ENV_NAME}} alone or not at all, found it within other text"
            )
    return values, mistakes


def _option(where: str, value: object, mistakes: dict[str, str]) -> object:
    """What comes from the environment into options is taken for a secret, whatever its name."""
    if not (isinstance(value, str) and "${" in value):
        return value
    found = os.environ.get(value[2:-1]) if _REFERENCE.match(value) else None
    if not _REFERENCE.match(value):
        mistakes[where] = (
            f"{where}: expected ${{ENV_NAME}} alone or not at all, found it within other text"
        )
    elif not found:
        mistakes[where] = (
            f"{where}: expected the environment variable {value[2:-1]} to be set, found none; "
            f"in this shell: export {value[2:-1]}=…"
        )
    else:
        register_secret(found)
    return SecretStr(found or "-")


def _may_hold_secrets(annotation: object) -> bool:
    """Whether it is a mapping of names to values that may be secrets."""
    return get_origin(annotation) is dict and is_secret(get_args(annotation)[1])


def is_secret(annotation: object) -> bool:
    """Whether a field of this type stands in the file as a reference only."""
    return annotation is SecretStr or SecretStr in get_args(annotation)


def _model_of(model: type[BaseModel], field: str) -> type[BaseModel] | None:
    """The model of a field that holds settings of its own."""
    if field not in model.model_fields:
        return None
    annotation = model.model_fields[field].annotation
    for found in (annotation, *get_args(annotation)):
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return None
