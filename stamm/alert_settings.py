"""`alerts` and `log` of `stamm.yaml`: who is told when a run breaks, and how its lines look."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from stamm.addresses import safe_address
from stamm.strict import Strict
from stamm.webhooks import key_of

_MAILBOX = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")


class AlertWebhook(Strict):
    """A receiver of signed alerts, by Standard Webhooks."""

    insecure: bool = Field(default=False, description="Allow http:// for a test.")
    url: str = Field(description="Address that takes POST, https://…", validate_default=True)
    secret: SecretStr = Field(description="whsec_ and 24 to 64 bytes in base64.")

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str, info: ValidationInfo) -> str:
        return safe_address(url, insecure=bool(info.data.get("insecure")))

    @field_validator("secret")
    @classmethod
    def _is_a_key(cls, secret: SecretStr) -> SecretStr:
        key_of(secret)
        return secret


class AlertMail(Strict):
    """A mail server that takes alerts, and who gets them."""

    host: str = Field(description="Name of the SMTP server.")
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = Field(
        default="starttls", description="implicit is usual at port 465; none only without username."
    )
    username: str | None = None
    password: SecretStr | None = None
    sender: str = Field(alias="from", description="Address that alerts come from.")
    to: tuple[str, ...] = Field(min_length=1, description="Addresses that get them.")

    @field_validator("sender", "to")
    @classmethod
    def _are_mailboxes(cls, found: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for address in (found,) if isinstance(found, str) else found:
            if not _MAILBOX.fullmatch(address):
                raise PydanticCustomError("mailbox", "expected addresses such as team@example.com")
        return found

    @model_validator(mode="after")
    def _password_travels_safely(self) -> AlertMail:
        if (self.username is None) != (self.password is None):
            raise PydanticCustomError("login", "expected username and password, or neither")
        if self.username is not None and self.tls == "none":
            raise PydanticCustomError(
                "login", "expected tls starttls or implicit, as the password would travel openly"
            )
        return self


class AlertSettings(Strict):
    """Who is told, and where the links in an alert lead."""

    webhook: AlertWebhook | None = None
    email: AlertMail | None = None
    runbook: str = Field(
        default="docs/operations.md", description="Where you keep that page; links point into it."
    )
    ui: str | None = Field(
        default=None, description="Address of Dagster's pages; alerts then link to their run."
    )


class LogSettings(Strict):
    """Lines of runs in logs/stamm.log of the data folder."""

    format: Literal["text", "json"] = Field(default="text", description="json: one object a line.")
    megabytes: int = Field(default=20, ge=1, description="Size at which a file is put aside.")
    keep: int = Field(default=10, ge=1, description="Files put aside that stay.")
