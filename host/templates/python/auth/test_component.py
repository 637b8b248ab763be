"""The built component behind all gates, as the host serves it. `host test` builds it first;
with pytest alone, that is for you to do: `host build`.
"""

from hashlib import sha256
from pathlib import Path

from vestibule.testing import Host

COMPONENT = "functions/NAME.wasm"
ROUTE = "/NAME"
CHANGE = Path(__file__).with_name("fixtures").joinpath("example.json").read_bytes()

#: Keys that are good for these tests alone.
ADA = {"x-api-key": "ada-1f0c8b6a4e2d9375c0b1a2f3e4d59687"}
BOB = {"x-api-key": "bob-78695a4b3c2d1e0f0011223344556677"}


def entry(name: str, headers: dict[str, str], role: str) -> str:
    digest = sha256(headers["x-api-key"].encode()).hexdigest()
    return f"""
[[auth.NAME.keys]]
name = "{name}"
sha256 = "{digest}"
roles = ["{role}"]
"""


#: The provider of `NAME.toml`, as host.toml has it, with these two keys.
PROVIDER = '[auth.NAME]\nkind = "api-key"\nheader = "x-api-key"\n'
SETTINGS = PROVIDER + entry("ada", ADA, "editor") + entry("bob", BOB, "reader")


def test_callers_are_known_and_nobody_else_gets_in() -> None:
    with Host(COMPONENT).settings(SETTINGS) as host:
        read = host.get(ROUTE, headers=BOB)
        assert read.json() == {"subject": "bob", "roles": ["reader"]}
        assert host.post(ROUTE, CHANGE, headers=BOB).status == 403
        assert host.post(ROUTE, CHANGE, headers=ADA).status == 200

        nobody = host.get(ROUTE)
        assert (nobody.status, nobody.instances) == (401, 0)
