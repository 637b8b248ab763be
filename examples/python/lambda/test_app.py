import json

from app import lambda_handler
from vestibule.testing import mock_lambda_context, mock_lambda_event


def test_greets(monkeypatch):
    monkeypatch.setenv("GREETING", "Good morning")
    event = mock_lambda_event(query_string_parameters={"name": "Ada"})
    result = lambda_handler(event, mock_lambda_context(request_id="r-1"))
    assert result["statusCode"] == 200
    assert json.loads(result["body"]) == {"message": "Good morning, Ada!", "requestId": "r-1"}


def test_asks_for_a_name():
    assert lambda_handler(mock_lambda_event(), mock_lambda_context())["statusCode"] == 400
