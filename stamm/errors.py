"""The one error tree.

A message says what was expected, what was seen and where; `hint` says the next step;
`facts` carry the values for a program. The command turns `exit_code` into its own.
"""

from __future__ import annotations

from collections.abc import Sequence


class StammError(Exception):
    """Root of all errors that a person can act on."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class Several(StammError):
    """Errors that do not hang on each other, such as two sources that are down."""

    def __init__(self, errors: Sequence[StammError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)
        self.exit_code = max(error.exit_code for error in errors)


class UsageError(StammError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class SettingsError(UsageError):
    """`stamm.yaml` is wrong; `mistakes` holds one text per mistake."""

    def __init__(self, mistakes: list[str], *, hint: str = "") -> None:
        super().__init__("\n".join(mistakes), hint=hint)
        self.mistakes = mistakes


class SourceError(StammError):
    """A source did not give what its contract promises."""


class Unreachable(SourceError):
    """No answer, or none within the budget of retries."""


class CredentialsRefused(SourceError):
    """The source answered 401 or 403."""


class ContractBroken(SourceError):
    """The source answered, but not in the shape or number it promised."""


class SchemaDrifted(SourceError):
    """A record differs from its stream's declaration, and the settings say that this is an end."""


class SuspiciouslyShort(SourceError):
    """A full read brought far fewer records than are already landed; nothing was replaced."""


class InputError(StammError):
    """A file or value handed in cannot be read as what it claims to be."""


class GateStopped(StammError):
    """A quality gate found an error; nothing downstream ran and nothing was published."""

    exit_code = 3


class PublishError(StammError):
    """A build could not be written, audited or switched to."""


class StoreError(StammError):
    """The operational store cannot be opened or is of a newer version."""


class StoreBusy(StoreError):
    """Somebody else holds the operational store, longer than anybody should."""
