"""What a source that is a database states in `stamm.yaml`: where it is, and its tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from connectors.database import address
from connectors.database.holds import Thing, check_names, check_references
from connectors.settings import StreamsSource
from stamm.mistakes import nearest
from stamm.strict import Strict

BasisName = Literal[
    "contract", "transaction", "invoice", "service", "relation", "measurement", "marketing",
    "insight",
]  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class TableSettings(Strict):
    """One table or view, read as one stream."""

    table: str = Field(description="The table or view, as the database writes its name.")
    table_schema: str | None = Field(
        default=None, alias="schema", description="Its schema, if not the account's own."
    )
    key: tuple[str, ...] = Field(
        min_length=1, description="Columns that together name a row for ever."
    )
    cursor: str | None = Field(
        default=None, description="Column with the moment of a row's last change."
    )
    deleted: str | None = Field(default=None, description="Column that marks a row as deleted.")
    columns: tuple[str, ...] = Field(default=(), description="What to read; all if not given.")
    map: dict[str, str] = Field(
        default_factory=dict, description="Our name: column. Without columns only these are read."
    )
    holds: Thing | None = Field(
        default=None, description="What its rows are, so that they become customers and facts."
    )
    basis: BasisName = Field(default="contract", description="Why its rows may be held.")
    lag_minutes: int = Field(
        default=5, ge=0, description="Longer than a transaction that writes here stays open."
    )

    @field_validator("key", mode="before")
    @classmethod
    def _may_be_one(cls, key: object) -> object:
        return (key,) if isinstance(key, str) else key

    @model_validator(mode="after")
    def _names_are_distinct(self) -> TableSettings:
        """A column keeps its name unless it is mapped; no two may end up with the same."""
        renamed = {column: ours for ours, column in self.map.items()}
        if len(renamed) < len(self.map):
            raise PydanticCustomError("map", "expected each column once in map")
        for column in self.named():
            if column in self.map and renamed.get(column) != column:
                text = f"expected names in map that no column read has, found {column!r}"
                raise PydanticCustomError("map", "{text}", {"text": text})
        return self

    @model_validator(mode="after")
    def _names_mean_something(self) -> TableSettings:
        if self.holds is not None:
            check_names(self.holds, self.map)
        return self

    def named(self) -> tuple[str, ...]:
        """The columns that these settings name, in order."""
        marks = [name for name in (self.cursor, self.deleted) if name]
        return tuple(dict.fromkeys([*self.key, *self.columns, *self.map.values(), *marks]))

    def ours(self, column: str) -> str:
        """The name of a column in our records."""
        return next((ours for ours, theirs in self.map.items() if theirs == column), column)


class DatabaseSource(StreamsSource):
    """A database that SQLAlchemy reaches, and the tables to read."""

    entered_with: ClassVar[tuple[str, ...]] = ("url", "password")

    insecure: bool = Field(
        default=False, description="Allow a connection without TLS; data travel unencrypted."
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificate (PEM) to trust instead of the system's; relative to stamm.yaml.",
    )
    url: str = Field(description="SQLAlchemy URL without password: postgresql://user@host/name.")
    password: SecretStr = Field(
        default=SecretStr(""), description="Password of the user in the URL."
    )
    tables: dict[str, TableSettings] = Field(
        min_length=1,
        description="Our name of a stream: table and key; also schema, cursor, deleted, columns,"
        " map, holds, basis, lag_minutes.",
    )

    @field_validator("ca_file")
    @classmethod
    def _beside_the_settings(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        folder = (info.context or {}).get("folder")
        return path if folder is None or path is None else Path(folder) / path

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str, info: ValidationInfo) -> str:
        insecure = bool(info.data.get("insecure"))
        folder = (info.context or {}).get("folder")
        return address.checked(url, insecure=insecure, folder=Path(folder) if folder else None)

    @field_validator("tables")
    @classmethod
    def _names_can_be_folders(cls, tables: dict[str, TableSettings]) -> dict[str, TableSettings]:
        for name in tables:
            if not _NAME.fullmatch(name):
                text = (
                    f"expected names of small letters, digits and _, found {name!r}; folders and "
                    "views are named after it (the table itself may be called otherwise)"
                )
                raise PydanticCustomError("name", "{text}", {"text": text})
        return tables

    @field_validator("tables")
    @classmethod
    def _rows_are_named_by_keys(cls, tables: dict[str, TableSettings]) -> dict[str, TableSettings]:
        check_references({name: table.holds for name, table in tables.items()})
        return tables

    @model_validator(mode="after")
    def _shrinking_ones_are_declared(self) -> DatabaseSource:
        for name in self.accept_shrinking:
            if name not in self.tables:
                text = f"expected accept_shrinking out of {', '.join(self.tables)}, found {name!r}"
                text += nearest(name, self.tables)
                raise PydanticCustomError("stream", "{text}", {"text": text})
        return self
