"""Where Dagster's, dbt's and our own lines go: one redacted file, not the terminal."""

from __future__ import annotations

import logging
from pathlib import Path

from dagster import InitLoggerContext, LoggerDefinition

from orchestration.project import open_project
from stamm.redaction import RedactingFilter

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_OURS = ("stamm", "connectors", "dedupe", "great_expectations")


def _file_logger(_context: InitLoggerContext) -> logging.Logger:
    """One logger for all steps of a run; made anew it does not write a line twice."""
    lines = logging.getLogger("stamm.run")
    lines.handlers, lines.propagate = [_handler(open_project().home.logs)], False
    lines.setLevel(logging.INFO)
    return lines


def quiet_terminal(folder: Path) -> None:
    """What libraries would print as warnings goes to the file as well."""
    handler = _handler(folder)
    for name in ("dagster", *_OURS):
        lines = logging.getLogger(name)
        lines.handlers, lines.propagate = [handler], False


def _handler(folder: Path) -> logging.Handler:
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(folder / "stamm.log", encoding="utf-8", delay=True)
    handler.addFilter(RedactingFilter())
    handler.setFormatter(logging.Formatter(_FORMAT))
    return handler


LOGGERS = {
    "file": LoggerDefinition(
        _file_logger, description="Lines of a run, redacted, in logs/stamm.log of the data folder."
    )
}
