"""What runs once, in the interpreter that becomes the component: loading an author's module before the snapshot is taken. Owns what
has to be there by then, as nothing can be imported or read afterwards; the build tool on the outside reads what it reports.
"""

from __future__ import annotations

import importlib
import json
import linecache
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import NoReturn

from . import _call, _component, _log, _loop

#: What comes before a report on standard error. The rest of the line is JSON.
REPORT = "\x01vestibule-build:"

#: Codecs that text of other programs comes in. Python imports one when it is first asked for.
_CODECS = ("ascii", "latin_1", "cp1252", "iso8859_15", "utf_8_sig", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "idna", "punycode")

#: What modules of the standard library import when they are first used.
_LATE = {
    "datetime": ["_strptime"],
    "email.message": ["email.generator", "email.policy", "email.contentmanager"],
    "email.mime.text": ["email.generator", "email.policy"],
    "decimal": ["numbers"],
    "urllib.parse": ["unicodedata"],
    "xml.etree.ElementTree": ["xml.parsers.expat", "pyexpat"],
}


def load(module: str, handler: str | None, late: Mapping[str, list[str]]) -> type:
    """Loads the author's module and returns what the bindings want. `late` has what each module imports inside of functions."""
    _loop.install()
    _log.install(_component.write_log)
    # Otherwise what is printed and what is logged would change places.
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        with _component.watched_generators():
            found = _call.find(importlib.import_module(module), handler)
            _import_late(late)
    except BaseException as error:
        _report(error)
    for codec in _CODECS:
        _try_import(f"encodings.{codec}")
    _keep_sources()
    exported = _component.exported(found)
    _component.freeze()
    return exported


def _import_late(late: Mapping[str, list[str]]) -> None:
    """Imports what the modules that are there import inside of functions, and what those import there, and so on."""
    seen: set[str] = set()
    while new := set(sys.modules) - seen:
        seen |= new
        for name in new:
            _all(late.get(name, ()))
            _all(_LATE.get(name, ()))


def _all(names: Iterable[str]) -> None:
    for name in names:
        _try_import(name)


def _try_import(name: str) -> None:
    # What is not there is missed when the line is reached, if ever: it may be optional.
    try:
        importlib.import_module(name)
    except Exception:
        pass


def _keep_sources() -> None:
    """Keeps the lines of what is not Python's own, so that a traceback can show them."""
    for module in list(sys.modules.values()):
        filename = getattr(module, "__file__", None)
        if filename and _call.project_path(filename) != filename and not module.__name__.startswith("vestibule"):
            lines = linecache.getlines(filename)
            # Without a time, nobody looks whether the file has changed.
            linecache.cache[filename] = (sum(map(len, lines)), None, lines, filename)


def _report(error: BaseException) -> NoReturn:
    """Says what went wrong, and ends the build."""
    if isinstance(error, _call.NoHandler):
        told = {"kind": "handler", "text": str(error)}
    elif isinstance(error, SyntaxError):
        if error.filename:
            error.filename = _call.project_path(error.filename)
        text = "".join(traceback.format_exception_only(type(error), error)).rstrip()
        told = {"kind": type(error).__name__, "text": text}
    else:
        _, text = _call.failure(error)
        told = {"kind": type(error).__name__, "text": text, "name": str(getattr(error, "name", "") or "")}
    print(REPORT + json.dumps(told), file=sys.stderr, flush=True)
    raise SystemExit(1)
