"""Secrets that a function may read. Owns how one is asked for and that nothing prints it; whether the function may have it is
decided by the host, and in a test by `vestibule.testing`.
"""

from __future__ import annotations

from . import _seam
from ._errors import SecretError


class Secret:
    """A secret's value. Neither `repr` nor `str` show it."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: bytes) -> None:
        self.name = name
        self._value = value

    @property
    def bytes(self) -> bytes:
        """The value, exactly as it is kept."""
        return self._value

    @property
    def text(self) -> str:
        """The value as text. Raises SecretError if it is not UTF-8."""
        try:
            return self._value.decode()
        except UnicodeDecodeError:
            raise SecretError(f"the secret {self.name} is not text") from None

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"


def secret(name: str) -> Secret:
    """The secret of this name, which the function's policy grants with `secrets = ["NAME"]` under `[grants]`.

    Raises SecretError if the function may not read it; the text says what to write into its policy.
    """
    return Secret(name, _seam.backend().secret(name))
