"""Reads the streams of one source at once: as many as its system bears, never more than asked.

In: streams, and how one is read. Out: their results in the order of the streams, whichever ends
first. A stream that fails ends none of the others: what they read is committed, then all failures
are told. Whoever stops listening, or is interrupted, ends the reads at their next checkpoint,
from which the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from connectors.job import LoadResult, Report
from connectors.registry import systems
from connectors.settings import StreamsSource
from connectors.source import Stream
from stamm.errors import Several, StammError
from stamm.settings import SourceSettings

Read = Callable[[Stream, Report], LoadResult]
Tell = Callable[[Stream, LoadResult], None]


class _Stopped(BaseException):
    """Nobody waits for this read any more."""


def at_once(source: SourceSettings) -> int:
    """How many streams of a source are read at the same time."""
    bears = systems()[source.system].at_once
    asked = source.concurrency if isinstance(source, StreamsSource) else None
    return bears if asked is None or bears == 1 else asked


def read_each(
    streams: Sequence[Stream], read: Read, tell: Tell, number: int
) -> Iterator[tuple[Stream, LoadResult]]:
    """Each stream with its result; then raises what failed, as `Several` if several did.

    `read` works in threads, so many as `number`; what it reports goes to `tell` from there.
    """
    stopping = Event()

    def one(stream: Stream) -> LoadResult:
        def report(so_far: LoadResult) -> None:
            if stopping.is_set():
                raise _Stopped
            tell(stream, so_far)

        return read(stream, report)

    with ThreadPoolExecutor(number, "extract") as threads:
        try:
            futures = [threads.submit(one, stream) for stream in streams]
            for stream, future in zip(streams, futures, strict=True):
                if future.exception() is None:
                    yield stream, future.result()
            _raise_failures(futures)
        finally:
            stopping.set()
            threads.shutdown(wait=False, cancel_futures=True)


def _raise_failures(futures: Sequence[Future[LoadResult]]) -> None:
    failures = [failure for future in futures if (failure := future.exception()) is not None]
    told = [failure for failure in failures if isinstance(failure, StammError)]
    for failure in failures:
        if len(failures) == 1 or not isinstance(failure, StammError):
            raise failure  # a fault of ours says more than a source that is down
    if told:
        raise Several(told)
