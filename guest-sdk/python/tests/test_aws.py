"""AWS Lambda's events, contexts and answers."""

from dataclasses import replace
from typing import Any

import pytest

from vestibule import AnswerError, Context, Delivery, Event, Identity, aws
from vestibule.testing import call, mock_lambda_event


def test_an_event_is_api_gateways_in_format_1() -> None:
    event = (
        Event.post("/shop/caf%C3%A9?a=1&a=2&b", "é")
        .with_header("Host", "shop.example")
        .with_header("X-One", "1")
        .with_header("x-one", "2")
        .with_header("User-Agent", "tests")
        .with_param("id", "7")
    )
    context = Context(
        "r-1", "shop", delivery=Delivery("github", "d-1"), identity=Identity("demo", "user-1", ("admin",), {"sub": "user-1"})
    )
    found = aws.event(event, context)
    told = found.pop("requestContext")
    assert found == {
        "version": "1.0",
        "resource": "/shop",
        "path": "/shop/caf%C3%A9",
        "httpMethod": "POST",
        "headers": {"host": "shop.example", "x-one": "2", "user-agent": "tests"},
        "multiValueHeaders": {"host": ["shop.example"], "x-one": ["1", "2"], "user-agent": ["tests"]},
        "queryStringParameters": {"a": "2", "b": ""},
        "multiValueQueryStringParameters": {"a": ["1", "2"], "b": [""]},
        "pathParameters": {"id": "7"},
        "stageVariables": None,
        "body": "é",
        "isBase64Encoded": False,
    }
    assert (told["requestId"], told["domainName"], told["httpMethod"]) == ("r-1", "shop.example", "POST")
    assert (told["identity"]["sourceIp"], told["identity"]["userAgent"]) == ("127.0.0.1", "tests")
    assert told["authorizer"] == {"principalId": "user-1", "claims": {"sub": "user-1"}}
    assert told["vestibule"]["delivery"]["id"] == "d-1"


def test_split_cookies_are_joined() -> None:
    event = Event.get("/shop").with_header("cookie", "a=1").with_header("Cookie", "b=2")
    found = aws.event(event, Context("r-1", "shop"))
    assert found["headers"]["cookie"] == "a=1; b=2"
    assert found["multiValueHeaders"]["cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("route", "subpath", "resource"),
    [
        ("orders/[id]", "", "/orders/{id}"),
        ("docs/[...page]", "", "/docs/{page+}"),
        ("shop", "/a%20b/c", "/shop/{proxy+}"),
        ("index", "", "/"),
        ("index", "/a", "/{proxy+}"),
    ],
)
def test_a_route_is_written_as_api_gateway_does(route: str, subpath: str, resource: str) -> None:
    found = aws.event(replace(Event.get("/x"), subpath=subpath), Context("r-1", route))
    told = found["requestContext"]
    assert (found["resource"], told["resourcePath"], told["stage"]) == (resource, resource, "$default")
    if route == "shop":
        assert found["pathParameters"] == {"proxy": "a b/c"}


def test_what_is_not_there_is_none_and_bytes_are_base64() -> None:
    found = mock_lambda_event()
    assert (found["body"], found["queryStringParameters"], found["pathParameters"]) == (None, None, None)
    found = mock_lambda_event(payload=b"\xff")
    assert (found["body"], found["isBase64Encoded"]) == ("/w==", True)


def test_a_context_has_what_a_lambda_asks() -> None:
    context = aws.LambdaContext(Context("r-1", "shop"))
    assert (context.aws_request_id, context.function_name, context.client_context) == ("r-1", "shop", None)
    assert 9000 < context.get_remaining_time_in_millis() <= 10_000


@pytest.mark.parametrize(
    ("returned", "status", "headers", "body"),
    [
        ({"statusCode": 204}, 204, (), b""),
        ({"statusCode": "201", "body": "é"}, 201, (("content-type", "application/json"),), "é".encode()),
        (
            {"statusCode": 200, "headers": {"A": 1, "B": "b"}, "multiValueHeaders": {"a": ["x", "y"]}, "cookies": ["c=1"]},
            200,
            (("B", "b"), ("a", "x"), ("a", "y"), ("set-cookie", "c=1")),
            b"",
        ),
        (
            {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": "/w==", "isBase64Encoded": True},
            200,
            (("Content-Type", "image/png"),),
            b"\xff",
        ),
        ({"statusCode": 200, "body": {"a": 1}}, 200, (("content-type", "application/json"),), b'{"a": 1}'),
        ({"message": "hi"}, 200, (("content-type", "application/json"),), b'{"message": "hi"}'),
        ("hi", 200, (("content-type", "application/json"),), b"hi"),
    ],
)
def test_answers_of_both_formats(returned: Any, status: int, headers: Any, body: bytes) -> None:
    response = aws.response(returned, "lambda_handler")
    assert (response.status, response.headers, response.body) == (status, headers, body)


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (None, "returned None"),
        ({"statusCode": "ok"}, "statusCode 'ok'"),
        ({"statusCode": True}, "statusCode True"),
        ({"statusCode": 200, "body": 7}, "a body that is a int"),
        ({"statusCode": 200, "body": "é", "isBase64Encoded": True}, "no Base64"),
        ({"statusCode": 200, "headers": {"a": None}}, "header 'a'"),
        ({"statusCode": 200, "headers": ["a"]}, "no dict"),
        ({"statusCode": 200, "multiValueHeaders": {"a": "x"}}, "no list"),
        ({1, 2}, "what JSON cannot express"),
    ],
)
def test_nonsense_is_an_error_that_names_it(returned: Any, text: str) -> None:
    with pytest.raises(AnswerError, match="lambda_handler returned") as caught:
        aws.response(returned, "lambda_handler")
    assert text in str(caught.value)


def test_a_handler_of_that_name_is_called_so() -> None:
    def lambda_handler(event: Any, context: Any) -> Any:
        return {"statusCode": 200, "body": event["httpMethod"] + context.function_name}

    assert call(lambda_handler, Event.get("/"), Context(function="shop")).body == b"GETshop"
