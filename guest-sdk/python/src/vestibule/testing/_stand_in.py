"""What a function's tests have in the host's place: stores, secrets and other servers in memory, with the host's rules of keys,
values, numbers and times, so that a test fails where the function would. Nothing leaves the process, and no secret is looked for
elsewhere. All of it is one test's own: `reset` begins anew.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from .. import _seam, http, webhooks
from .._errors import SecretError

#: The longest key, in bytes.
KEY_BYTES = 1024
#: The largest value, in bytes: where whoever runs the host does not say otherwise.
VALUE_BYTES = 1 << 20
#: The longest time to live, in milliseconds: ten years of 365 days.
LONGEST = 10 * 365 * 24 * 60 * 60 * 1000
#: Keys of one batch, and bytes of its values, at the most.
BATCH_KEYS, BATCH_BYTES = 1024, 8 << 20
#: The largest number.
LARGEST = (1 << 63) - 1

_STORE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

Entries = dict[str, tuple[bytes, "float | None"]]


@dataclass
class World:
    """What a test has set up, and what came of it."""

    stores: dict[str, Entries] = field(default_factory=dict)
    #: The names of the stores that are granted; None for all.
    granted: set[str] | None = None
    secrets: dict[str, bytes] = field(default_factory=dict)
    signing: dict[str, bytes] = field(default_factory=dict)
    answers: list[tuple[str, str, http.Response | http.Error]] = field(default_factory=list)
    sent: list[http.Request] = field(default_factory=list)


WORLD = World()


def reset() -> None:
    """Forgets all that tests have set up."""
    WORLD.__init__()  # type: ignore[misc]


class Bucket:
    """A store in memory."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _entries(self) -> Entries:
        now = time.monotonic()
        entries = WORLD.stores.setdefault(self._name, {})
        for key in [key for key, (_, end) in entries.items() if end is not None and end <= now]:
            del entries[key]
        return entries

    def get(self, key: str) -> bytes | None:
        _check_key(key)
        found = self._entries().get(key)
        return None if found is None else found[0]

    def set(self, key: str, value: bytes, milliseconds: int | None) -> None:
        _check_key(key)
        _refuse(len(value) > VALUE_BYTES, f"the value has {len(value)} bytes, and {VALUE_BYTES} are the most")
        self._entries()[key] = (value, _end(milliseconds))

    def delete(self, key: str) -> None:
        _check_key(key)
        self._entries().pop(key, None)

    def exists(self, key: str) -> bool:
        return self.get(key) is not None

    def increment(self, key: str, delta: int, milliseconds: int | None) -> int:
        _check_key(key)
        end = _end(milliseconds)
        digits, kept = self._entries().get(key, (b"0", end))
        is_number = digits.isdigit() and str(int(digits)).encode() == digits
        _refuse(
            not is_number or int(digits) + delta > LARGEST,
            f"the value is not a number from 0 to {LARGEST} in decimal digits, or would not be one afterwards",
        )
        total = int(digits) + delta
        self._entries()[key] = (str(total).encode(), kept)
        return total

    def compare_and_set(self, key: str, expected: bytes | None, value: bytes, milliseconds: int | None) -> bool:
        is_there = self.get(key) == expected
        if is_there:
            self.set(key, value, milliseconds)
        return is_there

    def list_keys(self, cursor: int | None) -> tuple[list[str], int | None]:
        return sorted(self._entries()), None

    def get_many(self, keys: list[str]) -> list[bytes | None]:
        _check_batch(len(keys), 0)
        found = [self.get(key) for key in keys]
        _check_batch(len(keys), sum(len(value) for value in found if value is not None))
        return found

    def set_many(self, entries: list[tuple[str, bytes]]) -> None:
        _check_batch(len(entries), sum(len(value) for _, value in entries))
        before = dict(self._entries())
        try:
            for key, value in entries:
                self.set(key, value, None)
        except _seam.StoreFailure:
            WORLD.stores[self._name] = before
            raise

    def delete_many(self, keys: list[str]) -> None:
        _check_batch(len(keys), 0)
        for key in keys:
            _check_key(key)
        for key in keys:
            self.delete(key)


def _check_key(key: str) -> None:
    length = len(key.encode())
    _refuse(length > KEY_BYTES, f"the key has {length} bytes, and {KEY_BYTES} are the most")


def _check_batch(keys: int, size: int) -> None:
    is_large = keys > BATCH_KEYS or size > BATCH_BYTES
    _refuse(is_large, f"{BATCH_KEYS} keys and {BATCH_BYTES} bytes of values are the most of a batch")


def _end(milliseconds: int | None) -> float | None:
    if milliseconds is None:
        return None
    is_none = not 1 <= milliseconds <= LONGEST
    _refuse(is_none, "a time to live is at least a millisecond, and at most ten years of 365 days")
    return time.monotonic() + milliseconds / 1000


def _refuse(is_wrong: bool, why: str) -> None:
    if is_wrong:
        raise _seam.StoreFailure(why)


def denied(what: str, name: str, key: str) -> str:
    """The text of a secret that no test has granted."""
    return (
        f'{what} {name} is not granted: write {key} = ["{name}"] under [grants] in the function\'s policy, and let the test '
        "grant it"
    )


class StandIn:
    """Answers what a function asks for in a test."""

    def open(self, store: str) -> _seam.Bucket:
        if not _STORE_NAME.fullmatch(store):
            raise _seam.NoName
        if WORLD.granted is not None and store not in WORLD.granted:
            raise _seam.NotGranted
        return Bucket(store)

    def secret(self, name: str) -> bytes:
        if name not in WORLD.secrets:
            raise SecretError(denied("the secret", name, "secrets"))
        return WORLD.secrets[name]

    def fetch(self, request: http.Request) -> http.Response:
        WORLD.sent.append(request)
        for at, (method, url, found) in enumerate(WORLD.answers):
            if (method, url) == (request.method, request.url):
                del WORLD.answers[at]
                if isinstance(found, http.Error):
                    raise found
                return found
        raise http.Denied(
            f"this test answers no {request.method} {request.url}: say vestibule.testing.http.answer(…) before it"
        )

    def sign(self, webhook: webhooks.Webhook, scheme: str, secret: str) -> webhooks.Signed:
        if secret not in WORLD.signing:
            raise webhooks.NotSigned(denied("signing with the secret", secret, "sign"))
        # Signing needs no test that does not sign to import it.
        from . import _signing

        return _signing.sign(scheme, WORLD.signing[secret], webhook)


BACKEND: _seam.Backend = StandIn()
