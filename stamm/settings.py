"""`stamm.yaml`: one file, one model, one error per mistake.

Each system brings its own model of a source (`SourceSettings`) or of a target (`SinkSettings`),
so this module knows none of them by name. Secrets stand in the file only as `${ENV_NAME}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import BaseModel, Field, PositiveInt, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from stamm.alert_settings import AlertSettings, LogSettings
from stamm.errors import SettingsError
from stamm.mistakes import nearest, sentences, shown
from stamm.settings_file import REFERENCE, is_secret, parse, resolved
from stamm.strict import Strict
from stamm.target_group import TargetGroupSettings

_CRON_PART = r"(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/\d+)?"
_CRON = re.compile(rf"{_CRON_PART}(,{_CRON_PART})*")

_NAME = re.compile(r"[a-z][a-z0-9_]*")

Systems = Mapping[str, type["SourceSettings"]]
Sinks = Mapping[str, type["SinkSettings"]]
Model = TypeVar("Model", bound=BaseModel)


class SourceSettings(Strict):
    """What every source states; each system adds its own fields."""

    # The fields with which one is let in, if others than all that a system adds.
    entered_with: ClassVar[tuple[str, ...]] = ()

    name: str = Field(default="", description="Filled from the key under `sources`.")
    system: str = Field(description="Which connector reads this source.")
    late_after: float = Field(
        default=26.0, gt=0, description="Hours without a read after which `stamm status` says late."
    )
    drift: dict[str, Literal["evolve", "quarantine", "fail"]] = Field(
        default_factory=dict,
        description="Stream → what becomes of records that differ from its declared fields: land"
        " and be told (evolve, the default), wait in quarantine, or end the read (fail).",
    )


class SinkSettings(Strict):
    """What every target of golden customers states; each sink adds its own fields."""

    name: str = Field(default="", description="Filled from the key under `sinks`.")
    system: str = Field(description="Which sink writes to this target.")
    source: str | None = Field(
        default=None, description="The source that reads the same system back, if one does."
    )
    stream: str | None = Field(
        default=None, description="The stream of it whose records are this target's customers."
    )
    owns: tuple[str, ...] = Field(
        default=(), description="Fields that the target keeps itself: sent at most once, when new."
    )


class PostgresSettings(Strict):
    """A PostgreSQL that every build is copied to."""

    url: SecretStr = Field(description="postgresql://user:password@host/name, from ${ENV_NAME}.")
    schema_name: str = Field(
        default="stamm",
        alias="schema",
        pattern=f"^{_NAME.pattern}$",
        max_length=58,  # PostgreSQL's 63, less the ending of the schema that is being loaded
        description="A schema for builds alone; each one replaces all of it.",
    )
    reader: str | None = Field(
        default=None, description="Role of the server that may read it and nothing else."
    )
    insecure: bool = Field(
        default=False, description="Allow a connection without TLS; data travel unencrypted."
    )


class PublishSettings(Strict):
    """How builds are kept."""

    keep: int = Field(default=5, ge=1, description="Builds that stay for rollback, at the most.")
    keep_days: int | None = Field(
        default=None, ge=1, description="Builds older than that go, also where fewer are kept."
    )
    postgres: PostgresSettings | None = Field(
        default=None, description="Copy each build to a PostgreSQL: url, schema, reader, insecure."
    )


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
    stops: tuple[str, ...] = Field(
        default=(), description="Checks that warn by themselves and are to stop a run here."
    )


class ScoreSettings(Strict):
    """What the scores of purchases look at; docs/warehouse.md says how they are made."""

    horizon_months: int = Field(
        default=12, ge=1, le=60, description="Months that customer value looks ahead."
    )
    discount_rate: float = Field(
        default=0.10, ge=0, lt=1, description="By which money of next year is worth less."
    )
    repeat_buyers: int = Field(
        default=100, ge=10, description="Repeat buyers of a kind that a model needs at least."
    )
    holdout_days: int = Field(
        default=182, ge=28, le=1095, description="Days of the past that models are tested on."
    )


Priority = Literal["urgent", "high", "normal", "low"]


class ServiceSettings(Strict):
    """What customers are promised; the metric `sla_kept` tells how far it is kept."""

    first_reply_minutes: dict[Priority, PositiveInt] = Field(
        default={"urgent": 60, "high": 240, "normal": 480, "low": 1440},
        description="Minutes to the first reply, by the priority of a ticket; one that is left out"
        " promises nothing.",
    )


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
    sinks: dict[str, SinkSettings] = Field(default_factory=dict)
    schedule: str = Field(default="0 5 * * *", description="Cron line of the daily run.")
    hourly: str = Field(default="30 * * * *", description="Cron line of the runs in between.")
    timezone: str = Field(default="Europe/Berlin")
    owner: str = Field(
        default="team:customer_data",
        pattern=r"^(team:\w+|[^@\s]+@[^@\s]+)$",
        description="Who answers for the data: an address, or team:name.",
    )
    linkage: LinkageSettings = LinkageSettings()
    quality: QualitySettings = QualitySettings()
    publish: PublishSettings = PublishSettings()
    scores: ScoreSettings = ScoreSettings()
    service: ServiceSettings = ServiceSettings()
    target_groups: dict[str, TargetGroupSettings] = Field(
        default_factory=dict, description="Segments of customers by name."
    )
    sandbox: SandboxSettings = SandboxSettings()
    truth: TruthSettings | None = None
    alerts: AlertSettings = AlertSettings()
    log: LogSettings = LogSettings()

    @field_validator("schedule", "hourly")
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

    @field_validator("target_groups")
    @classmethod
    def _have_names(cls, groups: dict[str, TargetGroupSettings]) -> dict[str, TargetGroupSettings]:
        for name in groups:
            if not _NAME.fullmatch(name):
                text = f"expected names of small letters, digits and _, found {name!r}"
                raise PydanticCustomError("name", "{text}", {"text": text})
        return groups

    @property
    def uses_sandbox(self) -> bool:
        """Without sources of its own a project runs on the sandbox company."""
        return not self.sources


def load_settings(path: Path, systems: Systems, sinks: Sinks | None = None) -> Settings:
    """Read and check `stamm.yaml`; raises `SettingsError` with every mistake in it."""
    document = parse(path)
    mistakes: list[str] = []
    sources = _named(path, "sources", document.pop("sources", None), systems, mistakes)
    targets = _named(path, "sinks", document.pop("sinks", None), sinks or {}, mistakes)
    mistakes.extend(_not_read_back(targets, sources))
    rest = _validated(path, "", Settings, document, mistakes)
    if mistakes or rest is None:
        raise SettingsError(
            [f"{path.name}: {mistake}" for mistake in mistakes],
            hint="`stamm init --schema` writes a schema for your editor.",
        )
    return rest.model_copy(update={"sources": sources, "sinks": targets})


def json_schema(systems: Systems, sinks: Sinks | None = None) -> dict[str, Any]:
    """JSON Schema of the whole file, with one branch per system and per kind of target."""
    schema = Settings.model_json_schema()
    for section, models in (("sources", systems), ("sinks", sinks or {})):
        branches = [_branch(schema, name, model) for name, model in sorted(models.items())]
        schema["properties"][section] = {
            "type": "object",
            "additionalProperties": {"oneOf": branches} if branches else False,
        }
    return schema


def _branch(schema: dict[str, Any], name: str, model: type[BaseModel]) -> dict[str, Any]:
    """What may stand under a name of this system; definitions it needs go into the whole."""
    branch = model.model_json_schema(ref_template="#/$defs/{model}")
    schema.setdefault("$defs", {}).update(branch.pop("$defs", {}))
    branch["properties"]["system"] = {"const": name}
    branch["properties"].pop("name", None)
    _demand_references(model, branch)
    branch["required"] = sorted({*branch.get("required", []), "system"})
    return branch


def _demand_references(model: type[BaseModel], branch: dict[str, Any]) -> None:
    """Secrets stand in the file as `${ENV_NAME}` only."""
    for name, field in model.model_fields.items():
        if is_secret(field.annotation):
            branch["properties"][name]["pattern"] = REFERENCE


def _named(
    path: Path, section: str, raw: object, models: Mapping[str, type[Model]], mistakes: list[str]
) -> dict[str, Model]:
    """The entries of a section that maps names of one's choice to settings."""
    if raw is not None and not isinstance(raw, dict):
        mistakes.append(f"{section}: expected names with settings, found {shown(raw)}")
        return {}
    found = {
        str(name): _entry(path, section, str(name), settings, models, mistakes)
        for name, settings in (raw or {}).items()
    }
    return {name: entry for name, entry in found.items() if entry is not None}


