"""The handler as the function that it is, without a host and without WebAssembly."""

from pathlib import Path

import pytest
from vestibule import Context, Identity, Response
from vestibule.testing import call, mock_context, mock_http_event

from app import handle

ROUTE = "/NAME"
PROVIDER = "NAME"
CHANGE = Path(__file__).with_name("fixtures").joinpath("example.json").read_text()

#: Calls of people whom the host knows.
ADA = mock_context(identity=Identity(PROVIDER, "ada", ("editor",)))
BOB = mock_context(identity=Identity(PROVIDER, "bob", ("reader",)))


def post(body: str, context: Context) -> Response:
    event = mock_http_event(http_method="POST", path=ROUTE, payload=body)
    return call(handle, event, context)


def test_says_who_is_calling() -> None:
    response = call(handle, mock_http_event(path=ROUTE), ADA)
    assert response.body_json() == {"subject": "ada", "roles": ["editor"]}


def test_an_editor_changes_the_title_and_others_do_not() -> None:
    changed = post(CHANGE, ADA)
    assert changed.body_json() == {"by": "ada", "title": "Opening hours"}
    assert post(CHANGE, BOB).status == 403


@pytest.mark.parametrize("body", ["{", "{}", '{"title": 7}'])
def test_says_what_is_wrong_with_a_change(body: str) -> None:
    assert post(body, ADA).status == 400


def test_does_nothing_for_nobody() -> None:
    with pytest.raises(RuntimeError, match="auth"):
        call(handle, mock_http_event(path=ROUTE), mock_context())
