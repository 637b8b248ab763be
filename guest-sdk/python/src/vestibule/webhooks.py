"""Webhooks that a function sends: signed by the host, with a secret that the function never has. Owns what is signed and what
comes of it; how a scheme signs is the host's business. What is signed is sent by `vestibule.http`.

    webhooks.send("https://hooks.example/orders", "standardwebhooks", "NOTIFY_SECRET", json={"type": "order.shipped"})

with `sign = ["NOTIFY_SECRET"]` and `http = ["https://hooks.example"]` under `[grants]` in the policy.
"""

from __future__ import annotations

import json as _json
from dataclasses import dataclass, field
from typing import Any

from . import _seam, http
from ._pairs import Headers


class NotSigned(Exception):
    """It was not signed, and so not sent; the text says what is missing. Holds no part of a secret."""


@dataclass(frozen=True)
class Webhook:
    """What is to be signed: the payload, and what a scheme may want to know beside it."""

    payload: bytes = field(repr=False)
    #: The method with which it will be sent; `POST` if there is none.
    method: str | None = None
    #: The URL to which it will be sent, for schemes that sign it.
    url: str | None = None
    #: The delivery's id, for schemes that send it outside of the payload. The host makes one up where it is signed.
    id: str | None = None
    #: The kind of event, for schemes that send it in a header.
    event_type: str | None = None
    #: When it is signed, in seconds since the Unix epoch; now, if not given.
    timestamp: int | None = None
    #: The name of the key, for schemes that send one.
    key_id: str | None = None
    #: The name of the secret that is a part of what is signed, for schemes that sign one with a private key.
    content_secret: str | None = None


@dataclass(frozen=True)
class Signed:
    """What to send."""

    #: Names in lower case: the signature, and what the receiver needs to check it.
    headers: Headers
    #: The payload, unless the scheme signs inside of it.
    payload: bytes = field(repr=False)
    #: Where to send it, if that is another URL than the one that was given.
    url: str | None = None


def sign(scheme: str, secret: str, payload: bytes | str, **parameters: Any) -> Signed:
    """Signs a payload as the scheme of this name does, with a secret that the policy grants with `sign = ["NAME"]`.

    The parameters are the fields of `Webhook`. Raises NotSigned; the text says what is missing.
    """
    body = payload.encode() if isinstance(payload, str) else bytes(payload)
    return _seam.backend().sign(Webhook(body, **parameters), scheme, secret)


def send(
    url: str, scheme: str, secret: str, payload: bytes | str | None = None, *, json: Any = None, **parameters: Any
) -> http.Response:
    """Signs a payload as `sign` does and posts it to `url`, as JSON. The answer is whatever the receiver says:
    `raise_for_status()` tells whether it took it.

    Raises NotSigned if it cannot be signed, and http.Error if there is no answer.
    """
    if (payload is None) == (json is None):
        raise NotSigned("give either a payload or `json`")
    body = payload if payload is not None else _json.dumps(json, ensure_ascii=False, allow_nan=False)
    signed = sign(scheme, secret, body, url=url, **parameters)
    headers = signed.headers.pairs()
    if "content-type" not in signed.headers:
        headers.insert(0, ("content-type", "application/json"))
    return http.request(parameters.get("method") or "POST", signed.url or url, headers=headers, data=signed.payload)
