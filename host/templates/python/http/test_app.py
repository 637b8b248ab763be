"""The handler as the function that it is, without a host and without WebAssembly."""

from typing import Any

from vestibule.testing import call, mock_context, mock_http_event

from app import handle

ROUTE = "/NAME"


def get(**query: str) -> tuple[int, Any]:
    event = mock_http_event(path=ROUTE, query_string_parameters=query)
    response = call(handle, event, mock_context())
    return response.status, response.body_json()


def test_greets_by_name() -> None:
    assert get(name="Ada") == (200, {"greeting": "Hello, Ada!"})


def test_greets_the_world_without_a_name_and_as_often_as_asked() -> None:
    assert get(times="2") == (200, {"greeting": "Hello, world! Hello, world!"})


def test_says_what_is_wrong_with_a_query() -> None:
    status, answer = get(times="many")
    assert status == 400
    assert answer["error"].startswith("query: ")
