"""The built component behind all gates, as the host serves it. `host test` builds it first;
with pytest alone, that is for you to do: `host build`.
"""

from vestibule.testing import Host

COMPONENT = "functions/NAME.wasm"
ROUTE = "/NAME"


def test_greets_over_http() -> None:
    with Host(COMPONENT) as host:
        answer = host.get(f"{ROUTE}?name=Ada")
        assert (answer.status, answer.json()) == (200, {"greeting": "Hello, Ada!"})
        # The policy allows a GET, so this one never reaches the function.
        refused = host.post(ROUTE)
        assert (refused.status, refused.instances) == (405, 0)
