"""The component's end of the contract: what the host calls, and what a function asks of the host. The one module that knows the
generated bindings, which are there in a component alone; it owns what the snapshot would freeze, too.
"""

from __future__ import annotations

import gc
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from componentize_py_types import Err
from wit_world.imports import (
    atomics,
    batch,
    keyvalue,
    logging,
    secrets,
    types,
)
from wit_world.imports import http as host_http
from wit_world.imports import (
    wasi_keyvalue_store as store,
)
from wit_world.imports import webhooks as host_webhooks

from . import _call, _seam, http, webhooks
from ._context import Context, Delivery, Identity, Trigger, read_claims
from ._errors import SecretError
from ._event import Event
from ._pairs import Headers, Pairs

#: Whether a call has begun. Before, the module is loaded for the snapshot, and there is no host.
_is_called = False

_generators: list[random.Random] = [random._inst]


@contextmanager
def watched_generators() -> Iterator[None]:
    """Remembers each `random.Random()` without a seed of its own that is made meanwhile: in every sandbox it gets a new one."""
    made = random.Random.__init__

    def remember(self: random.Random, x: Any = None) -> None:
        made(self, x)
        if x is None and not isinstance(self, random.SystemRandom):
            _generators.append(self)

    random.Random.__init__ = remember  # type: ignore[method-assign]
    try:
        yield
    finally:
        random.Random.__init__ = made  # type: ignore[method-assign]


def freeze() -> None:
    """The last thing before the snapshot: what is there now is no garbage, and is not looked at again."""
    gc.collect()
    gc.freeze()


def _text(text: str) -> str:
    """Text that the contract can express: half a surrogate pair, which Python's may hold, is written as its number."""
    return text.encode(errors="backslashreplace").decode()


def write_log(level: str, context: str, message: str) -> None:
    """One line of the log; while the module is loaded for the snapshot, one that whoever builds sees."""
    if _is_called:
        logging.log(logging.Level[level.upper()], _text(context), _text(message))
    else:
        print(f"{level.upper()} {context}: {message}", file=sys.stderr)


class _Bucket:
    """A store of the host."""

    def __init__(self, bucket: store.Bucket) -> None:
        self._bucket = bucket

    def get(self, key: str) -> bytes | None:
        return _told(lambda: self._bucket.get(key))

    def set(self, key: str, value: bytes, milliseconds: int | None) -> None:
        if milliseconds is None:
            _told(lambda: self._bucket.set(key, value))
        else:
            _told(lambda: keyvalue.set_for(self._bucket, key, value, _u64(milliseconds)))

    def delete(self, key: str) -> None:
        _told(lambda: self._bucket.delete(key))

    def exists(self, key: str) -> bool:
        return bool(_told(lambda: self._bucket.exists(key)))

    def increment(self, key: str, delta: int, milliseconds: int | None) -> int:
        if milliseconds is None:
            return int(_told(lambda: atomics.increment(self._bucket, key, _u64(delta))))
        return int(_told(lambda: keyvalue.increment_for(self._bucket, key, _u64(delta), _u64(milliseconds))))

    def compare_and_set(self, key: str, expected: bytes | None, value: bytes, milliseconds: int | None) -> bool:
        time = None if milliseconds is None else _u64(milliseconds)
        return bool(_told(lambda: keyvalue.compare_and_set(self._bucket, key, expected, value, time)))

    def list_keys(self, cursor: int | None) -> tuple[list[str], int | None]:
        page = _told(lambda: self._bucket.list_keys(cursor))
        return page.keys, page.cursor

    def get_many(self, keys: list[str]) -> list[bytes | None]:
        return [None if found is None else found[1] for found in _told(lambda: batch.get_many(self._bucket, keys))]

    def set_many(self, entries: list[tuple[str, bytes]]) -> None:
        _told(lambda: batch.set_many(self._bucket, entries))

    def delete_many(self, keys: list[str]) -> None:
        _told(lambda: batch.delete_many(self._bucket, keys))


def _u64(number: int) -> int:
    # The bindings would cut it.
    if number >= 1 << 64:
        raise _seam.StoreFailure(f"{number} is more than 18446744073709551615")
    return number


