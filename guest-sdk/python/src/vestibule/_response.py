"""The answer that a handler gives. Owns sensible defaults (status and `content-type`), the writing of JSON, and what else than a
`Response` a handler may return; leaves it to the host to refuse a status or a header that HTTP does not allow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Union

from ._errors import AnswerError, HttpError

_Bytes = bytes
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")

#: What a handler may return.
Answer = Union["Response", str, bytes, dict[str, Any], list[Any], tuple[Any, ...]]


def _json(value: Any) -> _Bytes:
    # NaN and Infinity are no JSON, although Python would write them.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


@dataclass(frozen=True)
class Response:
    """A function's answer. The `with_…` methods return changed copies.

    The host writes `content-length`, `connection` and `x-request-id` itself. It answers 502 instead of a response with a status
    outside 200 to 599, with a header that HTTP does not allow, or with a body larger than the policy's `response_limit`.
    """

    #: 200 to 599.
    status: int = 200
    #: In the order in which they are written.
    headers: tuple[tuple[str, str], ...] = ()
    body: _Bytes = field(default=b"", repr=False)

    @classmethod
    def _of(cls, content_type: str, body: _Bytes) -> Response:
        return cls(200, (("content-type", content_type),), body)

    @classmethod
    def empty(cls, status: int = 204) -> Response:
        """No body; status 204 unless another is given."""
        return cls(status)

    @classmethod
    def text(cls, text: str) -> Response:
        """Status 200 with `text/plain; charset=utf-8`."""
        return cls._of("text/plain; charset=utf-8", text.encode())

    @classmethod
    def html(cls, html: str) -> Response:
        """Status 200 with `text/html; charset=utf-8`. Nothing is escaped."""
        return cls._of("text/html; charset=utf-8", html.encode())

    @classmethod
    def json(cls, value: Any) -> Response:
        """Status 200 with `application/json`. Raises TypeError or ValueError for what JSON cannot express."""
        return cls._of("application/json", _json(value))

    @classmethod
    def redirect(cls, location: str) -> Response:
        """Status 303: the answer is found with `GET` at `location`."""
        return cls(303, (("location", location),))

    @classmethod
    def bytes(cls, body: _Bytes, content_type: str = "application/octet-stream") -> Response:
        """Status 200 with these bytes."""
        return cls._of(content_type, _Bytes(body))

    def with_status(self, status: int) -> Response:
        """A copy with this status."""
        return replace(self, status=status)

    def with_header(self, name: str, value: str) -> Response:
        """A copy with this header, in place of one of the same name. `set-cookie` alone may repeat, so it is added."""
        kept = self.headers
        if name.lower() != "set-cookie":
            kept = tuple(pair for pair in kept if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def with_cookie(self, name: str, value: str) -> Response:
        """A copy that sets a cookie for the browser session and the whole site: `Path=/; HttpOnly; Secure; SameSite=Lax`.

        Raises ValueError for a name or a value with characters that cookies do not have: what was meant as a value would be
        read as attributes.
        """
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a cookie")
        if not _COOKIE_VALUE.fullmatch(value):
            raise ValueError(f"the value of the cookie {name!r} has characters that need encoding first")
        return self.with_header("set-cookie", f"{name}={value}; Path=/; HttpOnly; Secure; SameSite=Lax")

    def header(self, name: str) -> str | None:
        """The value of the first header of this name; case does not matter."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def body_text(self) -> str:
        """The body as text, for tests. Raises UnicodeDecodeError when it is not UTF-8."""
        return self.body.decode()

    def body_json(self) -> Any:
        """The body read as JSON, for tests. Raises ValueError when it is none."""
        return json.loads(self.body)


def response_of(error: HttpError) -> Response:
    """The answer that an HttpError is."""
    return Response.json({"error": error.text}).with_status(error.status)


def answer(returned: object, handler: str) -> Response:
    """What a handler has returned, as a response.

    Accepted are a `Response`, `str` (text), `bytes`, `dict` and `list` (JSON), and any of these with a status and, if wanted,
    headers: `(body, 201)`, `(body, 201, {"location": "/7"})`. Raises AnswerError for anything else.
    """
    if isinstance(returned, tuple):
        return _from_tuple(returned, handler)
    response = _from_body(returned)
    if response is None:
        raise AnswerError(_no_answer(returned, handler))
    return checked(response, handler)


def _from_body(body: object) -> Response | None:
    if isinstance(body, Response):
        return body
    if isinstance(body, str):
        return Response.text(body)
    if isinstance(body, (_Bytes, bytearray, memoryview)):
        return Response.bytes(_Bytes(body))
    # A Lambda's answer as JSON would be its status in a body with status 200.
    if isinstance(body, list) or (isinstance(body, dict) and "statusCode" not in body):
        return Response.json(body)
    return None


def _from_tuple(returned: tuple[object, ...], handler: str) -> Response:
    body, status, headers = (*returned, None, None, None)[:3]
    response = Response() if body is None else _from_body(body)
    is_status = isinstance(status, int) and not isinstance(status, bool)
    if response is None or not is_status or len(returned) > 3:
        raise AnswerError(_no_answer(returned, handler))
    assert isinstance(status, int)
    response = response.with_status(status)
    if headers is not None:
        pairs: Iterable[Any] = headers.items() if isinstance(headers, Mapping) else headers  # type: ignore[assignment]
        try:
            for name, value in pairs:
                response = response.with_header(name, value)
        except (TypeError, ValueError, AttributeError):
            raise AnswerError(f"{handler} returned headers that are neither a dict nor pairs of two str") from None
    return checked(response, handler)


def checked(response: Response, handler: str) -> Response:
    """What the host would have to guess at is an error that names it."""
    if isinstance(response.status, bool) or not isinstance(response.status, int):
        raise AnswerError(f"{handler} returned the status {response.status!r}; write an int, as 200")
    # The host is told 16 bits. What fits in them and is no status, the host refuses itself.
    if not 0 <= response.status <= 0xFFFF:
        raise AnswerError(f"{handler} returned the status {response.status}; a status is 200 to 599")
    for name, value in response.headers:
        if not isinstance(name, str) or not isinstance(value, str):
            raise AnswerError(f"{handler} returned the header {name!r} with a {type(value).__name__}; write a str")
        try:
            (name + value).encode()
        except UnicodeEncodeError:
            raise AnswerError(f"{handler} returned the header {name!r}, which has half a surrogate pair in it") from None
    if not isinstance(response.body, _Bytes):
        kind = type(response.body).__name__
        raise AnswerError(f"{handler} returned a Response whose body is a {kind}; Response.text and Response.json make bytes")
    return response


def _no_answer(returned: object, handler: str) -> str:
    kind = type(returned).__name__
    if returned is None:
        return f"{handler} returned None: is a `return` missing? Nothing to say is Response.empty()"
    if isinstance(returned, dict):
        return f"{handler} returned a dict with `statusCode`, as AWS Lambda has it: name the function `lambda_handler`, or return a Response"
    return (
        f"{handler} returned something of the type {kind}; return a Response, str, bytes, dict, list, or (body, status) or (body, status, headers)"
    )
