"""Signing in tests: the plain keyed hashes by Python's own `hmac`, every other scheme by the command `host sign`, which signs as the
host verifies. Owns which is which; a secret is never an argument of a process, where others could see it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._pairs import Headers
from ..webhooks import NotSigned, Signed, Webhook
from ._command import command

#: The header of Redwood's verifiers, unless a test names another.
DEFAULT_HEADER = "rw-webhook-signature"

_VARIABLE = "VESTIBULE_TEST_SECRET"


def _decoded(secret: bytes) -> bytes:
    try:
        return base64.b64decode(secret, validate=True)
    except (ValueError, binascii.Error):
        raise NotSigned("the secret of this scheme is Base64, and this is none") from None


def _signature(scheme: str, secret: bytes, payload: bytes, timestamp: int | None) -> tuple[str, str] | None:
    """Header and signature of a plain keyed hash; None for other schemes."""
    if scheme == "github":
        return "x-hub-signature-256", "sha256=" + hmac.new(secret, payload, hashlib.sha256).hexdigest()
    if scheme == "stripe":
        at = str(int(time.time()) if timestamp is None else timestamp)
        signed = hmac.new(secret, at.encode() + b"." + payload, hashlib.sha256).hexdigest()
        return "stripe-signature", f"t={at},v1={signed}"
    if scheme == "sha256Verifier":
        return DEFAULT_HEADER, "sha256=" + hmac.new(secret, payload, hashlib.sha256).hexdigest()
    if scheme == "sha1Verifier":
        return DEFAULT_HEADER, "sha1=" + hmac.new(secret, payload, hashlib.sha1).hexdigest()
    if scheme == "base64Sha256Verifier":
        return DEFAULT_HEADER, base64.b64encode(hmac.new(_decoded(secret), payload, hashlib.sha256).digest()).decode()
    if scheme == "base64Sha1Verifier":
        return DEFAULT_HEADER, base64.b64encode(hmac.new(_decoded(secret), payload, hashlib.sha1).digest()).decode()
    if scheme == "timestampSchemeVerifier":
        at = str(int(time.time() * 1000) if timestamp is None else timestamp * 1000)
        return DEFAULT_HEADER, f"t={at},v1=" + hmac.new(secret, at.encode() + b"." + payload, hashlib.sha256).hexdigest()
    if scheme == "secretKeyVerifier":
        return DEFAULT_HEADER, secret.decode()
    return None


def sign(scheme: str, secret: bytes, webhook: Webhook, settings: Mapping[str, Any] | None = None) -> Signed:
    """Signs a payload. `settings` are keys of `[verify]`, as `header`. Raises NotSigned; the text holds no part of a secret."""
    settings = dict(settings or {})
    is_plain = set(settings) <= {"header"} and webhook.id is None and webhook.event_type is None
    found = _signature(scheme, secret, webhook.payload, webhook.timestamp) if is_plain else None
    if found is not None:
        header, signature = found
        return Signed(Headers([(settings.get("header", header), signature)]), webhook.payload)
    return _by_command(scheme, secret, webhook, settings)


def _by_command(scheme: str, secret: bytes, webhook: Webhook, settings: Mapping[str, Any]) -> Signed:
    arguments = [command(), "sign", scheme, "--secret-env", _VARIABLE]
    for key, value in settings.items():
        # A JSON text is a TOML text, and so are numbers, booleans and lists.
        arguments += ["--set", f"{key}={json.dumps(value)}"]
    for option, given in (
        ("--method", webhook.method),
        ("--url", webhook.url),
        ("--id", webhook.id),
        ("--event", webhook.event_type),
        ("--at", None if webhook.timestamp is None else str(webhook.timestamp)),
    ):
        if given is not None:
            arguments += [option, given]
    environment = {**os.environ, _VARIABLE: os.fsdecode(secret)}
    with tempfile.TemporaryDirectory(prefix="vestibule-sign-") as folder:
        # Some schemes sign inside of the body, so that another is sent than was given.
        body = Path(folder) / "body"
        arguments += ["--body-out", str(body), "-"]
        ran = subprocess.run(arguments, input=webhook.payload, env=environment, capture_output=True, check=False)
        if ran.returncode != 0:
            raise NotSigned(f"host sign {scheme}: {ran.stderr.decode(errors='replace').strip()}")
        payload = body.read_bytes()
    lines = ran.stdout.decode().splitlines()
    pairs = [line.split(": ", 1) for line in lines if ": " in line]
    return Signed(Headers((name, value) for name, value in pairs), payload)
