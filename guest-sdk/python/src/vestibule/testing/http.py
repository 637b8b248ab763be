"""Answers to requests that a function sends in a test. Owns what tests say about them; nothing is ever sent.

    testing.http.answer("GET", "https://api.example/notes", json=[])
    assert handle(event) ...
    assert testing.http.sent()[0].url == "https://api.example/notes"

An answer is for one request, and what is not set up is not granted.
"""

from __future__ import annotations

import json as _json
from collections.abc import Mapping
from typing import Any

from .._pairs import Headers
from ..http import Error, Request, Response
from . import _stand_in


def answer(
    method: str,
    url: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    json: Any = None,
) -> None:
    """Has the next request of this method to this URL, query included, answered so. Several for the same are used in turn."""
    pairs = list((headers or {}).items())
    if json is not None:
        body = _json.dumps(json)
        pairs.insert(0, ("content-type", "application/json"))
    content = body.encode() if isinstance(body, str) else body
    _stand_in.WORLD.answers.append((method.upper(), url, Response(status, Headers(pairs), content)))


def fail(method: str, url: str, error: Error) -> None:
    """Has the next request of this method to this URL fail: `fail("GET", url, vestibule.http.Timeout("slow"))`."""
    _stand_in.WORLD.answers.append((method.upper(), url, error))


def sent() -> list[Request]:
    """The requests that were sent since this was last asked, in order."""
    requests = _stand_in.WORLD.sent[:]
    _stand_in.WORLD.sent.clear()
    return requests


def unused() -> list[tuple[str, str]]:
    """The methods and URLs of answers that no request has asked for."""
    return [(method, url) for method, url, _ in _stand_in.WORLD.answers]
