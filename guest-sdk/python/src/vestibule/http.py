"""Requests to other servers, as far as the function's policy grants them. Owns what an author touches of them; which are granted,
and what limits they have, is the host's business alone.

    rates = http.get("https://rates.example/latest").raise_for_status().json()

with `http = ["https://rates.example"]` under `[grants]` in the policy. In a test nothing is ever sent: tests say what is
answered, with `vestibule.testing.http`. Redirects are not followed.
"""

from __future__ import annotations

import json as _json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from . import _seam
from ._pairs import Headers


class Error(Exception):
    """Why there is no answer, or none that will do. Its classes say which: `Denied`, `Invalid`, `Dns`, `Connect`, `Tls`,
    `Timeout`, `TooLarge`, `Protocol`, `Busy`, `StatusError`.
    """


class Denied(Error):
    """Nothing in the policy grants the request; which, and what to write there."""


class Invalid(Error):
    """It is no request that can be sent; what is wrong with it."""


class Dns(Error):
    """The name of the server cannot be looked up."""


class Connect(Error):
    """There is no connection to the server to be had."""


class Tls(Error):
    """The server does not show that it is who it should be; why."""


class Timeout(Error):
    """It took too long. Whether the server has acted on it, nobody knows."""


class TooLarge(Error):
    """The request or the answer is larger than the host allows; which."""


class Protocol(Error):
    """What came is no whole answer; what is wrong with it. Whether the server has acted on the request, nobody knows."""


class Busy(Error):
    """Too many requests are on their way already; nothing was sent."""


class StatusError(Error):
    """The answer has a status that is not one of success."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"the server answered with status {response.status}")
        self.response = response


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)
    #: Seconds to the last byte of the answer; the host has a limit of its own besides.
    timeout: float | None = None

    def json(self) -> Any:
        """The body read as JSON, for tests."""
        return _json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """An answer, whatever its status."""

    status: int
    #: Names in lower case, in the order of arrival.
    headers: Headers = field(default_factory=Headers)
    #: As it came. Nothing is decompressed.
    body: bytes = field(default=b"", repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is one of success, 200 to 299."""
        return 200 <= self.status < 300

    def raise_for_status(self) -> Response:
        """The answer itself if its status is one of success. Raises StatusError when it is another."""
        if not self.ok:
            raise StatusError(self)
        return self

    def header(self, name: str) -> str | None:
        """The value of the first header of this name; case does not matter."""
        return self.headers.get(name)

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 becomes U+FFFD."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body read as JSON, whatever its `content-type` says. Raises ValueError when it is not JSON."""
        return _json.loads(self.body)


def request(
    method: str,
    url: str,
    *,
    params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    data: bytes | str | Mapping[str, Any] | None = None,
    json: Any = None,
    timeout: float | None = None,
) -> Response:
    """Sends a request and waits for the whole answer.

    `params` is added to the URL's query. `data` is the body: bytes, text, or a mapping that is sent as a form. `json` is sent
    as JSON. Of both, one alone. `timeout` is in seconds; the host has a limit of its own, and the end of the call is one in any
    case. The host writes `host`, `content-length` and `connection` itself, and adds the trace that the event belongs to.

    Raises Error when there is no answer. An answer whose status says that something went wrong is an answer; see
    `Response.raise_for_status`.
    """
    pairs = Headers(_pairs(headers))
    if data is not None and json is not None:
        raise Invalid("no request that can be sent: `data` and `json` are both given; give one of them")
    body = b""
    kind = None
    if json is not None:
        try:
            body = _json.dumps(json, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise Invalid(f"no request that can be sent: body: {error}") from None
        kind = "application/json"
    elif isinstance(data, Mapping):
        body, kind = urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
    elif data is not None:
        body = data.encode() if isinstance(data, str) else bytes(data)
    if kind is not None and "content-type" not in pairs:
        pairs = Headers([*pairs.pairs(), ("content-type", kind)])
    if params is not None:
        query = urlencode(list(_pairs(params)), doseq=True)
        url = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
    return _seam.backend().fetch(Request(method.upper(), url, pairs, body, timeout))


def get(url: str, **options: Any) -> Response:
    """Asks for what is at `url`; the options are those of `request`."""
    return request("GET", url, **options)


def post(url: str, **options: Any) -> Response:
    """Sends `data=` or `json=` to `url`; the options are those of `request`."""
    return request("POST", url, **options)


def put(url: str, **options: Any) -> Response:
    """As `post`, with `PUT`."""
    return request("PUT", url, **options)


def patch(url: str, **options: Any) -> Response:
    """As `post`, with `PATCH`."""
    return request("PATCH", url, **options)


def delete(url: str, **options: Any) -> Response:
    """As `get`, with `DELETE`."""
    return request("DELETE", url, **options)


def _pairs(given: Mapping[str, Any] | Iterable[tuple[str, Any]] | None) -> Iterable[tuple[str, Any]]:
    if given is None:
        return ()
    if isinstance(given, Headers):
        return given.pairs()
    return given.items() if isinstance(given, Mapping) else given
