"""What goes wrong in Python ends as it does in Rust, behind a real host, and the log has the traceback."""

from typing import Any

import pytest

from vestibule.testing import Answer, Host


def fails(host: Host, what: str, status: int, outcome: str) -> Answer:
    answer = host.get(f"/hostile/{what}")
    assert (answer.status, answer.outcome, answer.instances) == (status, outcome, 1), answer.messages()
    assert set(answer.json()) == {"error", "request_id"}, "nothing of it reaches the client"
    return answer


def reason(answer: Answer) -> str:
    return str(answer.logs[-1]["reason"])


def test_an_exception_is_an_error_with_its_traceback_in_the_log(hostile: Host) -> None:
    answer = fails(hostile, "error", 500, "error")
    assert reason(answer) == "ValueError: outer, café"
    lines = answer.messages()
    at = lines.index("Traceback (most recent call last):")
    assert lines[at + 1].startswith('  File "hostile.py", line ')
    assert '        raise KeyError("inner")'.strip() in lines[at + 2]
    assert "KeyError: 'inner'" in lines
    assert "The above exception was the direct cause of the following exception:" in lines
    assert "ValueError: outer, café" in lines
    assert not any("_component" in line for line in lines), "the SDK's own frames say nothing to an author"


def test_a_rejected_task_is_an_error(hostile: Host) -> None:
    answer = fails(hostile, "rejected", 500, "error")
    assert reason(answer) == "LookupError: in a task"
    assert not any("/asyncio/" in line for line in answer.messages())


def test_what_is_waited_for_in_vain_is_an_error_at_once(hostile: Host) -> None:
    answer = fails(hostile, "never", 500, "error")
    assert "waits for something that nothing here can bring about" in reason(answer)


def test_an_endless_loop_is_a_timeout(hostile: Host) -> None:
    fails(hostile, "loop", 504, "timeout")


def test_memory_without_end_is_out_of_memory(hostile: Host) -> None:
    answer = fails(hostile, "memory", 500, "out_of_memory")
    assert "MemoryError" in answer.messages()


def test_endless_recursion_is_an_error(hostile: Host) -> None:
    answer = fails(hostile, "recursion", 500, "error")
    assert reason(answer) == "RecursionError: maximum recursion depth exceeded"


def test_leaving_the_interpreter_is_a_trap(hostile: Host) -> None:
    answer = fails(hostile, "exit", 500, "trap")
    assert reason(answer) == "the guest exited with status 1"
    assert "leaving" in answer.messages()


def test_a_module_that_was_not_imported_says_what_to_do(hostile: Host) -> None:
    answer = fails(hostile, "missing", 500, "error")
    assert "import it at the top of a file" in reason(answer)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("none", "handle returned None: is a `return` missing?"),
        ("int", "handle returned something of the type int"),
        ("lambda", "name the function `lambda_handler`"),
        ("header", "handle returned the header 'x-a' with a int"),
    ],
)
def test_nonsense_is_an_error_that_names_it(hostile: Host, kind: str, text: str) -> None:
    answer = hostile.get(f"/hostile/answers?kind={kind}")
    assert (answer.status, answer.outcome) == (500, "error")
    assert text in reason(answer)


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "body"),
    [
        ("text", 200, "text/plain; charset=utf-8", "é".encode()),
        ("bytes", 200, "application/octet-stream", b"\xff"),
        ("list", 200, "application/json", b"[1]"),
        ("tuple", 201, "application/json", b'{"a":1}'),
    ],
)
def test_what_else_is_an_answer(hostile: Host, kind: str, status: int, content_type: str, body: bytes) -> None:
    answer = hostile.get(f"/hostile/answers?kind={kind}")
    assert (answer.status, answer.headers["content-type"], answer.body) == (status, content_type, body)


def test_an_http_error_is_the_answer(hostile: Host) -> None:
    answer = hostile.get("/hostile/teapot")
    assert (answer.status, answer.json(), answer.outcome) == (418, {"error": "short and stout"}, "ok")


def test_no_two_sandboxes_have_the_same_random_numbers(hostile: Host) -> None:
    first, second = (hostile.get("/hostile/numbers").json() for _ in range(2))
    for kind in ("random", "own", "uuid", "urandom"):
        assert first[kind] != second[kind], kind
    for kind in ("loaded", "seeded", "hash"):
        assert first[kind] == second[kind], f"{kind} is a part of the snapshot, as documented"


def test_the_log_has_levels_and_names(hostile: Host) -> None:
    answer = hostile.get("/hostile/logs")
    lines = [(line["level"], line.get("source"), line.get("context"), line["message"]) for line in answer.logs]
    assert lines[0] == ("INFO", "stdout", None, "printed")
    assert lines[1:4] == [
        ("INFO", "log", "shop.orders", "info é"),
        ("WARN", "log", "shop.orders", "warning"),
        ("ERROR", "log", "shop.orders", "error"),
    ], "in order, and debug is not shown by default"
    assert ("ERROR", "log", "shop.orders", "lines") in lines
    assert ("ERROR", "log", "shop.orders", "of two") in lines
    assert any(line[3].startswith('  File "hostile.py", line ') for line in lines)
    assert any(line[1] == "stderr" and "UserWarning: warned" in line[3] for line in lines)
    assert ("WARN", "stderr", None, "on stderr") in lines


def test_what_is_imported_inside_of_functions_is_there(hostile: Host) -> None:
    assert hostile.get("/hostile/late").json() == {"rows": [["a", "b"]], "year": 2020, "codec": "80"}


def test_tasks_and_timers(hostile: Host) -> None:
    assert hostile.get("/hostile/tasks").json() == ["one", "two", 3, "timeout"]


def test_stores(hostile: Host) -> None:
    found: Any = hostile.get("/hostile/stores").json()
    errors = found.pop("errors")
    assert found == {
        "a": "1",
        "sum": [2, 3],
        "once": [True, False],
        "swap": [False, True],
        "keys": ["a", "b", "c", "d", "n"],
        "many": ["ff", None],
        "json": [1],
    }
    assert errors[0].startswith('vestibule.kv.Error: the store "other" is not granted: write kv = ["other"]')
    assert errors[1].startswith('vestibule.kv.Error: "NO" is not the name of a store')
    assert errors[2].startswith('vestibule.kv.Error: the store "orders": the value is not a number')


def test_secrets_and_signatures(hostile: Host) -> None:
    found = hostile.get("/hostile/secrets").json()
    assert (found["text"], found["shown"]) == ("correct horse", "Secret('KEY')")
    assert found["error"].startswith("vestibule.SecretError: the secret OTHER is not granted")
    found = hostile.get("/hostile/sign").json()
    assert found["headers"]["x-hub-signature-256"].startswith("sha256=")
    assert 'sign = ["KEY"]' in found["error"]
