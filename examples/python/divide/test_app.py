from typing import Any

import pytest
from app import handle
from vestibule.testing import mock_context, mock_http_event


def divide(**query: str) -> tuple[int, Any]:
    response = handle(mock_http_event(query_string_parameters=query), mock_context())
    return response.status, response.body_json()


def test_divides_two_numbers() -> None:
    assert divide(dividend="20", divisor="5") == (200, {"message": "20 / 5 = 4", "quotient": 4})
    assert divide(dividend="5", divisor="-2") == (200, {"message": "5 / -2 = -2.5", "quotient": -2.5})


@pytest.mark.parametrize("query", [{"divisor": "5"}, {"dividend": "20"}, {}])
def test_requires_a_dividend_and_a_divisor(query: dict[str, str]) -> None:
    assert divide(**query) == (400, {"message": "Please specify both a dividend and a divisor."})


def test_requires_whole_numbers() -> None:
    assert divide(dividend="ten", divisor="2")[0] == 400
    assert divide(dividend="10", divisor="")[0] == 400


def test_cannot_divide_by_zero() -> None:
    assert divide(dividend="20", divisor="0") == (500, {"message": "Could not divide 20 by 0."})
