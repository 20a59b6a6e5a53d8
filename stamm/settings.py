"""`stamm.yaml`: one file, one model, one error per mistake.

Each system brings its own model of a source (`SourceSettings`), so this module knows none of
them by name. Secrets stand in the file only as `${ENV_NAME}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from stamm.errors import SettingsError
from stamm.mistakes import nearest, sentences, shown
from stamm.settings_file import REFERENCE, parse, resolved

_CRON_PART = r"(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/\d+)?"
_CRON = re.compile(rf"{_CRON_PART}(,{_CRON_PART})*")

_NAME = re.compile(r"[a-z][a-z0-9_]*")

Systems = Mapping[str, type["SourceSettings"]]
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Unknown keys are mistakes; a read file does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(Strict):
    """What every source states; each system adds its own fields."""

    # The fields with which one is let in, if others than all that a system adds.
    entered_with: ClassVar[tuple[str, ...]] = ()

    name: str = Field(default="", description="Filled from the key under `sources`.")
    system: str = Field(description="Which connector reads this source.")
    drift: dict[str, Literal["evolve", "quarantine", "fail"]] = Field(
        default_factory=dict,
        description="Stream → what becomes of records that differ from its declared fields: land"
        " and be told (evolve, the default), wait in quarantine, or end the read (fail).",
    )


class PublishSettings(Strict):
    """How builds are kept."""

    keep: int = Field(default=5, ge=1, description="Builds that stay for rollback.")


class LinkageSettings(Strict):
    """Own match specifications instead of the built-in ones."""

    person: Path | None = Field(default=None, description="Match specification of people.")
    organisation: Path | None = Field(default=None, description="Match specification of firms.")
    threshold: float | None = Field(
        default=None,
        gt=-3,
        le=40,
        description="Average match weight in bits above which records are one party.",
    )


class QualitySettings(Strict):
    """Bounds of the gates; docs/pipeline.md says what each gate looks at."""

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

    @field_validator("schedule")
    @classmethod
    def _is_a_cron_line(cls, line: str) -> str:
        parts = line.split()
        if len(parts) != 5 or not all(map(_CRON.fullmatch, parts)):
            raise PydanticCustomError(
                "schedule", "expected minute, hour, day, month and weekday, such as '0 5 * * *'"
            )
        return line

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        known = available_timezones()
        if name not in known:
            text = f"expected a time zone such as Europe/Berlin, found {name!r}"
            text += nearest(name, sorted(known))
            raise PydanticCustomError("timezone", "{text}", {"text": text})
        return name

    @property
    def uses_sandbox(self) -> bool:
        """Without sources of its own a project runs on the sandbox company."""
        return not self.sources


def load_settings(path: Path, systems: Systems) -> Settings:
    """Read and check `stamm.yaml`; raises `SettingsError` with every mistake in it."""
    document = parse(path)
    mistakes: list[str] = []
    sources = _sources(path, document.pop("sources", None), systems, mistakes)
    rest = _validated(path, "", Settings, document, mistakes)
    if mistakes or rest is None:
        raise SettingsError(
            [f"{path.name}: {mistake}" for mistake in mistakes],
            hint="`stamm init --schema` writes a schema for your editor.",
        )
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
        _demand_references(model, branch)
        branch["required"] = sorted({*branch.get("required", []), "system"})
        branches.append(branch)
    schema["properties"]["sources"] = {
        "type": "object",
        "additionalProperties": {"oneOf": branches},
    }
    return schema


def _demand_references(model: type[BaseModel], branch: dict[str, Any]) -> None:
    """Secrets stand in the file as `${ENV_NAME}` only."""
    for name, field in model.model_fields.items():
        if field.annotation is SecretStr:
            branch["properties"][name]["pattern"] = REFERENCE


def _sources(
    path: Path, raw: object, systems: Systems, mistakes: list[str]
) -> dict[str, SourceSettings]:
    if raw is not None and not isinstance(raw, dict):
        mistakes.append(f"sources: expected names with settings, found {shown(raw)}")
        return {}
    found = {
        str(name): _source(path, str(name), settings, systems, mistakes)
        for name, settings in (raw or {}).items()
    }
    return {name: source for name, source in found.items() if source is not None}


def _source(
    path: Path, name: str, raw: object, systems: Systems, mistakes: list[str]
) -> SourceSettings | None:
    place = f"sources.{name}"
    if not _NAME.fullmatch(name):
        mistakes.append(
            f"{place}: expected a name of small letters, digits and _, found {name!r}; "
            "folders and assets are named after it"
        )
    if not isinstance(raw, dict):
        mistakes.append(f"{place}: expected settings, found {shown(raw)}")
        return None
    system = raw.get("system")
    if not isinstance(system, str) or system not in systems:
        mistakes.append(
            f"{place}.system: expected one of {', '.join(sorted(systems))}, "
            f"found {shown(system)}{nearest(system, systems)}"
        )
        return None
    return _validated(path, place, systems[system], {**raw, "name": name}, mistakes)


def _validated(
    path: Path, place: str, model: type[Model], raw: dict[str, Any], mistakes: list[str]
) -> Model | None:
    """The model, or None; what cannot be taken from the environment is one mistake, not two."""
    values, unresolved = resolved(place, model, raw)
    mistakes.extend(unresolved.values())
    try:
        return model.model_validate(values, context={"folder": path.parent})
    except ValidationError as failure:
        told = sentences(place, model, failure)
        mistakes.extend(text for text in told if text.partition(": ")[0] not in unresolved)
        return None
