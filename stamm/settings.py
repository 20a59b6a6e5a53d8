"""`stamm.yaml`: one file, one model, one error per mistake.

Each system brings its own model of a source (`SourceSettings`), so this module knows none of
them by name. Secrets stand in the file only as `${ENV_NAME}`.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from stamm.errors import SettingsError
from stamm.redaction import register_secret

_REFERENCE = re.compile(r"^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$")

Systems = Mapping[str, type["SourceSettings"]]
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Unknown keys are mistakes; a read file does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(Strict):
    """What every source states; each system adds its own fields."""

    name: str = Field(default="", description="Filled from the key under `sources`.")
    system: str = Field(description="Which connector reads this source.")


class PublishSettings(Strict):
    """How builds are kept."""

    keep: int = Field(default=5, ge=1, description="Builds that stay for rollback.")


class LinkageSettings(Strict):
    """Own match specifications instead of the built-in ones."""

    person: Path | None = Field(default=None, description="Match specification of people.")
    organisation: Path | None = Field(default=None, description="Match specification of firms.")


class QualitySettings(Strict):
    """Bounds of the gates; the reasons stand in docs/quality.md."""

    rejected_share: float = Field(
        default=0.02, ge=0, le=1, description="Rejected rows a load may have."
    )
    largest_cluster: int = Field(default=60, ge=2, description="Records one party may have.")


class SandboxSettings(Strict):
    """The built-in company that stands in when there are no sources."""

    customers: int = Field(default=5000, ge=10)
    seed: int = Field(default=1, ge=0)


class TruthSettings(Strict):
    """A file that knows who is who; used to score a run, never to link."""

    path: Path = Field(description="CSV with the columns below.")
    source: str = "source"
    key: str = "key"
    entity: str = "entity"


class Settings(Strict):
    """The whole of `stamm.yaml`."""

    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    schedule: str = Field(default="0 5 * * *", description="Cron line of the daily run.")
    timezone: str = Field(default="Europe/Berlin")
    linkage: LinkageSettings = LinkageSettings()
    quality: QualitySettings = QualitySettings()
    publish: PublishSettings = PublishSettings()
    sandbox: SandboxSettings = SandboxSettings()
    truth: TruthSettings | None = None

    @property
    def uses_sandbox(self) -> bool:
        """Without sources of its own a project runs on the sandbox company."""
        return not self.sources


def load_settings(path: Path, systems: Systems) -> Settings:
    """Read and check `stamm.yaml`; raises `SettingsError` with every mistake in it."""
    document = _parse(path)
    mistakes: list[str] = []
    sources: dict[str, SourceSettings] = {}
    raw_sources = document.pop("sources", None) or {}
    if not isinstance(raw_sources, dict):
        mistakes.append(
            f"{path.name}: sources: expected names with settings, found {_shown(raw_sources)}"
        )
        raw_sources = {}
    for name, raw in raw_sources.items():
        source = _source(path, str(name), raw, systems, mistakes)
        if source is not None:
            sources[str(name)] = source
    rest = _validated(path, "", Settings, document, mistakes)
    if mistakes or rest is None:
        raise SettingsError(mistakes, hint="`stamm init --schema` writes a schema for your editor.")
    return rest.model_copy(update={"sources": sources})


def json_schema(systems: Systems) -> dict[str, Any]:
    """JSON Schema of the whole file, with one branch per system."""
    schema = Settings.model_json_schema()
    branches = []
    for name, model in sorted(systems.items()):
        branch = model.model_json_schema(ref_template="#/$defs/{model}")
        schema.setdefault("$defs", {}).update(branch.pop("$defs", {}))
        branch["properties"]["system"] = {"const": name}
        branch["properties"].pop("name", None)
        branch["required"] = sorted({*branch.get("required", []), "system"})
        branches.append(branch)
    schema["properties"]["sources"] = {
        "type": "object",
        "additionalProperties": {"oneOf": branches},
    }
    return schema


def _parse(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise SettingsError([f"{path}: cannot be read: {failure.strerror}"]) from failure
    except (yaml.YAMLError, UnicodeDecodeError) as failure:
        raise SettingsError([f"{path.name}: is not YAML in UTF-8: {failure}"]) from failure
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SettingsError([f"{path.name}: expected keys with values, found {_shown(document)}"])
    return document


def _source(
    path: Path, name: str, raw: object, systems: Systems, mistakes: list[str]
) -> SourceSettings | None:
    place = f"sources.{name}"
    if not isinstance(raw, dict):
        mistakes.append(f"{path.name}: {place}: expected settings, found {_shown(raw)}")
        return None
    system = raw.get("system")
    if not isinstance(system, str) or system not in systems:
        mistakes.append(
            f"{path.name}: {place}.system: expected one of {', '.join(sorted(systems))}, "
            f"found {_shown(system)}{_nearest(str(system), systems)}"
        )
        return None
    model = systems[system]
    values = _with_secrets(path, place, model, {**raw, "name": name}, mistakes)
    return _validated(path, place, model, values, mistakes)


def _with_secrets(
    path: Path, place: str, model: type[BaseModel], raw: dict[str, Any], mistakes: list[str]
) -> dict[str, Any]:
    """Replace `${NAME}` by the environment's value; a secret written out is a mistake."""
    values = dict(raw)
    for field, value in raw.items():
        reference = _REFERENCE.match(value) if isinstance(value, str) else None
        is_secret = field in model.model_fields and _is_secret(model.model_fields[field].annotation)
        if reference is None:
            if is_secret and value is not None:
                mistakes.append(
                    f"{path.name}: {place}.{field}: expected ${{ENV_NAME}}, found a value written "
                    "out (not shown); secrets do not belong into a file"
                )
                values[field] = "-"
            continue
        found = os.environ.get(reference.group(1))
        if found is None:
            mistakes.append(
                f"{path.name}: {place}.{field}: expected the environment variable "
                f"{reference.group(1)} to be set, found none"
            )
            found = "-"
        elif is_secret:
            register_secret(found)
        values[field] = found
    return values


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or SecretStr in get_args(annotation)


def _validated(
    path: Path, place: str, model: type[Model], values: dict[str, Any], mistakes: list[str]
) -> Model | None:
    try:
        return model.model_validate(values, context={"folder": path.parent})
    except ValidationError as failure:
        mistakes.extend(_mistakes(path, place, model, failure))
        return None


def _mistakes(
    path: Path, place: str, model: type[BaseModel], failure: ValidationError
) -> Iterator[str]:
    for error in failure.errors(include_url=False):
        steps = [str(step) for step in error["loc"]]
        where = ".".join([part for part in (place, *steps) if part])
        if error["type"] == "extra_forbidden":
            known = _fields_at(model, steps[:-1])
            yield (
                f"{path.name}: {where}: expected one of {', '.join(known)}, "
                f"found {steps[-1]!r}{_nearest(steps[-1], known)}"
            )
        elif error["type"] == "missing":
            yield f"{path.name}: {where}: expected a value, found none"
        else:
            expected = error["msg"][0].lower() + error["msg"][1:]
            yield f"{path.name}: {where}: {expected}, found {_shown(error['input'])}"


def _fields_at(model: type[BaseModel], steps: list[str]) -> list[str]:
    for step in steps:
        field = model.model_fields.get(step)
        options = [field.annotation, *get_args(field.annotation)] if field else []
        inner = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
        if not inner:
            return []
        model = inner[0]
    return sorted(name for name in model.model_fields if name != "name")


def _nearest(word: str, known: Mapping[str, object] | list[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" – did you mean {close[0]!r}?" if close else ""


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool) else type(value).__name__
    return "nothing" if value is None else text[:80]
