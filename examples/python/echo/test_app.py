from app import answer, handle
from vestibule import Delivery, Event, Identity
from vestibule.testing import call, mock_context


def test_tells_the_request_and_the_call() -> None:
    event = Event.post("/echo/a?x=1&x=2", "caf\u00e9").with_header("X-One", "1").with_header("x-one", "2").with_subpath("/a")
    context = mock_context(
        delivery=Delivery("github", id="7"), identity=Identity("demo", "user-1", ("editor",), {"name": "Ada"})
    )
    told = answer(event, context).body_json()
    assert told["event"]["query"] == "x=1&x=2"
    assert told["event"]["headers"] == [["x-one", "1"], ["x-one", "2"]]
    assert told["event"]["body"] == "caf\u00e9"
    assert told["context"]["delivery"]["id"] == "7"
    assert told["context"]["identity"]["claims"] == {"name": "Ada"}


def test_answers_bytes_as_they_came() -> None:
    every_byte = bytes(range(256))
    assert answer(Event.post("/echo?raw", every_byte), mock_context()).body == every_byte


def test_says_what_is_wrong_with_json() -> None:
    response = call(handle, Event.post("/echo?json", '{"a": '))
    assert (response.status, response.body_json()) == (400, {"error": "body: Expecting value: line 1 column 7 (char 6)"})


def test_answers_when_it_has_waited() -> None:
    assert call(handle, Event.post("/echo?later&raw", b"x")).body == b"x"
