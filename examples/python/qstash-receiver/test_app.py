import pytest
from app import handle
from vestibule import Delivery, Event
from vestibule.testing import call, mock_context, run


def test_processes_what_was_verified() -> None:
    context = mock_context(delivery=Delivery("qstash", id="msg_1", secret="QSTASH_CURRENT_SIGNING_KEY"))
    response = call(handle, Event.post("/qstash-receiver", "h\u00e9"), context)
    assert response.body_json() == {"message": "Request processed successfully", "characters": 2}


def test_does_nothing_without_a_verified_delivery() -> None:
    with pytest.raises(RuntimeError, match="verify"):
        run(handle(Event.post("/qstash-receiver"), mock_context()))
