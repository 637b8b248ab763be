"""Stores of keys and values, which outlive the request and are shared with every function that is granted them. Owns what an
author touches; the stores are the host's, or in a test `vestibule.testing`'s own.

A policy grants stores by name: `kv = ["orders"]` under `[grants]`.

    orders = kv.open("orders")
    orders.set("42", "placed")
    orders.set("42/offer", "ten percent off", seconds=3600)
    assert orders.get("42") == b"placed"
    assert orders.increment("seen") == 1

When a call that writes has returned, no crash of the host can undo it. What one call has written, every later read sees, in
whatever function. A call that raises has changed nothing, unless the text says that the store does not work.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from . import _seam

_T = TypeVar("_T")


class Error(Exception):
    """Says what a store did not do, why, and what to write if that is all that is missing."""

    def __init__(self, text: str, *, is_not_granted: bool = False) -> None:
        super().__init__(text)
        #: Whether the function's policy does not grant the store.
        self.is_not_granted = is_not_granted


def open(name: str) -> Store:
    """Opens a store that the function's policy grants. Raises Error if it does not, or the name is none for a store."""
    try:
        return Store(name, _seam.backend().open(name))
    except _seam.NotGranted:
        text = f'the store "{name}" is not granted: write kv = ["{name}"] under [grants] in the function\'s policy'
        raise Error(text, is_not_granted=True) from None
    except _seam.NoName:
        raise Error(
            f'"{name}" is not the name of a store: write a letter or digit, then letters, digits, - _ and ., all lower-case, '
            "64 at most"
        ) from None
    except _seam.StoreFailure as failure:
        raise Error(f'the store "{name}": {failure}') from None


class Store:
    """A store. Keys are texts of 1024 bytes at the most, values any bytes, 1 MiB of them unless whoever runs the host says
    otherwise. A `str` as a value is kept as its UTF-8 bytes. Every method raises Error if the store refuses or does not work.
    """

    def __init__(self, name: str, bucket: _seam.Bucket) -> None:
        self.name = name
        self._bucket = bucket

    def __repr__(self) -> str:
        return f"Store({self.name!r})"

    def get(self, key: str) -> bytes | None:
        """The value at a key, if there is one."""
        return self._told(lambda: self._bucket.get(key))

    def get_text(self, key: str) -> str | None:
        """The value at a key as text, if there is one."""
        value = self.get(key)
        try:
            return None if value is None else value.decode()
        except UnicodeDecodeError:
            raise Error(f'the store "{self.name}": the value of {key!r} is not text') from None

    def get_json(self, key: str) -> Any:
        """The value at a key, read as JSON; None if there is none."""
        value = self.get(key)
        return None if value is None else self._read_json(key, value)

    def set(self, key: str, value: bytes | str, *, seconds: float | None = None) -> None:
        """Puts a value at a key, in the place of what is there. It stays until it is removed, or for so long."""
        self._told(lambda: self._bucket.set(key, _bytes(value), _milliseconds(seconds)))

    def set_json(self, key: str, value: Any, *, seconds: float | None = None) -> None:
        """Puts a value at a key, as JSON."""
        self.set(key, self._write_json(key, value), seconds=seconds)

    def delete(self, key: str) -> None:
        """Removes a key. That it is not there is no error."""
        self._told(lambda: self._bucket.delete(key))

    def exists(self, key: str) -> bool:
        """Whether there is a value at a key."""
        return self._told(lambda: self._bucket.exists(key))

    def increment(self, key: str, delta: int = 1, *, seconds: float | None = None) -> int:
        """Adds to the number at a key and returns the sum, in one step: however many do so at once, none is lost.

        A key that is not there begins at 0 and, with `seconds`, gets this time to live: so what is counted is counted for that
        time, from the first on. The number is kept as decimal digits.
        """
        if delta < 0:
            raise Error(f'the store "{self.name}": {delta} cannot be added; numbers go up only')
        return self._told(lambda: self._bucket.increment(key, delta, _milliseconds(seconds)))

    def set_if_absent(self, key: str, value: bytes | str, *, seconds: float | None = None) -> bool:
        """Puts a value at a key if nothing is there, in one step. Returns whether it did: of many who try, one did."""
        return self._told(lambda: self._bucket.compare_and_set(key, None, _bytes(value), _milliseconds(seconds)))

    def compare_and_set(
        self, key: str, expected: bytes | str, value: bytes | str, *, seconds: float | None = None
    ) -> bool:
        """Puts a value at a key if what is there is exactly `expected`, in one step. Returns whether it did."""
        time = _milliseconds(seconds)
        return self._told(lambda: self._bucket.compare_and_set(key, _bytes(expected), _bytes(value), time))

    def update_json(self, key: str, change: Callable[[Any], _T]) -> _T:
        """Changes the JSON value at a key, and returns the new one.

        `change` gets what is there, or None, and is asked again where somebody else has changed it meanwhile: nobody's change
        is lost. What it raises passes through and changes nothing.
        """
        while True:
            before = self.get(key)
            new = change(None if before is None else self._read_json(key, before))
            value = self._write_json(key, new)
            if self._told(lambda before=before, value=value: self._bucket.compare_and_set(key, before, value, None)):  # type: ignore[misc]
                return new

    def keys(self) -> Iterator[str]:
        """All keys, in no order that means anything; they are asked for page by page."""
        cursor: int | None = None
        while True:
            page, cursor = self._told(lambda cursor=cursor: self._bucket.list_keys(cursor))  # type: ignore[misc]
            yield from page
            if cursor is None:
                return

    def get_many(self, keys: Iterable[str]) -> list[bytes | None]:
        """The values at these keys, in their order: 1024 keys and 8 MiB of values at the most."""
        return self._told(lambda: self._bucket.get_many(list(keys)))

    def set_many(self, entries: Mapping[str, bytes | str]) -> None:
        """Puts values at keys, all or none: 1024 keys and 8 MiB of values at the most."""
        self._told(lambda: self._bucket.set_many([(key, _bytes(value)) for key, value in entries.items()]))

    def delete_many(self, keys: Iterable[str]) -> None:
        """Removes these keys, all or none: 1024 at the most."""
        self._told(lambda: self._bucket.delete_many(list(keys)))

    def _told(self, act: Callable[[], _T]) -> _T:
        try:
            return act()
        except _seam.StoreFailure as failure:
            raise Error(f'the store "{self.name}": {failure}') from None

    def _read_json(self, key: str, value: bytes) -> Any:
        try:
            return json.loads(value)
        except ValueError as error:
            raise Error(f'the store "{self.name}": the value of {key!r} as JSON: {error}') from None

    def _write_json(self, key: str, value: Any) -> bytes:
        try:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise Error(f'the store "{self.name}": the value of {key!r} as JSON: {error}') from None


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _milliseconds(seconds: float | None) -> int | None:
    """The whole milliseconds of a time, begun ones included."""
    return None if seconds is None else max(0, math.ceil(seconds * 1000))
