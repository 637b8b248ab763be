"""The built component behind all gates, as the host serves it. `host test` builds it first;
with pytest alone, that is for you to do: `host build`.
"""

from pathlib import Path

from vestibule.testing import Host

COMPONENT = "functions/NAME.wasm"
ROUTE = "/NAME"
PAYLOAD = Path(__file__).with_name("fixtures").joinpath("example.json").read_bytes()

#: The scheme of `NAME.toml`, and where its sender believes the host to be.
SCHEME = "SCHEME"
SITE = "https://hooks.example.com"

#: What `NAME.toml` calls the secret, and a value of it that is good for these tests alone.
CALLED = "NAME_SECRET"
SECRET = "PAIR1f0c8b6a4e2d9375c0b1a2f3e4d5968778695a4b3c2d1e0f0011223344556677"
GUESSED = "PAIR00000000000000000000000000000000000000000000000000000000000000ff"


def test_what_is_signed_runs_and_what_is_forged_does_not() -> None:
    with Host(COMPONENT).secret(CALLED, SECRET).public_url(SITE) as host:
        genuine = host.signed(SCHEME, SECRET).post(ROUTE, PAYLOAD)
        assert (genuine.status, genuine.instances) == (200, 1)
        # Neither of these has a sandbox.
        forged = host.signed(SCHEME, GUESSED).post(ROUTE, PAYLOAD)
        assert (forged.status, forged.instances) == (401, 0)
        unsigned = host.unsigned().post(ROUTE, PAYLOAD)
        assert (unsigned.status, unsigned.instances) == (401, 0)
