"""The test kit: stores, secrets, other servers and signatures in memory; and that it signs as the host does."""

from pathlib import Path
from typing import Any

import pytest

from vestibule import AnswerError, Context, Event, Response, SecretError, http, kv, secret, testing, webhooks
from vestibule._call import Handler, NoHandler, find
from vestibule.testing import _built, call, mock_http_event, mock_signed_webhook

PLAIN = {
    "github": {},
    "stripe": {"timestamp": 1_700_000_000},
    "sha256Verifier": {},
    "sha1Verifier": {},
    "base64Sha256Verifier": {},
    "base64Sha1Verifier": {},
    "timestampSchemeVerifier": {"timestamp": 1_700_000_000},
    "secretKeyVerifier": {},
}


@pytest.mark.parametrize("scheme", PLAIN)
def test_plain_schemes_are_signed_as_the_host_signs(scheme: str) -> None:
    given: dict[str, Any] = {"payload": {"a": "é"}, "secret": "c2VjcmV0", "signature_type": scheme, **PLAIN[scheme]}
    header = {} if scheme in ("github", "stripe") else {"signature_header": "X-Sig"}
    ours = mock_signed_webhook(**given, **header)
    # A key that changes nothing has it signed by the command.
    settings = {"settings": {"replay": "allow"}}
    theirs = mock_signed_webhook(**given, **header, **settings)
    assert ours.headers.pairs() == theirs.headers.pairs()
    assert ours.body == theirs.body == '{"a":"é"}'.encode()


def test_other_schemes_are_signed_by_the_command() -> None:
    event = mock_signed_webhook(
        payload="x", signature_type="standardwebhooks", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id="msg_1"
    )
    assert event.headers["webhook-id"] == "msg_1"
    assert event.headers["webhook-signature"].startswith("v1,")
    # One that signs inside of the body, and so sends another than was given.
    form = mock_signed_webhook(payload="type=a&name=Ada", signature_type="braintree", secret="s3cret").form()
    assert {"bt_payload", "bt_signature"} <= set(form)
    with pytest.raises(webhooks.NotSigned, match="host sign nosuchscheme") as caught:
        mock_signed_webhook(payload="x", signature_type="nosuchscheme", secret="hunter2")
    assert "hunter2" not in str(caught.value)


def test_without_the_command_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("VESTIBULE_HOST", str(tmp_path / "none"))
    with pytest.raises(testing.NoHost, match="VESTIBULE_HOST is .*none"):
        mock_signed_webhook(payload="x", signature_type="slack", secret="s")
    monkeypatch.delenv("VESTIBULE_HOST")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(testing.NoHost, match="no command `host` of Vestibule on PATH"):
        mock_signed_webhook(payload="x", signature_type="slack", secret="s")


def test_a_component_is_looked_for_up_to_the_project_and_where_the_command_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project, elsewhere = tmp_path / "shop", tmp_path / "built"
    for folder in (project / "hello", project / "functions", tmp_path / "functions", elsewhere):
        folder.mkdir(parents=True)
    (project / "host.toml").touch()
    monkeypatch.chdir(project / "hello")
    monkeypatch.delenv("VESTIBULE_FUNCTIONS", raising=False)
    # What lies above the project is another's.
    (tmp_path / "functions/hello.wasm").touch()
    with pytest.raises(testing.HostFailure, match="run `host build` first") as caught:
        testing.Host("functions/hello.wasm").start()
    assert f"\n  {project}/functions/hello.wasm" in str(caught.value)
    assert f"\n  {tmp_path}/functions" not in str(caught.value)

    named = Path("functions/hello.wasm")
    monkeypatch.setenv("VESTIBULE_FUNCTIONS", str(elsewhere))
    (elsewhere / "hello.wasm").touch()
    assert _built.find(named) == elsewhere / "hello.wasm"
    (project / "functions/hello.wasm").touch()
    assert _built.find(named) == elsewhere / "hello.wasm", "what was just built counts"
    monkeypatch.delenv("VESTIBULE_FUNCTIONS")
    assert _built.find(named) == project / "functions/hello.wasm"
    assert _built.find(elsewhere / "hello.wasm") == elsewhere / "hello.wasm"


def test_events_have_redwoods_meaning() -> None:
    event = mock_http_event(
        payload={"a": 1},
        signature="sig",
        signature_header="X-Sig",
        query_string_parameters={"a": "1 2", "b": ["x", "y"]},
        http_method="PUT",
        headers={"X-One": "1"},
        path="/x",
    )
    assert (event.method, event.path, event.query_string) == ("PUT", "/x", "a=1+2&b=x&b=y")
    assert event.headers.pairs() == [("x-one", "1"), ("x-sig", "sig")]
    assert (event.body, mock_http_event(payload="x").body, mock_http_event().body) == (b'{"a":1}', b"x", b"")
    assert mock_http_event(payload="/w==", is_base64_encoded=True).body == b"\xff"


def test_stores_keep_the_hosts_rules() -> None:
    store = testing.seed("orders", {"a": "1", "b": {"x": [1]}})
    assert (store.get("a"), store.get_json("b"), store.get("c"), sorted(store.keys())) == (b"1", {"x": [1]}, None, ["a", "b"])
    assert [store.increment("a"), store.increment("n", 5)] == [2, 5]
    assert [store.set_if_absent("n", "6"), store.compare_and_set("n", "5", "6")] == [False, True]
    store.set("short", "x", seconds=0.000_001)
    for wrong in (
        lambda: store.set("k" * 1025, "x"),
        lambda: store.set("k", b"x" * (1024 * 1024 + 1)),
        lambda: store.set("k", "x", seconds=0),
        lambda: store.increment("b"),
        lambda: store.increment("n", -1),
        lambda: store.get_many(["k"] * 1025),
        lambda: store.set_many({"ok": "1", "k" * 1025: "2"}),
        lambda: store.get_json("n2") or store.set_json("k", {1, 2}),
    ):
        with pytest.raises(kv.Error, match='the store "orders": '):
            wrong()
    assert not store.exists("ok"), "all or none"
    store.delete_many(["a", "b", "zz"])
    assert not store.exists("a")
    with pytest.raises(kv.Error, match="is not the name of a store"):
        kv.open("Orders")


