"""One call of an author's handler: finding it in a module, running it (plain, `async`, or a Lambda's), and making a response of
what it returns or raises. Owns these rules for the component and for tests alike; knows nothing of the bindings.
"""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from . import aws
from ._context import Context
from ._errors import AnswerError, HttpError
from ._event import Event
from ._response import Response, answer, checked, response_of

#: The names that are looked for, in this order.
PLAIN, LAMBDA = "handle", "lambda_handler"

_OWN_FOLDER = str(Path(__file__).parent)
_MACHINERY = ("/asyncio/runners.py", "/asyncio/base_events.py", "/importlib/__init__.py")


class NoHandler(Exception):
    """A module has no handler that can be called; the text says what to write."""


class Handler:
    """An author's handler, ready to be called."""

    def __init__(self, function: Callable[..., Any], name: str, is_lambda: bool) -> None:
        self._function = function
        self._is_lambda = is_lambda
        self.name = name
        self._arguments = _positional(function, name)
        if is_lambda and self._arguments < 2:
            raise NoHandler(f"{name} takes no second argument; write def {name}(event, context):")

    def __call__(self, event: Event, context: Context) -> Response:
        """Answers one event. What the handler raises, and is no answer, passes through."""
        try:
            return self._answer(event, context)
        except HttpError as error:
            return response_of(error)

    def _answer(self, event: Event, context: Context) -> Response:
        if self._is_lambda:
            returned = self._finished(self._function(aws.event(event, context), aws.LambdaContext(context)))
            return checked(aws.response(returned, self.name), self.name)
        returned = self._finished(self._function(*(event, context)[: self._arguments]))
        return answer(returned, self.name)

    def _finished(self, returned: Any) -> Any:
        """What an `async` handler comes to; anything else as it is."""
        return asyncio.run(_wait(returned)) if inspect.isawaitable(returned) else returned


async def _wait(awaitable: Any) -> Any:
    return await awaitable


def _positional(function: Callable[..., Any], name: str) -> int:
    """How many of event and context a handler takes."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise NoHandler(f"{name} has a `yield`; an answer is whole: return it")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2
    needed = taken = 0
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            taken = max(taken, 2)
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            taken += 1
            needed += parameter.default is parameter.empty
        elif parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            needed = 3
    if taken == 0 or needed > 2:
        raise NoHandler(f"{name} takes other arguments than a call has; write def {name}(event, context):")
    # A third argument that has a default is the author's own business.
    return min(taken, 2)


def find(module: ModuleType, name: str | None = None) -> Handler:
    """The handler of a module: the one of this name, else `handle`, else `lambda_handler`. Raises NoHandler if there is none.

    One whose name is, or ends in, `lambda_handler` gets what AWS Lambda gives.
    """
    for wanted in [name] if name else [PLAIN, LAMBDA]:
        function = getattr(module, wanted, None)
        if function is None:
            continue
        if not callable(function):
            raise NoHandler(f"{wanted} in {module.__name__} is a {type(function).__name__}, not a function")
        return Handler(function, wanted, is_lambda=wanted.endswith(LAMBDA))
    wanted = name or PLAIN
    raise NoHandler(
        f"the module {module.__name__} has no `{wanted}`: write def {wanted}(event, context): in it"
        + ("" if name else f", or {LAMBDA} as AWS Lambda has it")
    )


def failure(error: BaseException) -> tuple[str, str]:
    """What a handler has raised: in a line, for the access log, and with its traceback, in which the author's code comes first
    and files have the names that they have in the project.
    """
    if isinstance(error, AnswerError):
        return str(error), f"vestibule: {error}"
    line = traceback.format_exception_only(type(error), error)[-1].strip()
    if isinstance(error, ModuleNotFoundError):
        line += " (a component has what was imported when it was built: import it at the top of a file)"
    return line, format_traceback(error)


def format_traceback(error: BaseException) -> str:
    """An exception with its traceback, as `logging.exception` shows it, with files as the author knows them."""
    shown = traceback.TracebackException(type(error), error, error.__traceback__)
    _tidy(shown, set())
    return "".join(shown.format()).rstrip()


def _tidy(shown: traceback.TracebackException | None, seen: set[int]) -> None:
    """Takes out the frames of this package, of the event loop and of imports, which say nothing to an author; names files as in the project."""
    if shown is None or id(shown) in seen:
        return
    seen.add(id(shown))
    frames = [frame for frame in shown.stack if not frame.filename.startswith(_OWN_FOLDER)]
    frames = [frame for frame in frames if not frame.filename.endswith(_MACHINERY)]
    frames = [frame for frame in frames if not frame.filename.startswith("<frozen importlib")]
    for frame in frames:
        frame.filename = project_path(frame.filename)
    shown.stack[:] = frames
    _tidy(shown.__cause__, seen)
    _tidy(shown.__context__, seen)
    for part in getattr(shown, "exceptions", None) or ():
        _tidy(part, seen)


def project_path(filename: str) -> str:
    """A file's name as the author knows it: in a component, what a project holds lies in a folder that is a number."""
    first, _, rest = filename.lstrip("/").partition("/")
    return rest if filename.startswith("/") and first.isdecimal() and rest else filename
