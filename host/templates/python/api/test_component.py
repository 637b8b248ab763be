"""The built component behind all gates, as the host serves it. `host test` builds it first;
with pytest alone, that is for you to do: `host build`.
"""

from pathlib import Path

from vestibule.testing import Host

COMPONENT = "functions/NAME.wasm"
ROUTE = "/NAME"
NOTE = Path(__file__).with_name("fixtures").joinpath("example.json").read_bytes()


def test_what_one_request_writes_the_next_one_reads() -> None:
    with Host(COMPONENT) as host:
        assert host.post(f"{ROUTE}/notes", NOTE).status == 201

        # Every request has a sandbox of its own: what is read here was kept in the store.
        read = host.get(f"{ROUTE}/notes/1")
        assert (read.json()["title"], read.instances) == ("Keys", 1)

        assert host.request("DELETE", f"{ROUTE}/notes/1").status == 204
        assert host.get(f"{ROUTE}/notes/1").status == 404