def _told(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Err as error:
        value: Any = error.value
        if isinstance(value, store.Error_AccessDenied):
            raise _seam.NotGranted from None
        if isinstance(value, store.Error_NoSuchStore):
            raise _seam.NoName from None
        raise _seam.StoreFailure(value.value) from None


_FETCH_ERRORS: dict[type, tuple[type[http.Error], str]] = {
    host_http.Error_Denied: (http.Denied, "{}"),
    host_http.Error_Invalid: (http.Invalid, "no request that can be sent: {}"),
    host_http.Error_Dns: (http.Dns, "the server's name cannot be looked up"),
    host_http.Error_Connect: (http.Connect, "cannot connect to the server"),
    host_http.Error_Tls: (http.Tls, "no secure connection to the server: {}"),
    host_http.Error_Timeout: (http.Timeout, "the request took too long"),
    host_http.Error_TooLarge: (http.TooLarge, "{}"),
    host_http.Error_Protocol: (http.Protocol, "{}"),
    host_http.Error_Busy: (http.Busy, "too many requests are on their way already"),
}


class _Host:
    """The host, as a function asks it."""

    def open(self, name: str) -> _seam.Bucket:
        return _Bucket(_told(lambda: store.open(name)))

    def secret(self, name: str) -> bytes:
        try:
            return bytes(secrets.get(name))
        except Err as error:
            raise SecretError(error.value) from None

    def fetch(self, request: http.Request) -> http.Response:
        milliseconds = None if request.timeout is None else min(max(1, int(request.timeout * 1000)), (1 << 32) - 1)
        asked = host_http.Request(request.method, request.url, request.headers.pairs(), request.body, milliseconds)
        try:
            found = host_http.fetch(asked)
        except Err as error:
            kind, text = _FETCH_ERRORS[type(error.value)]
            raise kind(text.format(getattr(error.value, "value", ""))) from None
        return http.Response(found.status, Headers(found.headers), found.body)

    def sign(self, webhook: webhooks.Webhook, scheme: str, secret: str) -> webhooks.Signed:
        told = host_webhooks.Parameters(
            webhook.method,
            webhook.url,
            webhook.id,
            webhook.event_type,
            webhook.timestamp,
            webhook.key_id,
            webhook.content_secret,
        )
        try:
            signed = host_webhooks.sign(secret, scheme, webhook.payload, told)
        except Err as error:
            raise webhooks.NotSigned(error.value) from None
        payload = webhook.payload if signed.payload is None else signed.payload
        return webhooks.Signed(Headers(signed.headers), payload, signed.url)


_HOST = _Host()


def _host() -> _Host:
    if not _is_called:
        raise RuntimeError(
            "a module is loaded once, when it is built, and there is no host then: ask for stores, secrets, requests and "
            "signatures inside of the handler"
        )
    return _HOST


_seam.choose(_host)


def _event(event: types.Event) -> Event:
    return Event(
        event.method,
        event.path,
        event.subpath,
        Pairs(event.params),
        event.query,
        Headers(event.headers),
        event.body,
        event.client,
    )


def _context(context: types.Context) -> Context:
    sent, caller, cause = context.delivery, context.identity, context.trigger
    trigger = Trigger()
    if isinstance(cause, types.Trigger_Schedule):
        trigger = Trigger("schedule", schedule=cause.value)
    elif isinstance(cause, types.Trigger_Background):
        trigger = Trigger("background", attempt=cause.value)
    return Context(
        context.request_id,
        context.function,
        context.version,
        context.deadline,
        trigger,
        sent and Delivery(sent.scheme, sent.id, sent.event_type, sent.timestamp, sent.secret),
        caller and Identity(caller.provider, caller.subject, tuple(caller.roles), read_claims(caller.claims)),
    )


def exported(handler: _call.Handler) -> type:
    """The class that the bindings make an instance of for a call."""

    class Handler:
        def handle(self, event: types.Event, context: types.Context) -> types.Response:
            global _is_called
            _is_called = True
            # The snapshot holds the numbers that they would begin with.
            for generator in _generators:
                generator.seed()
            try:
                response = handler(_event(event), _context(context))
            except MemoryError:
                # The host tells this end from others if the sandbox ends here.
                raise
            except SystemExit as end:
                _leave(end)
            except BaseException as error:
                line, trace = _call.failure(error)
                print(trace, file=sys.stderr)
                sys.stdout.flush()
                raise Err(_text(line)) from None
            sys.stdout.flush()
            return types.Response(response.status, list(response.headers), response.body)

    return Handler


def _leave(end: SystemExit) -> None:
    """Ends the sandbox, without the interpreter's own long farewell."""
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if end.code in (None, 0) else 1)