def _entry(
    path: Path,
    section: str,
    name: str,
    raw: object,
    models: Mapping[str, type[Model]],
    mistakes: list[str],
) -> Model | None:
    place = f"{section}.{name}"
    if not _NAME.fullmatch(name):
        mistakes.append(
            f"{place}: expected a name of small letters, digits and _, found {name!r}; "
            "folders and assets are named after it"
        )
    if not isinstance(raw, dict):
        mistakes.append(f"{place}: expected settings, found {shown(raw)}")
        return None
    system = raw.get("system")
    if not isinstance(system, str) or system not in models:
        mistakes.append(
            f"{place}.system: expected one of {', '.join(sorted(models))}, "
            f"found {shown(system)}{nearest(system, models)}"
        )
        return None
    return _validated(path, place, models[system], {**raw, "name": name}, mistakes)


def _not_read_back(
    sinks: Mapping[str, SinkSettings], sources: Mapping[str, SourceSettings]
) -> Iterator[str]:
    """Targets that name a source which there is none of, or not what of it comes back."""
    for name, sink in sinks.items():
        if sink.source is not None and sink.stream is None:
            yield (
                f"sinks.{name}.stream: expected the stream of {sink.source} that has the customers "
                "of this target, found none"
            )
        if sink.source is not None and sink.source not in sources:
            yield (
                f"sinks.{name}.source: expected one of the sources "
                f"({', '.join(sources) or 'there are none'}), found {sink.source!r}"
                f"{nearest(sink.source, list(sources))}"
            )


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
