"""Where Dagster's, dbt's and our own lines go: one redacted file, not the terminal.

As text, or as JSON lines (`log.format`, `stamm run --log-format json`): moment, level, logger,
message, and the ids of run, stage and load that it is about. The file is put aside by size when a
run begins.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

from dagster import Field, InitLoggerContext, LoggerDefinition, Noneable

from orchestration.project import open_project
from stamm.redaction import RedactingFilter

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_OURS = ("stamm", "connectors", "dedupe", "great_expectations")
_FILE = "stamm.log"
_about: dict[str, str] = {}  # one run at a time works in a process


@contextmanager
def about(**ids: str | None) -> Iterator[None]:
    """Lines written in this block bear these ids: run_id, stage, load_id."""
    before = dict(_about)
    _about.update({name: value for name, value in ids.items() if value})
    try:
        yield
    finally:
        _about.clear()
        _about.update(before)


class JsonLines(logging.Formatter):
    """One object a line; what it holds is named here, so that nothing else slips in."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": moment,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_about,
        }
        if record.exc_text:
            line["traceback"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def _file_logger(context: InitLoggerContext) -> logging.Logger:
    """One logger for all steps of a run; made anew it does not write a line twice."""
    project = open_project()
    form = context.logger_config.get("format") or project.settings.log.format
    lines = logging.getLogger("stamm.run")
    lines.handlers, lines.propagate = [_handler(project.home.logs, form)], False
    lines.setLevel(logging.INFO)
    return lines


def quiet_terminal(folder: Path, form: str = "text") -> None:
    """What libraries would print as warnings goes to the file as well."""
    handler = _handler(folder, form)
    for name in ("dagster", *_OURS):
        lines = logging.getLogger(name)
        lines.handlers, lines.propagate = [handler], False


def put_aside(folder: Path, megabytes: int, keep: int) -> None:
    """Rename a file that has grown to its size: stamm.log → stamm.log.1 → .2 …; the oldest goes.

    Other processes that write to it see that and open the new one.
    """
    current = folder / _FILE
    if not current.exists() or current.stat().st_size < megabytes << 20:
        return
    (folder / f"{_FILE}.{keep}").unlink(missing_ok=True)
    for number in reversed(range(1, keep)):
        older = folder / f"{_FILE}.{number}"
        if older.exists():
            older.rename(folder / f"{_FILE}.{number + 1}")
    current.rename(folder / f"{_FILE}.1")


def _handler(folder: Path, form: str) -> logging.Handler:
    folder.mkdir(parents=True, exist_ok=True)
    handler = WatchedFileHandler(folder / _FILE, encoding="utf-8", delay=True)
    handler.addFilter(RedactingFilter())
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter(_FORMAT))
    return handler


LOGGERS = {
    "file": LoggerDefinition(
        _file_logger,
        config_schema={
            "format": Field(
                Noneable(str),
                default_value=None,
                description="text or json; without it, as log.format in stamm.yaml says.",
            )
        },
        description="Lines of a run, redacted, in logs/stamm.log of the data folder.",
    )
}
