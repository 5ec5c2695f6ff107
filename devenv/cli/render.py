"""The only place that prints: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys

from devenv.cli.layout import Style
from devenv.errors import UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TextIO

    from devenv.cli.result import Output, Result
    from devenv.errors import DevenvError

VERSION = 1
"""Of the JSON documents: docs/json.md."""


def style_of(stream: TextIO) -> Style:
    """Colours only on a terminal that can show them, for somebody who wants them."""
    if not stream.isatty():
        return Style()
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return Style(colour=not plain, width=os.get_terminal_size(stream.fileno()).columns)


def stdout_style() -> Style:
    return style_of(sys.stdout)


def show(result: Result, *, as_json: bool) -> int:
    """Print a result, and say the exit code."""
    for note in result.notes:
        notice(note)
    if as_json:
        _document(result.data)
    else:
        text = result.text if isinstance(result.text, str) else result.text(style_of(sys.stdout))
        if text:
            _write(text + "\n")
    sys.stdout.flush()
    return result.code


def pour(output: Output) -> int:
    """Print bytes as they come, and say the exit code that they end with."""
    sys.stdout.flush()
    out = sys.stdout.fileno()
    try:
        while True:
            rest = memoryview(next(output))
            while rest:
                rest = rest[os.write(out, rest) :]
    except StopIteration as end:
        return int(end.value or 0)
    finally:
        output.close()


def _document(data: Any) -> None:
    import json

    _write(json.dumps({"version": VERSION, **data}, indent=2, ensure_ascii=True) + "\n")


def _write(text: str) -> None:
    """Bytes of the user's own that are no UTF-8 come out as they went in."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "surrogateescape"))


def notice(text: str) -> None:
    _tell(text + "\n")


def clear() -> None:
    """Begin anew at the top of an empty terminal."""
    _tell("\x1b[H\x1b[2J")


def failure(error: DevenvError, *, as_json: bool) -> None:
    """Say what went wrong and what to do; with --json on stdout too."""
    style = style_of(sys.stderr)
    problems: Sequence[Any] = getattr(error, "problems", ())
    if problems:
        for problem in problems:
            _problem(style, _fields(problem))
    else:
        notice(style.paint("devenv: ", "red") + error.message)
        if error.hint:
            notice(error.hint)
    if as_json:
        told = {
            "message": error.message,
            "hint": error.hint,
            "exit_code": error.exit_code,
            "problems": [_fields(problem) for problem in problems],
        }
        _document({"error": told})
        sys.stdout.flush()


def _fields(problem: Any) -> dict[str, Any]:
    """A problem as docs/api.md has it, from there or from our own parser."""
    fields: dict[str, Any] = problem if isinstance(problem, dict) else problem.fields
    return fields


def _problem(style: Style, problem: dict[str, Any]) -> None:
    notice(problem_text(style, problem))


def problem_text(style: Style, problem: dict[str, Any]) -> str:
    """``file:line:column: error: message``, and the hint on a line of its own."""
    place = ":".join(str(problem[key]) for key in ("file", "line", "column") if problem.get(key))
    kind = ("warning", "yellow") if problem.get("warning") else ("error", "red")
    text = f"{place}: " if place else ""
    text += f"{style.paint(kind[0], kind[1])}: {problem['message']}"
    return f"{text}\n    {problem['hint']}" if problem.get("hint") else text


def request_text(request: dict[str, str]) -> str:
    """What a container asks for beyond its own walls."""
    return f"! {request['service']} asks for {request['text']}"


def is_terminal(environ: Mapping[str, str]) -> bool:
    """Tell whether somebody sits at a terminal that can be drawn on."""
    draws = environ.get("TERM", "dumb") != "dumb"
    return draws and all(one.isatty() for one in (sys.stdin, sys.stdout, sys.stderr))


def can_answer() -> bool:
    """Tell whether somebody is there who sees a question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, *, yes: bool) -> bool:
    """Ask; UsageError where nobody is there to answer and --yes was not given."""
    if yes:
        return True
    if not can_answer():
        raise UsageError(f"{question} Nobody can answer here.", "Say --yes to go ahead.")
    _tell(f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _tell(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stderr.flush()


class Live:
    """Progress on stderr: lines that stay and, on a terminal, lines below them that change."""

    def __init__(self) -> None:
        self.style = style_of(sys.stderr)
        self.moves = self.style.colour or (sys.stderr.isatty() and os.environ.get("TERM") != "dumb")
        self._shown = 0

    def update(self, lasting: Sequence[str], changing: Sequence[str] = ()) -> None:
        """Add lasting lines; put ``changing`` in the place of what was below them before."""
        if not self.moves:
            for line in lasting:
                notice(line)
            return
        changing = self._fitting(changing)
        erase = f"\r\x1b[{self._shown}A\x1b[J" if self._shown else ""  # after an echoed ^C too
        text = "".join(f"{line}\n" for line in (*lasting, *changing))
        if erase or text:
            _tell(erase + text)
        self._shown = len(changing)

    def close(self) -> None:
        """Take the changing lines away."""
        self.update(())

    def _fitting(self, lines: Sequence[str]) -> list[str]:
        try:
            size = os.get_terminal_size(sys.stderr.fileno())
        except OSError:
            return []
        room = max(size.lines - 2, 1)
        cut = Style(width=size.columns)
        shown = [cut.cut(line) for line in lines[:room]]
        if len(lines) > room:
            shown[-1] = f"… and {len(lines) - room + 1} more"
        return shown
