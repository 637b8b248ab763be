"""Python's `logging` on its way to the host's log, with levels and the logger's name. Owns the handler at the root; which levels
are kept is the host's choice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ._call import format_traceback

#: Python's levels, and below each the names that the host has.
_LEVELS = ((10, "trace"), (20, "debug"), (30, "info"), (40, "warn"), (50, "error"))

Write = Callable[[str, str, str], None]


def level_name(number: int) -> str:
    """What the host calls a level of `logging`."""
    return next((name for bound, name in _LEVELS if number < bound), "critical")


class _Formatter(logging.Formatter):
    """Shows tracebacks with files as the author knows them."""

    def formatException(self, ei: Any) -> str:
        return format_traceback(ei[1]) if ei[1] is not None else super().formatException(ei)


class HostHandler(logging.Handler):
    """Writes a record as one line; one with a traceback as a line for each of its lines."""

    def __init__(self, write: Write) -> None:
        super().__init__()
        self._write = write
        self.setFormatter(_Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            for line in self.format(record).splitlines() or [""]:
                self._write(level_name(record.levelno), record.name, line)
        except Exception:
            self.handleError(record)


def install(write: Write) -> None:
    """Has everything that is logged written. `logging.basicConfig` of an author then changes nothing, as on AWS Lambda."""
    root = logging.getLogger()
    root.addHandler(HostHandler(write))
    root.setLevel(logging.DEBUG)
