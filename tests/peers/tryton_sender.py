"""A process that sends changes and can be killed: `python tryton_sender.py SETTINGS CHANGES`.

It notes nothing, as one does that dies between the server's commit and its own note.
"""

import sys
from pathlib import Path

import orjson

from connectors.sinks.sink import Change
from connectors.sinks.tryton import SINK
from stamm.clock import SystemClock


def main(settings: Path, changes: Path) -> None:
    target = SINK.settings.model_validate(orjson.loads(settings.read_bytes()))
    rows = [Change(**row) for row in orjson.loads(changes.read_bytes())]
    sink = SINK.open(target, SystemClock())
    for first in range(0, len(rows), 10):
        for result in sink.send(rows[first : first + 10]):
            print(result.outcome, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
