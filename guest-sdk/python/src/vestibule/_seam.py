"""The one place where the SDK meets whatever answers it: the host in a component, a stand-in in memory in tests. Owns what both
can be asked; holds no rule of its own, and imports neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .http import Request, Response
    from .webhooks import Signed, Webhook


class NotGranted(Exception):
    """A store that the policy does not grant."""


class NoName(Exception):
    """A name that no store can have."""


class StoreFailure(Exception):
    """Why a store did not do what it was asked; the text says it."""


class Bucket(Protocol):
    """A store. Each call raises StoreFailure if the store refuses it. Times are in milliseconds."""

    def get(self, key: str) -> bytes | None: ...
    def set(self, key: str, value: bytes, milliseconds: int | None) -> None: ...
    def delete(self, key: str) -> None: ...
    def exists(self, key: str) -> bool: ...
    def increment(self, key: str, delta: int, milliseconds: int | None) -> int: ...
    def compare_and_set(self, key: str, expected: bytes | None, value: bytes, milliseconds: int | None) -> bool: ...
    def list_keys(self, cursor: int | None) -> tuple[list[str], int | None]: ...
    def get_many(self, keys: list[str]) -> list[bytes | None]: ...
    def set_many(self, entries: list[tuple[str, bytes]]) -> None: ...
    def delete_many(self, keys: list[str]) -> None: ...


class Backend(Protocol):
    """What a function can ask for beside its request."""

    def open(self, store: str) -> Bucket:
        """Raises NotGranted or NoName."""

    def secret(self, name: str) -> bytes:
        """Raises SecretError."""

    def fetch(self, request: Request) -> Response:
        """Raises http.Error."""

    def sign(self, webhook: Webhook, scheme: str, secret: str) -> Signed:
        """Raises webhooks.NotSigned."""


def _in_tests() -> Backend:
    from .testing import _stand_in

    return _stand_in.BACKEND


_chosen: Callable[[], Backend] = _in_tests


def choose(backend: Callable[[], Backend]) -> None:
    """Says who answers from now on."""
    global _chosen
    _chosen = backend


def backend() -> Backend:
    """Whoever answers."""
    return _chosen()
