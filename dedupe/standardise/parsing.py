"""Raw values of a kind → their parsed parts, in processes of their own where there are many.

Flow: spellings in a fixed order → chunks → parsed rows in the same order, so that nothing hangs
on which process was faster. Few values are parsed here: a process costs more than they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from dedupe.standardise.values import Kind

WORTH_PROCESSES = 20_000  # values; parsed here in about as long as the processes take to start
CHUNK = 4_000
PROCESSES = 2


class Parsers:
    """Parses values of any kind; starts its processes when they are first worth it."""

    def __init__(self) -> None:
        self._processes: Any = None

    def parse(self, kind: Kind, spellings: pa.Table) -> pa.Table:
        """One row of parts per spelling, in their order; `spellings` has a column per argument."""
        if spellings.num_rows < WORTH_PROCESSES:
            return parse_table(kind, spellings)
        import pyarrow as pa
        from joblib import delayed

        chunks = (
            _packed(spellings.slice(start, CHUNK)) for start in range(0, spellings.num_rows, CHUNK)
        )
        parsed = self._started()(delayed(_parse_chunk)(kind.name, chunk) for chunk in chunks)
        return pa.concat_tables([_unpacked(rows) for rows in parsed])

    def _started(self) -> Any:
        if self._processes is None:
            # joblib's processes neither fork (DuckDB's threads would be missing in the other one)
            # nor import the caller's main module, so a plain script may call us as a command does.
            from joblib import Parallel

            self._processes = Parallel(n_jobs=PROCESSES, batch_size=1).__enter__()
        return self._processes

    def close(self) -> None:
        if self._processes is not None:
            self._processes.__exit__(None, None, None)


@contextmanager
def parsers() -> Iterator[Parsers]:
    """Parsers whose processes end with the block."""
    opened = Parsers()
    try:
        yield opened
    finally:
        opened.close()


def parse_table(kind: Kind, spellings: pa.Table) -> pa.Table:
    """The same in this process."""
    import pyarrow as pa

    rows = [
        tuple(kind.parse(*spelling))
        for spelling in zip(*(column.to_pylist() for column in spellings.columns), strict=True)
    ]
    parts = list(zip(*rows, strict=True)) or [()] * len(kind.columns)
    types = {"varchar": pa.string(), "varchar[]": pa.list_(pa.string()), "boolean": pa.bool_()}
    return pa.table(
        {
            name: pa.array(part, types[sql])
            for (name, sql), part in zip(kind.columns, parts, strict=True)
        }
    )


def _parse_chunk(kind: str, chunk: bytes) -> bytes:
    """In the other process: a kind's parser is found by its name, as it cannot be sent."""
    from dedupe.standardise.kinds import KINDS

    return _packed(parse_table(KINDS[kind], _unpacked(chunk)))


def _packed(rows: pa.Table) -> bytes:
    """To be sent to another process; a pickled slice would bring the whole table along."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return bytes(sink.getvalue().to_pybytes())


def _unpacked(packed: bytes) -> pa.Table:
    import pyarrow as pa

    return pa.ipc.open_stream(packed).read_all()
