"""Messages survive the wire, and what is no message is refused by its number."""

from __future__ import annotations

import pytest

from devenv.api import codec


def test_a_request_comes_back_as_it_was() -> None:
    line = codec.request(7, "status", {"target": {"directory": "/a"}})
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert codec.read_request(codec.decode(line)) == (7, "status", {"target": {"directory": "/a"}})


def test_bytes_that_are_no_utf_8_come_through() -> None:
    value = b"\xff\xfe".decode("utf-8", "surrogateescape")
    answer = codec.decode(codec.result(1, {"value": value}))
    assert codec.read_result(answer)["value"].encode("utf-8", "surrogateescape") == b"\xff\xfe"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", codec.NO_JSON),
        (b"\xff\n", codec.NO_JSON),
        (b"[" * 200_000, codec.NO_JSON),
        (b"[]\n", codec.NO_REQUEST),
        (b"3\n", codec.NO_REQUEST),
    ],
)
def test_what_is_no_message_is_refused(line: bytes, code: int) -> None:
    with pytest.raises(codec.MessageError) as refused:
        codec.decode(line)
    assert refused.value.code == code


def test_a_message_over_the_limit_is_refused_on_both_ends() -> None:
    with pytest.raises(codec.MessageError):
        codec.encode({"a": "b" * codec.LIMIT})
    with pytest.raises(codec.MessageError):
        codec.decode(b'{"a": "' + b"b" * codec.LIMIT + b'"}')


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "method": "status"},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": "x", "method": "status"},
        {"jsonrpc": "2.0", "id": 1, "method": "status", "params": []},
    ],
)
def test_what_is_no_request_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(codec.MessageError):
        codec.read_request(message)


def test_a_failure_becomes_an_error_with_its_hint_exit_code_and_problems() -> None:
    problem = {"message": "no such key", "file": "a.yaml", "line": 3, "column": 1, "hint": ""}
    data = {"hint": "do that", "exit_code": 2, "problems": [problem]}
    line = codec.failure(1, codec.EXPECTED, "it is wrong", data)
    with pytest.raises(codec.RemoteError) as error:
        codec.read_result(codec.decode(line))
    assert error.value.message == "it is wrong"
    assert error.value.hint == "do that"
    assert error.value.exit_code == 2
    assert error.value.problems == [problem]


def test_a_bug_of_the_daemon_has_exit_code_3() -> None:
    with pytest.raises(codec.RemoteError) as error:
        codec.read_result(codec.decode(codec.failure(1, codec.BUG, "KeyError")))
    assert error.value.exit_code == 3
