"""Messages between client and daemon: JSON-RPC 2.0, one message a line, up to LIMIT bytes."""

from __future__ import annotations

from json import JSONDecodeError, JSONDecoder, JSONEncoder

from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

LIMIT = 16 * 1024 * 1024

NO_JSON = -32700
NO_REQUEST = -32600
NO_METHOD = -32601
WRONG_PARAMS = -32602
EXPECTED = 1
BUG = 3

# Escaped to ASCII: bytes of file names that are no UTF-8 (lone surrogates) come through unharmed.
_encode = JSONEncoder(separators=(",", ":"), check_circular=False).encode
_decode = JSONDecoder().decode


class MessageError(DevenvError):
    """A message that cannot be understood; ``code`` is one of the numbers of JSON-RPC."""

    def __init__(self, code: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.code = code


class RemoteError(DevenvError):
    """A failure that the daemon answered. ``problems``: [{message, file, line, column, hint}].

    ``volumes``: what would be replaced with its data, where that has to be agreed to.
    ``no_profile``: that no profile belongs to the folder is why. ``login``: what somebody at a
    terminal has to run first, {cluster, command, environment, hint}.
    """

    def __init__(self, code: int, message: str, data: Mapping[str, Any]) -> None:
        super().__init__(message, str(data.get("hint") or ""))
        self.code = code
        self.exit_code = int(data.get("exit_code") or (3 if code != EXPECTED else 1))
        self.problems: list[dict[str, Any]] = list(data.get("problems") or ())
        self.volumes: list[str] = list(data.get("volumes") or ())
        self.no_profile = bool(data.get("no_profile"))
        self.login: dict[str, Any] | None = data.get("login")


def encode(message: Mapping[str, Any]) -> bytes:
    """One line, its end included. MessageError where it is over LIMIT."""
    line = _encode(message).encode("ascii") + b"\n"
    if len(line) > LIMIT:
        raise MessageError(NO_REQUEST, f"the message is too long: {len(line)} bytes")
    return line


def decode(line: bytes) -> dict[str, Any]:
    """The message in a line, its end included or not. MessageError where there is none."""
    if len(line) > LIMIT:
        raise MessageError(NO_REQUEST, f"the message is too long: over {LIMIT} bytes")
    try:
        message = _decode(line.decode("utf-8"))
    except (JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(NO_JSON, "the message is not JSON") from error
    if not isinstance(message, dict):
        raise MessageError(NO_REQUEST, "the message is not an object")
    return message


def request(number: int, method: str, params: Mapping[str, Any]) -> bytes:
    return encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def result(number: int | None, value: Mapping[str, Any]) -> bytes:
    return encode({"jsonrpc": "2.0", "id": number, "result": value})


def failure(
    number: int | None, code: int, message: str, data: Mapping[str, Any] | None = None
) -> bytes:
    error = {"code": code, "message": message, "data": data or {}}
    return encode({"jsonrpc": "2.0", "id": number, "error": error})


def read_request(message: Mapping[str, Any]) -> tuple[int | None, str, dict[str, Any]]:
    """Split a request into its number, method and params; MessageError where it is none."""
    number, method = message.get("id"), message.get("method")
    if message.get("jsonrpc") != "2.0" or not isinstance(method, str):
        raise MessageError(NO_REQUEST, "the message is not a JSON-RPC 2.0 request")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise MessageError(NO_REQUEST, "the id of a request is a number")
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise MessageError(WRONG_PARAMS, "params is not an object")
    return number, method, params


def read_result(message: Mapping[str, Any]) -> dict[str, Any]:
    """The result of an answer; RemoteError where it is a failure."""
    error = message.get("error")
    if isinstance(error, dict):
        data = error.get("data")
        raise RemoteError(
            int(error.get("code") or BUG),
            str(error.get("message") or "the daemon gave no reason"),
            data if isinstance(data, dict) else {},
        )
    value = message.get("result")
    if not isinstance(value, dict):
        raise MessageError(NO_REQUEST, "the answer has neither a result nor an error")
    return value
