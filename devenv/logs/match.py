"""What ``--grep`` keeps, and the form of a line for programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from json import dumps

from devenv.errors import UsageError
from devenv.logs.assemble import Line
from devenv.logs.sanitise import visible
from devenv.logs.source import Source
from devenv.logs.when import rfc3339

STREAM_NAMES = ("note", "stdout", "stderr", "terminal")


def select(pattern: str) -> Callable[[bytes], bool]:
    """Return a test for one line: whether what a person sees of it matches anywhere.

    Bytes that are no UTF-8 match what they match as lone surrogates. Raises UsageError.
    """
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise UsageError(f"not a regular expression: {pattern!r}: {error}") from error
    return lambda line: search(visible(line)) is not None


def as_json(source: Source, line: Line) -> str:
    """Return a line as one JSON object, plain ASCII; what is no UTF-8 becomes U+FFFD."""
    time, stream, data = line
    text = dumps(data.removesuffix(b"\r").decode("utf-8", "replace"))
    return (
        f'{{"time": "{rfc3339(time)}", "service": {dumps(source.service)}, '
        f'"index": {source.index}, "stream": "{STREAM_NAMES[stream]}", "line": {text}}}'
    )
