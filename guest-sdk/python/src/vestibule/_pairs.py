"""Names and values that may repeat: queries, forms, route parameters, headers. Owns looking them up; does not know where they
came from, and decodes nothing but the form format, which queries and forms share.
"""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl


class Pairs(Mapping[str, str]):
    """A mapping from a name to its first value, in order of arrival; `get_all` has every value of a name."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs: tuple[tuple[str, str], ...] = tuple((self._key(name), value) for name, value in pairs)

    @staticmethod
    def _key(name: str) -> str:
        return name

    def __getitem__(self, name: str) -> str:
        name = self._key(name)
        for key, value in self._pairs:
            if key == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key for key, _ in self._pairs))

    def __len__(self) -> int:
        return len(dict.fromkeys(key for key, _ in self._pairs))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Pairs):
            return self._pairs == other._pairs
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash(self._pairs)

    def get_all(self, name: str) -> list[str]:
        """Every value of a name, in order; empty if the name is not there."""
        name = self._key(name)
        return [value for key, value in self._pairs if key == name]

    def pairs(self) -> list[tuple[str, str]]:
        """All names and values, in order, a repeated name once for each time it came."""
        return list(self._pairs)

    def __repr__(self) -> str:
        # Values may be secret: the names are what a log needs.
        return f"{type(self).__name__}({list(self)})"


class Headers(Pairs):
    """Headers: names in lower case, looked up in any case."""

    __slots__ = ()

    @staticmethod
    def _key(name: str) -> str:
        return name.lower()


def decode_form(encoded: str) -> Pairs:
    """Reads `application/x-www-form-urlencoded`: `+` is a space, `%XX` a byte, and what is not UTF-8 becomes U+FFFD.

    It never fails: a query is typed by hand and cut off by mail programs, and `%` alone stands for itself.
    """
    return Pairs(parse_qsl(encoded, keep_blank_values=True, encoding="utf-8", errors="replace"))
