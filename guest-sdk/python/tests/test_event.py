"""Reading events and writing responses, without a host."""

import pytest

from vestibule import BadRequest, Context, Delivery, Event, HttpError, Identity, Pairs, Response
from vestibule._context import read_claims


def test_a_query_is_decoded_as_the_url_standard_has_it() -> None:
    event = Event.get("/?a=1+2%2B3&caf%C3%A9=%20&raw&sum=1=1&&bad=%FF&lone=100%&a=4")
    assert event.query["a"] == "1 2+3"
    assert event.query.get_all("a") == ["1 2+3", "4"]
    assert event.query.pairs()[1:] == [
        ("café", " "),
        ("raw", ""),
        ("sum", "1=1"),
        ("bad", "\ufffd"),
        ("lone", "100%"),
        ("a", "4"),
    ]
    assert event.query.get("A") is None
    assert len(event.query) == 6


def test_headers_are_found_in_any_case_and_all_of_them() -> None:
    event = Event.get("/").with_header("X-One", "1").with_header("x-one", "2")
    assert (event.header("X-ONE"), event.headers.get_all("x-One"), list(event.headers)) == ("1", ["1", "2"], ["x-one"])
    assert event.header("other") is None


def test_cookies() -> None:
    event = Event.get("/").with_header("cookie", 'a=1; b="x"; junk; a=2').with_header("cookie", "c=a=b")
    assert event.cookies == {"a": "1", "b": '"x"', "c": "a=b"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"\xff", "body: not UTF-8 at byte 0"),
        (b"{", "body: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"", "body: Expecting value: line 1 column 1 (char 0)"),
        (b"[" * 101 + b"]" * 101, "body: nested deeper than 100 levels"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "body: nested deeper than 100 levels"),
    ],
)
def test_json_that_is_none_is_the_clients_mistake(body: bytes, text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Event.post("/", body).json()
    assert (caught.value.status, caught.value.text) == (400, text)


def test_what_only_looks_deep_is_read() -> None:
    assert len(Event.post("/", b"[" + b",".join([b"[]"] * 500) + b"]").json()) == 500
    assert Event.post("/", b'["' + b'[{\\"' * 500 + b'"]').json() == ['[{"' * 500]


@pytest.mark.parametrize("text", ['["' + '\\\\"' * 300_000, '"' * 600_000, "[]," * 200_000, '[{"a": "' + "x" * 600_000])
def test_nothing_that_looks_like_json_takes_long_or_much(text: str) -> None:
    with pytest.raises(BadRequest):
        Event.post("/", "[" * 100 + "]" * 100 + text).json()


def test_forms() -> None:
    event = Event.post("/", b"a=1+2&b=%C3%A9")
    assert event.form()["b"] == "é"
    assert event.with_header("content-type", "application/x-www-form-urlencoded; charset=utf-8").form()["a"] == "1 2"
    with pytest.raises(BadRequest, match="sent as `application/json`, send a form as"):
        event.with_header("content-type", "application/json").form()


def test_what_may_be_secret_is_not_shown() -> None:
    event = Event.post("/x?token=hunter2", b"hunter2").with_header("authorization", "hunter2")
    identity = Identity("demo", "user-1", claims={"email": "hunter2"})
    for shown in (repr(event), repr(event.query), repr(event.headers), repr(identity), repr(Response.text("hunter2"))):
        assert "hunter2" not in shown


def test_a_role_is_asked_for() -> None:
    context = Context(identity=Identity("demo", "user-1", ("editor",)))
    assert context.require_role("editor").subject == context.user == "user-1"
    for asked, status in ((context, 403), (Context(), 401)):
        with pytest.raises(HttpError) as caught:
            asked.require_role("admin")
        assert caught.value.status == status
    assert Context(identity=Identity("demo")).user is None


def test_a_context_for_tests_has_ten_seconds() -> None:
    assert 9 < Context().remaining() <= 10
    assert Context(deadline=0).remaining() == 0
    assert Context().with_delivery(Delivery("github", id="1")).delivery == Delivery("github", "1")


def test_claims_that_are_no_object_are_none() -> None:
    assert read_claims("[1]") == {}
    assert read_claims('{"a": 1}') == {"a": 1}


def test_responses() -> None:
    response = Response.json({"a": "é"}).with_status(201).with_header("Content-Type", "application/problem+json")
    assert (response.status, response.headers) == (201, (("Content-Type", "application/problem+json"),))
    assert response.body == '{"a":"é"}'.encode()
    assert Response.redirect("/next").header("Location") == "/next"
    assert (Response.empty().status, Response.html("<p>").header("content-type")) == (204, "text/html; charset=utf-8")
    with pytest.raises(ValueError):
        Response.json(float("nan"))


def test_cookies_add_up_and_cannot_smuggle() -> None:
    response = Response.empty().with_cookie("a", "1").with_cookie("b", "2")
    assert [value.split(";")[0] for _, value in response.headers] == ["a=1", "b=2"]
    for name, value in [("a", "1; Domain=evil.example"), ("a", "é"), ("a", "\r\n"), ("a b", "1"), ("", "1"), ("a", '"')]:
        with pytest.raises(ValueError) as caught:
            Response.empty().with_cookie(name, value)
        assert "evil" not in str(caught.value)


def test_pairs_compare_by_what_they_hold() -> None:
    assert Pairs([("a", "1")]) == Pairs([("a", "1")]) != Pairs([("a", "2")])
    assert Pairs([("a", "1")]) == {"a": "1"}
