"""What a source of files states in `stamm.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from connectors.settings import StreamsSource

Format = Literal["csv", "excel", "jsonl", "parquet", "vcard"]


class FilesSource(StreamsSource):
    """A file, or a folder of files of one format, and what its columns mean."""

    path: Path = Field(description="A file or a folder; relative to stamm.yaml.")
    format: Format
    stream: Literal["parties", "spend_estimates"] = "parties"
    key: tuple[str, ...] = Field(
        default=(), description="Columns that together name a record for ever (vcard: UID)."
    )
    map: dict[str, str] = Field(
        default_factory=dict, description="Our name: column of the file (vcard: not needed)."
    )
    encoding: Literal["utf-8", "utf-8-sig", "cp1252", "utf-16"] | None = Field(
        default=None, description="Detected if not given."
    )
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="Detected if not given."
    )
    decimal: Literal[".", ","] = Field(default=".", description="Decimal sign of numbers.")
    date_format: str | None = Field(
        default=None, description="Such as %d.%m.%Y; ISO and German dates are understood without."
    )
    sheet: str | None = Field(default=None, description="Excel: the first one if not given.")

    @field_validator("path")
    @classmethod
    def _beside_the_settings(cls, path: Path, info: ValidationInfo) -> Path:
        folder = (info.context or {}).get("folder")
        return path if folder is None else Path(folder) / path

    @model_validator(mode="after")
    def _says_what_columns_mean(self) -> FilesSource:
        if self.format != "vcard" and not (self.key and self.map):
            raise PydanticCustomError(
                "columns", f"expected key and map, as a {self.format} file has columns of its own"
            )
        return self
