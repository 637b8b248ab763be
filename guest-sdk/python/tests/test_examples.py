"""The examples as components, behind a real host and their own policies."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from vestibule.testing import Answer, Host

Serve = Callable[..., Host]


def test_divide(serve: Serve) -> None:
    host = serve("divide")
    for query, status, expected in [
        ("dividend=20&divisor=5", 200, {"message": "20 / 5 = 4", "quotient": 4}),
        ("dividend=5&divisor=-2", 200, {"message": "5 / -2 = -2.5", "quotient": -2.5}),
        ("dividend=20", 400, {"message": "Please specify both a dividend and a divisor."}),
        ("dividend=20&divisor=0", 500, {"message": "Could not divide 20 by 0."}),
    ]:
        answer = host.get(f"/divide?{query}")
        assert (answer.status, answer.json()) == (status, expected)
    refused = host.post("/divide")
    assert (refused.status, refused.instances) == (405, 0)


def test_echo_has_what_came_exactly(serve: Serve) -> None:
    host = serve("echo")
    told = host.post("/echo/caf%C3%A9/%F0%9F%92%A1?a=1&a=&b=%FF+x", "é", headers={"X-Note": "twice"}).json()
    event, context = told["event"], told["context"]
    assert event["method"] == "POST"
    assert event["path"] == "/echo/caf%C3%A9/%F0%9F%92%A1"
    assert event["subpath"] == "/caf%C3%A9/%F0%9F%92%A1"
    assert event["query"] == "a=1&a=&b=%FF+x"
    assert ["x-note", "twice"] in event["headers"]
    assert event["body"] == "é"
    assert event["client"] == "127.0.0.1"
    assert context["function"] == "echo"
    assert len(context["version"]) == 64
    assert 0 < context["deadline"] / 1000 - time.time() <= 10
    assert (context["trigger"], context["delivery"], context["identity"]) == ("http", None, None)
    assert told["env"] == {}
    for body in (b"", bytes(range(256)), b"\xff" * 100_000):
        assert host.post("/echo?raw", body).body == body
    assert host.post("/echo?json", '{"é": [1, null]}').text == '{"é":[1,null]}'
    assert host.post("/echo?json", "{").status == 400
    nested = host.post("/echo?json", "[" * 100_000)
    assert (nested.status, nested.json()) == (400, {"error": "body: nested deeper than 100 levels"})


def test_api(serve: Serve) -> None:
    host = serve("api")
    assert [note["id"] for note in host.get("/api/notes").json()] == [1, 2]
    made = host.post("/api/notes", json={"title": "Milk"})
    assert (made.status, made.headers["location"]) == (201, "/api/notes/3")
    assert host.request("DELETE", "/api/notes/1").status == 204
    assert host.request("PATCH", "/api/notes").headers["allow"] == "GET, HEAD, POST"
    assert host.post("/api/notes", json={"title": 7}).status == 400


def test_an_order_is_changed_by_signed_webhooks_alone(serve: Serve) -> None:
    host = serve("update-order-status").secret("WEBHOOK_SECRET", "MY-VOICE-IS-MY-PASSPORT-VERIFY-ME")

    def update(status: str) -> Answer:
        return host.post("/update-order-status", json={"trackingNumber": "1Z-7", "status": status})

    refused = update("PLACED")
    assert (refused.status, refused.instances) == (401, 0)
    host.signed("sha256Verifier", "MY-NAME-IS-WERNER-BRANDES-VERIFY-ME", header="x-webhook-signature")
    assert (update("PLACED").status, update("PLACED").instances) == (401, 0)
    host.signed("sha256Verifier", "MY-VOICE-IS-MY-PASSPORT-VERIFY-ME", header="x-webhook-signature")
    assert [update(status).status for status in ("SHIPPED", "PLACED", "SHIPPED", "DELIVERED", "DELIVERED")] == [
        404,
        200,
        200,
        200,
        409,
    ]


def test_stripe(serve: Serve) -> None:
    host = serve("stripe-webhook").secret("STRIPE_WEBHOOK_SECRET", "whsec_test")
    payload = {"id": "evt_1", "type": "invoice.paid", "data": {"object": {"amount_paid": 1099, "currency": "eur"}}}
    assert host.post("/stripe-webhook", json=payload).status == 401
    answer = host.signed("stripe", "whsec_test").post("/stripe-webhook", json=payload)
    assert answer.json() == {"id": "evt_1", "type": "invoice.paid", "amount": 1099, "currency": "eur"}


@pytest.mark.parametrize("key", ["QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY"])
def test_qstash_with_either_key(serve: Serve, key: str) -> None:
    keys = {"QSTASH_CURRENT_SIGNING_KEY": "sig_current", "QSTASH_NEXT_SIGNING_KEY": "sig_next"}
    host = serve("qstash-receiver").public_url("https://hooks.example")
    for name, value in keys.items():
        host.secret(name, value)
    answer = host.signed("qstash", keys[key]).post("/qstash-receiver", "hé")
    assert answer.json() == {"message": "Request processed successfully", "characters": 2}, answer.messages()
    assert any(message.endswith(f"signed with {key}") for message in answer.messages())
    forged = host.signed("qstash", "sig_other").post("/qstash-receiver", "hé")
    assert (forged.status, forged.instances) == (401, 0)


def test_a_lambda_runs_unchanged(serve: Serve) -> None:
    host = serve("lambda")
    answer = host.get("/lambda?name=Ada")
    assert answer.json() == {"message": "Good morning, Ada!", "requestId": answer.headers["x-request-id"]}
    assert answer.headers.get_all("set-cookie") == ["seen=GET", "theme=dark"]
    assert any(message.startswith("greeting Ada, ") for message in answer.messages())
    assert host.get("/lambda").status == 400


def test_who_is_calling(serve: Serve) -> None:
    host = serve("me").settings((_examples() / "host.toml").read_text()).secret("AUTH_JWT_SECRET", "k" * 32)
    refused = host.get("/me")
    assert (refused.status, refused.instances) == (401, 0)
    claims = {"sub": "user-1", "name": "Ada", "roles": ["editor"], "iss": "https://auth.example", "aud": "vestibule-examples"}
    token = _jwt({**claims, "exp": int(time.time()) + 60}, "k" * 32)
    answer = host.get("/me", headers={"authorization": f"Bearer {token}"})
    assert answer.json() == {"subject": "user-1", "roles": ["editor"], "admin": False, "name": "Ada", "email": None}


def test_a_binary_answer(serve: Serve) -> None:
    answer = serve("pixel").get("/pixel?color=0a0b0c")
    assert (answer.headers["content-type"], answer.body[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")


def test_requests_to_other_servers(serve: Serve) -> None:
    seen: list[tuple[str, str | None, bytes]] = []

    class Peer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((self.path, self.headers["x-one"], body))
            self.send_response(202)
            self.end_headers()
            self.wfile.write("taken, é".encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Peer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        policy = f'access = "public"\n[grants]\nhttp = ["{address}"]\nhttp_private = true\n'
        found = serve("hostile", policy).post("/hostile/fetch", f"{address}/notes").json()
    finally:
        server.shutdown()
        server.server_close()
    assert (found["status"], found["text"]) == (202, "taken, é")
    assert found["error"].startswith("vestibule.http.Denied: a request to https://other.example is not granted")
    assert seen == [("/notes?q=x+y", "1", '{"a": "é"}'.encode())]


def test_fifty_at_once_within_the_defaults(serve: Serve) -> None:
    host = serve("echo").start()
    answers: list[Answer] = []
    together = threading.Barrier(50)

    def ask() -> None:
        together.wait()
        answers.append(host.post("/echo?raw", "x"))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [200] * 50


def _examples() -> Any:
    from conftest import EXAMPLES

    return EXAMPLES


def _jwt(claims: dict[str, Any], key: str) -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    signed = f"{part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"
