"""What a source of files states in `stamm.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from connectors.files import address
from connectors.settings import StreamsSource

Format = Literal["csv", "excel", "jsonl", "parquet", "vcard"]
Option = bool | int | float | str | SecretStr
CONNECT, READ = 10.0, 60.0  # seconds for an answer, as connectors.http waits


class FilesSource(StreamsSource):
    """A file, or a folder of files of one format, and what its columns mean."""

    entered_with: ClassVar[tuple[str, ...]] = ("options",)

    insecure: bool = Field(
        default=False, description="Allow http:// for a test; data travel unencrypted."
    )
    path: str = Field(
        description="A file, a folder or a pattern such as in/*.csv, relative to stamm.yaml;"
        " or an address of such: s3://, sftp://, https://, zip://*.csv::archive.zip."
    )
    options: dict[str, Option] = Field(
        default_factory=dict,
        description="What fsspec needs to open the address; secrets as ${ENV_NAME}.",
    )
    ca_file: Path | None = Field(
        default=None,
        description="https, s3: certificate (PEM) to trust instead of the system's.",
    )
    known_hosts: Path | None = Field(
        default=None, description="sftp: file with the host's key; ~/.ssh/known_hosts if not given."
    )
    format: Format
    stream: Literal["parties", "spend_estimates"] = "parties"
    key: tuple[str, ...] = Field(
        default=(), description="Columns that together name a record for ever (vcard: UID)."
    )
    map: dict[str, str] = Field(
        default_factory=dict, description="Our name: column of the file (vcard: not needed)."
    )
    encoding: Literal["utf-8", "utf-8-sig", "cp1252", "utf-16", "mac_roman", "cp850"] | None = (
        Field(default=None, description="Detected if not given, but for mac_roman and cp850 (DOS).")
    )
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="Detected if not given."
    )
    decimal: Literal[".", ","] = Field(default=".", description="Decimal sign of numbers.")
    date_format: str | None = Field(
        default=None, description="Such as %d.%m.%Y; ISO and German dates are understood without."
    )
    sheet: str | None = Field(default=None, description="Excel: the first one if not given.")
    rows_above: int = Field(
        default=0, ge=0, description="csv, excel: lines above the columns' names, such as a title."
    )

    @field_validator("path", mode="before")
    @classmethod
    def _may_be_a_path(cls, path: object) -> object:
        return str(path) if isinstance(path, Path) else path

    @field_validator("path")
    @classmethod
    def _is_safe(cls, path: str, info: ValidationInfo) -> str:
        folder = (info.context or {}).get("folder")
        insecure = bool(info.data.get("insecure"))
        return address.checked(path, insecure=insecure, folder=Path(folder) if folder else None)

    @field_validator("ca_file", "known_hosts")
    @classmethod
    def _beside_the_settings(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        folder = (info.context or {}).get("folder")
        return path if folder is None or path is None else Path(folder) / path

    @field_validator("options")
    @classmethod
    def _keeps_secrets_out(
        cls, options: dict[str, Option], info: ValidationInfo
    ) -> dict[str, Option]:
        for name, value in options.items():
            if address.sounds_secret(name) and not isinstance(value, SecretStr):
                text = (
                    f"expected ${{ENV_NAME}} for {name}, found a value written out (not shown); "
                    "secrets do not belong into a file"
                )
                raise PydanticCustomError("secret", "{text}", {"text": text})
        endpoint = str(options.get("endpoint_url", ""))
        if endpoint.startswith("http:") and not info.data.get("insecure"):
            raise PydanticCustomError(
                "address",
                "expected endpoint_url to begin with https, as customer data would travel "
                "unencrypted otherwise (insecure: true allows http for a test on this machine)",
            )
        return options

    @model_validator(mode="after")
    def _says_what_columns_mean(self) -> FilesSource:
        if self.format != "vcard" and not (self.key and self.map):
            raise PydanticCustomError(
                "columns", f"expected key and map, as a {self.format} file has columns of its own"
            )
        return self
