"""What a source that is a mailbox states in `stamm.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from connectors.settings import StreamsSource

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ImapSource(StreamsSource):
    """A server, an account, and which of its folders to read."""

    entered_with: ClassVar[tuple[str, ...]] = ("username", "password")

    insecure: bool = Field(
        default=False, description="Allow IMAP without TLS for a test on this machine."
    )
    host: str = Field(description="Name of the server, such as imap.example.com.")
    port: int = Field(default=993, ge=1, le=65535, description="Port of IMAP over TLS.")
    username: str
    password: SecretStr
    ca_file: Path | None = Field(
        default=None,
        description="Certificate (PEM) to trust instead of the system's; relative to stamm.yaml.",
    )
    folders: tuple[str, ...] = Field(
        default=(), description="INBOX and the folder of sent messages if not given."
    )
    headers: tuple[Literal["subject"], ...] = Field(
        default=(), description="What to read beyond senders, receivers and dates."
    )

    @field_validator("host")
    @classmethod
    def _is_safe(cls, host: str, info: ValidationInfo) -> str:
        if not host or any(sign in host for sign in "/@ "):
            raise PydanticCustomError("host", "expected the name of a server, such as imap.example")
        if info.data.get("insecure") and host not in _LOOPBACK:
            raise PydanticCustomError(
                "host",
                "expected this machine with insecure: true, as the password would travel "
                "unencrypted to any other",
            )
        return host

    @field_validator("folders")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        # INBOX is the one name whose case does not matter.
        return tuple(dict.fromkeys("INBOX" if n.upper() == "INBOX" else n for n in names))

    @field_validator("ca_file")
    @classmethod
    def _beside_the_settings(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        folder = (info.context or {}).get("folder")
        return path if folder is None or path is None else Path(folder) / path