def test_stores_are_granted_as_a_policy_does() -> None:
    testing.grant_kv("orders")
    kv.open("orders")
    with pytest.raises(kv.Error, match=r'write kv = \["other"\] under \[grants\]') as caught:
        kv.open("other")
    assert caught.value.is_not_granted


def test_a_change_is_made_anew_when_somebody_was_faster() -> None:
    store = testing.seed("orders", {"n": 1})
    seen = []

    def change(value: int) -> int:
        seen.append(value)
        if len(seen) == 1:
            store.set_json("n", 10)
        return value + 1

    assert (store.update_json("n", change), seen) == (11, [1, 10])


def test_nothing_of_a_test_is_left() -> None:
    assert list(kv.open("orders").keys()) == []
    assert testing.http.sent() == []
    with pytest.raises(SecretError):
        secret("KEY")


def test_secrets_are_granted_and_not_shown() -> None:
    testing.grant_secret("KEY", "hunter2")
    assert (secret("KEY").text, secret("KEY").bytes, repr(secret("KEY"))) == ("hunter2", b"hunter2", "Secret('KEY')")
    with pytest.raises(SecretError, match=r'secrets = \["PATH"\]'):
        secret("PATH")
    testing.grant_secret("BAD", b"\xffhunter2")
    with pytest.raises(SecretError, match="^the secret BAD is not text$"):
        _ = secret("BAD").text


def test_other_servers_answer_what_was_set_up_in_turn() -> None:
    testing.http.answer("GET", "https://a.example/?q=x+y", json=[1], headers={"X-A": "1"})
    testing.http.answer("POST", "https://a.example/", status=404, body="no")
    testing.http.fail("POST", "https://a.example/", http.Timeout("slow"))
    answer = http.get("https://a.example/", params={"q": "x y"}).raise_for_status()
    assert (answer.json(), answer.header("x-a"), answer.ok) == ([1], "1", True)
    with pytest.raises(http.StatusError, match="status 404"):
        http.post("https://a.example/", data={"a": "é"}).raise_for_status()
    with pytest.raises(http.Timeout):
        http.post("https://a.example/", json={"a": 1}, headers={"Content-Type": "application/ld+json"})
    form, typed = testing.http.sent()[1:]
    assert (form.body, form.headers["content-type"]) == (b"a=%C3%A9", "application/x-www-form-urlencoded")
    assert (typed.json(), typed.headers.get_all("content-type")) == ({"a": 1}, ["application/ld+json"])
    with pytest.raises(http.Denied, match="this test answers no GET https://a.example/"):
        http.get("https://a.example/")
    with pytest.raises(http.Invalid, match="`data` and `json`"):
        http.post("https://a.example/", data="x", json=1)
    assert testing.http.unused() == []


def test_webhooks_are_signed_with_granted_secrets_and_sent() -> None:
    testing.grant_sign("SIGNER", "hunter2")
    testing.http.answer("POST", "https://hooks.example/", status=204)
    assert webhooks.send("https://hooks.example/", "github", "SIGNER", json={"a": 1}).ok
    sent = testing.http.sent()[0]
    assert sent.headers["x-hub-signature-256"].startswith("sha256=")
    assert sent.headers["content-type"] == "application/json"
    with pytest.raises(webhooks.NotSigned, match=r'sign = \["OTHER"\]'):
        webhooks.sign("github", "OTHER", "x")


def test_handlers_of_every_kind_are_called() -> None:
    async def later(event: Event) -> str:
        return event.method

    def both(event: Event, context: Context) -> Response:
        return Response.text(context.function)

    def more(event: Event, context: Context, extra: int = 7) -> list[int]:
        return [extra]

    assert [call(handler, Event.get("/")).body for handler in (later, both, more)] == [b"GET", b"test", b"[7]"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", "has no `handle`: write def handle(event, context):"),
        ("handle = 7", "is a int, not a function"),
        ("def handle(): pass", "write def handle(event, context):"),
        ("def handle(a, b, c): pass", "write def handle(event, context):"),
        ("def handle(event, *, key): pass", "write def handle(event, context):"),
        ("def handle(event):\n    yield 1", "has a `yield`"),
        ("def lambda_handler(event): pass", "takes no second argument"),
    ],
)
def test_a_module_without_a_handler_says_what_to_write(source: str, text: str) -> None:
    module: Any = type(testing)("shop")
    exec(source, module.__dict__)
    with pytest.raises(NoHandler) as caught:
        find(module)
    assert text in str(caught.value)


def test_a_handler_may_have_any_name() -> None:
    module: Any = type(testing)("shop")
    exec("def receive(event): return 'x'", module.__dict__)
    assert isinstance(find(module, "receive"), Handler)
    with pytest.raises(NoHandler, match="has no `other`"):
        find(module, "other")


@pytest.mark.parametrize("status", [-1, 0x10000, 10**30])
def test_a_status_that_the_host_cannot_be_told_is_an_error(status: int) -> None:
    def lambda_handler(event: Any, context: Any) -> Any:
        return {"statusCode": status}

    for handler in (lambda event: Response.empty(status), lambda event: ({}, status), lambda_handler):
        with pytest.raises(AnswerError, match=f"returned the status {status}; a status is 200 to 599"):
            call(handler, Event.get("/"))
