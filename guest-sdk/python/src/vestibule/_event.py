"""The request that a handler answers, with typed ways to read it. Owns reading only: the host has already checked size,
signature and caller, and nothing here checks them again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from ._errors import BadRequest
from ._pairs import Headers, Pairs, decode_form

#: How deep JSON may be nested. Python's reader calls itself for each level, and a sandbox's stack ends after some hundred.
JSON_DEPTH = 100


def read_json(text: str, part: str) -> Any:
    """Reads JSON that somebody else has sent.

    Raises BadRequest where it is none, or nested deeper than `JSON_DEPTH`; the text says where, and names the part.
    """
    if text.count("[") + text.count("{") > JSON_DEPTH and _is_deep(text):
        raise BadRequest(f"{part}: nested deeper than {JSON_DEPTH} levels")
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadRequest(f"{part}: {error}") from None


# A string, whole or broken off, or a bracket. Nothing in it is ever tried a second time, so it takes as long as the text is.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def _is_deep(text: str) -> bool:
    depth = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > JSON_DEPTH:
                return True
        elif first in "]}":
            depth -= 1
    return False


@dataclass(frozen=True, repr=False)
class Event:
    """One request, exactly as it came in. Its `repr` leaves out what may be secret: the query, the values of headers, the body.

    For a test, `Event.get("/divide?dividend=8")` and `Event.post("/sum", b"[1, 2]")` make one; the `with_…` methods return
    changed copies.
    """

    #: The HTTP method, in the case in which it was sent: `GET`, `POST`, or an extension method.
    method: str = "GET"
    #: The path as received: percent-encoded, with the host's prefix if there is one, without the query.
    path: str = "/"
    #: What follows the function's own route: percent-encoded, starting with `/`; empty if nothing follows.
    subpath: str = ""
    #: The values of the route's `[name]` segments, decoded.
    params: Pairs = field(default_factory=Pairs)
    #: The query as received, without the `?`; empty if there is none.
    query_string: str = ""
    #: All headers, in the order of arrival; a value that is not UTF-8 is read as Latin-1.
    headers: Headers = field(default_factory=Headers)
    #: Exactly the bytes that came, which are the bytes whose signature was checked. Empty if there is none.
    body: bytes = b""
    #: The client's IP address, without a port.
    client: str = "127.0.0.1"

    @property
    def query(self) -> Pairs:
        """The query, decoded: `event.query["q"]`, `event.query.get("page", "1")`, `event.query.get_all("tag")`."""
        return decode_form(self.query_string)

    def header(self, name: str) -> str | None:
        """The value of the first header of this name; case does not matter."""
        return self.headers.get(name)

    @property
    def cookies(self) -> dict[str, str]:
        """All cookies, as they were sent: nothing is decoded, and quotes stay. Of a repeated name the first counts."""
        found: dict[str, str] = {}
        for line in self.headers.get_all("cookie"):
            for pair in line.split(";"):
                name, equals, value = pair.partition("=")
                if equals:
                    found.setdefault(name.strip(), value.strip())
        return found

    def text(self) -> str:
        """The body as text. Raises BadRequest when it is not UTF-8."""
        try:
            return self.body.decode()
        except UnicodeDecodeError as error:
            raise BadRequest(f"body: not UTF-8 at byte {error.start}") from None

    def json(self) -> Any:
        """The body read as JSON, whatever its `content-type` says: webhooks are sent under several.

        Raises BadRequest when it is not JSON; the text says where.
        """
        return read_json(self.text(), "body")

    def form(self) -> Pairs:
        """The body of an HTML form.

        Raises BadRequest when the `content-type` names another format (a form with files is `multipart/form-data`), or the
        body is not UTF-8.
        """
        expected = "application/x-www-form-urlencoded"
        sent = self.header("content-type")
        if sent is not None and sent.split(";")[0].strip().lower() != expected:
            raise BadRequest(f"body: sent as `{sent.split(';')[0].strip()}`, send a form as `{expected}`")
        return decode_form(self.text())

    @classmethod
    def new(cls, method: str, target: str, body: bytes | str = b"") -> Event:
        """An event without headers, from `127.0.0.1`, for tests. `target` is a path with or without a query."""
        path, _, query = target.partition("?")
        return cls(method=method, path=path, query_string=query, body=body.encode() if isinstance(body, str) else body)

    @classmethod
    def get(cls, target: str) -> Event:
        """A `GET` event, for tests."""
        return cls.new("GET", target)

    @classmethod
    def post(cls, target: str, body: bytes | str = b"") -> Event:
        """A `POST` event, for tests."""
        return cls.new("POST", target, body)

    def with_header(self, name: str, value: str) -> Event:
        """A copy with one more header, for tests."""
        return replace(self, headers=Headers([*self.headers.pairs(), (name, value)]))

    def with_param(self, name: str, value: str) -> Event:
        """A copy with one more route parameter, decoded, for tests."""
        return replace(self, params=Pairs([*self.params.pairs(), (name, value)]))

    def with_subpath(self, subpath: str) -> Event:
        """A copy with this after the function's own route, for tests."""
        return replace(self, subpath=subpath)

    def with_body(self, body: bytes | str) -> Event:
        """A copy with this body, for tests."""
        return replace(self, body=body.encode() if isinstance(body, str) else body)

    def with_client(self, client: str) -> Event:
        """A copy with this address, for tests."""
        return replace(self, client=client)

    def __repr__(self) -> str:
        return (
            f"Event(method={self.method!r}, path={self.path!r}, headers={list(self.headers)}, body=<{len(self.body)} bytes>)"
        )
