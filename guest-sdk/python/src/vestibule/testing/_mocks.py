"""Events and contexts for tests, with the names and meanings of Redwood's test kit in Python's spelling. Owns making them; a test
that wants less writes `Event.get("/divide?dividend=8")`.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from .. import _call, aws
from .._context import Context
from .._event import Event
from .._pairs import Headers, Pairs
from .._response import Response
from ..webhooks import Webhook
from . import _signing


def _payload(payload: Any) -> bytes:
    """What is sent: text and bytes as they are, anything else as JSON, None as no body."""
    if payload is None:
        return b""
    if isinstance(payload, (bytes, bytearray)):
        return bytes(payload)
    if isinstance(payload, str):
        return payload.encode()
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def mock_http_event(
    *,
    payload: Any = None,
    signature: str | None = None,
    signature_header: str = _signing.DEFAULT_HEADER,
    query_string_parameters: Mapping[str, Any] | None = None,
    http_method: str = "GET",
    headers: Mapping[str, str] | None = None,
    path: str = "/",
    subpath: str = "",
    params: Mapping[str, str] | None = None,
    is_base64_encoded: bool = False,
    client: str = "127.0.0.1",
) -> Event:
    """An event. A `payload` that is neither text nor bytes is sent as JSON; with `is_base64_encoded` it is Base64 of the bytes.

    For a `lambda_handler`, `mock_lambda_event` makes the same as AWS has it.
    """
    body = _payload(payload)
    if is_base64_encoded:
        body = base64.b64decode(body, validate=True)
    pairs = list((headers or {}).items())
    if signature is not None:
        pairs.append((signature_header, signature))
    return Event(
        method=http_method,
        path=path,
        subpath=subpath,
        params=Pairs((params or {}).items()),
        query_string=urlencode(query_string_parameters or {}, doseq=True),
        headers=Headers(pairs),
        body=body,
        client=client,
    )


def mock_signed_webhook(
    *,
    payload: Any = None,
    signature_type: str,
    signature_header: str | None = None,
    secret: str | bytes,
    timestamp: int | None = None,
    id: str | None = None,
    event_type: str | None = None,
    url: str | None = None,
    settings: Mapping[str, Any] | None = None,
    http_method: str = "POST",
    **others: Any,
) -> Event:
    """An event with a payload that is signed as the scheme `signature_type` does: `github`, `stripe`, `sha256Verifier`, ….

    `settings` are further keys of `[verify]`. Whether a policy lets it through is the host's to say, in a test with `Host`; a
    test that calls the handler says what the host would have found, with `mock_context(delivery=Delivery("github"))`.
    """
    body = _payload(payload)
    found = {**(settings or {}), **({} if signature_header is None else {"header": signature_header})}
    webhook = Webhook(body, http_method, url, id, event_type, timestamp)
    key = secret.encode() if isinstance(secret, str) else secret
    signed = _signing.sign(signature_type, key, webhook, found)
    headers = {**others.pop("headers", {}), **dict(signed.headers.pairs())}
    return mock_http_event(payload=signed.payload, http_method=http_method, headers=headers, **others)


def mock_context(**fields: Any) -> Context:
    """A context; the fields are those of `Context`: `mock_context(delivery=Delivery("stripe"))`."""
    return Context(**fields)


def mock_lambda_event(**fields: Any) -> dict[str, Any]:
    """What `mock_http_event` makes, as AWS Lambda has it."""
    context = fields.pop("context", None) or Context()
    return aws.event(mock_http_event(**fields), context)


def mock_lambda_context(**fields: Any) -> aws.LambdaContext:
    """What `mock_context` makes, as AWS Lambda has it."""
    return aws.LambdaContext(Context(**fields))


def call(handler: Callable[..., Any], event: Event, context: Context | None = None) -> Response:
    """Calls a handler as a component does: `async` or not, a `lambda_handler` with AWS's event; what it returns, or raises as an
    HttpError, becomes the response. Any other exception passes through.
    """
    name = getattr(handler, "__name__", "handle")
    found = _call.Handler(handler, name, is_lambda=name.endswith(_call.LAMBDA))
    return found(event, context or Context())


def run(awaitable: Any) -> Any:
    """What an `async` handler comes to: `run(handle(event, context))`."""
    return asyncio.run(_call._wait(awaitable)) if inspect.isawaitable(awaitable) else awaitable
