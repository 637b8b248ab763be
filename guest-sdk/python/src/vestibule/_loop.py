"""The event loop of a component, in which `async` handlers run: timers and tasks, and nothing to wait for but time. A sandbox has
no sockets, of which Python's own loop makes two to begin with. Knows nothing of handlers.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from asyncio import base_events
from collections.abc import Callable
from typing import Any


class _Timers:
    """In the place of a selector: what is waited for is the next timer."""

    def select(self, seconds: float | None) -> list[Any]:
        if seconds is None:
            raise RuntimeError(
                "the handler waits for something that nothing here can bring about: in a sandbox, only timers and other tasks "
                "go on while one waits"
            )
        if seconds > 0:
            time.sleep(seconds)
        return []


class Loop(base_events.BaseEventLoop):
    """A loop of timers and tasks."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Timers()

    def _process_events(self, events: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """There is no other thread that could wake this one."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Runs it here and now: there are no threads."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def install() -> None:
    """Has `asyncio.run` and its kin use this loop."""
    with warnings.catch_warnings():
        # Python 3.14 says that policies go with 3.16; the interpreter in a component is 3.14.
        warnings.simplefilter("ignore", DeprecationWarning)

        class Policy(asyncio.DefaultEventLoopPolicy):
            def new_event_loop(self) -> asyncio.AbstractEventLoop:
                return Loop()

        asyncio.set_event_loop_policy(Policy())
