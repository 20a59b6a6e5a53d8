"""What sources state of their streams in `stamm.yaml`, and all that is reached over HTTP."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from stamm.addresses import safe_address
from stamm.mistakes import nearest
from stamm.settings import SinkSettings, SourceSettings


class StreamsSource(SourceSettings):
    """What is said of single streams: names that the system has."""

    accept_shrinking: tuple[str, ...] = Field(
        default=(), description="Streams that may lose more than half their records in one read."
    )

    concurrency: int | None = Field(
        default=None,
        ge=1,
        le=16,
        description="Streams read at the same time; if not stated, as many as the system bears.",
    )

    @field_validator("accept_shrinking")
    @classmethod
    def _are_streams(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_streams(cls, names)

    @field_validator("drift")
    @classmethod
    def _drift_of_streams(cls, drift: dict[str, str]) -> dict[str, str]:
        known_streams(cls, tuple(drift))
        return drift


class HttpSource(StreamsSource):
    """An address, and whether it may be reached without TLS."""

    insecure: bool = Field(
        default=False, description="Allow http:// for a test; data travel unencrypted."
    )
    url: str = Field(description="Address of the system, https://…", validate_default=True)
    patience: float = Field(
        default=300.0, ge=0, description="Seconds to wait in all for an answer that does not come."
    )
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="Budget of requests; the source's own limits hold anyway."
    )

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str, info: ValidationInfo) -> str:
        return safe_address(url, insecure=bool(info.data.get("insecure"))).rstrip("/")


class HttpSink(SinkSettings):
    """A target that is reached over HTTP: its address, and how long to wait for it."""

    insecure: bool = Field(
        default=False, description="Allow http:// for a test; data travel unencrypted."
    )
    url: str = Field(description="Address of the target, https://…", validate_default=True)
    patience: float = Field(
        default=60.0, ge=0, description="Seconds to wait in all for an answer that does not come."
    )
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="Budget of requests; the target's own limits hold anyway."
    )

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str, info: ValidationInfo) -> str:
        return safe_address(url, insecure=bool(info.data.get("insecure")))


def known_streams(model: type[SourceSettings], names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, if the system that this model belongs to has streams of all of them."""
    from connectors.registry import systems  # imports the systems, and they import this

    known = [
        stream.name
        for system in systems().values()
        if system.settings is model
        for stream in system.streams
    ]
    for name in names if known else ():
        if name not in known:
            text = f"expected streams out of {', '.join(known)}, found {name!r}"
            raise PydanticCustomError("stream", "{text}", {"text": text + nearest(name, known)})
    return names
