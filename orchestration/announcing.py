"""News of what is being done now, from whoever does it to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, bool], None]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """While open, `announce` reaches this listener: the command shows progress with it."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def announce(text: str, *, passing: bool = False) -> None:
    """Tell whoever listens what is being done now; `passing` news soon give way to others."""
    for listener in _listeners:
        listener(text, passing)
