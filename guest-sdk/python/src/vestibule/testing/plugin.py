"""What pytest has of the test kit, once the package is installed: a fresh world for every test, and three fixtures. Owns no more
than that; every fixture is a call that any other test runner can make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from .. import kv as _kv
from . import _stand_in, seed


@pytest.fixture(autouse=True)
def _vestibule_world() -> Iterator[None]:
    """Nothing of a test is left for the next."""
    _stand_in.reset()
    yield
    _stand_in.reset()


@pytest.fixture
def kv() -> Callable[[str], _kv.Store]:
    """Opens a store: `kv("orders").set("7", "placed")`."""
    return _kv.open


class Scenario:
    """What a test begins with: the entries of one store, by the names that the test gives them."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}

    def __call__(self, store: str, entries: Mapping[str, Any], **named: str) -> Scenario:
        """Puts entries into a store. `named` gives keys a name: `scenario("orders", {...}, shipped="1Z-7")`."""
        seed(store, entries)
        self._found.update({name: entries[key] for name, key in named.items()})
        return self

    def __getattr__(self, name: str) -> Any:
        try:
            return self._found[name]
        except KeyError:
            raise AttributeError(f"the scenario names no {name}") from None


@pytest.fixture
def scenario() -> Scenario:
    """Seeds stores: `scenario("orders", {"1Z-7": order}, shipped="1Z-7")`, then `scenario.shipped`."""
    return Scenario()
