"""The test kit: events, contexts, and what a function asks the host for, without a host and without WebAssembly; and `Host`, which
runs a built component behind the real gates. Owns the names that tests import. Under pytest, every test begins with nothing
granted, nothing stored and nothing answered; elsewhere, call `reset()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import kv as _kv
from . import _stand_in, http
from ._command import NoHost
from ._host import Answer, Host, HostFailure
from ._mocks import (
    call,
    mock_context,
    mock_http_event,
    mock_lambda_context,
    mock_lambda_event,
    mock_signed_webhook,
    run,
)
from ._stand_in import reset

__all__ = [
    "Answer",
    "Host",
    "HostFailure",
    "NoHost",
    "call",
    "grant_kv",
    "grant_secret",
    "grant_sign",
    "http",
    "mock_context",
    "mock_http_event",
    "mock_lambda_context",
    "mock_lambda_event",
    "mock_signed_webhook",
    "reset",
    "run",
    "seed",
]


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def grant_secret(name: str, value: bytes | str) -> None:
    """Lets the function read a secret, as `secrets = ["NAME"]` of a policy does."""
    _stand_in.WORLD.secrets[name] = _bytes(value)


def grant_sign(name: str, value: bytes | str) -> None:
    """Lets the function have something signed with a secret, as `sign = ["NAME"]` of a policy does."""
    _stand_in.WORLD.signing[name] = _bytes(value)


def grant_kv(*names: str) -> None:
    """Grants these stores and no other, as `kv = ["NAME"]` of a policy does. Without a word about it, all are granted."""
    _stand_in.WORLD.granted = (_stand_in.WORLD.granted or set()) | set(names)


def seed(store: str, entries: Mapping[str, Any]) -> _kv.Store:
    """Puts entries into a store and returns it: text and bytes as they are, anything else as JSON."""
    found = _kv.open(store)
    for key, value in entries.items():
        if isinstance(value, (str, bytes)):
            found.set(key, value)
        else:
            found.set_json(key, value)
    return found
