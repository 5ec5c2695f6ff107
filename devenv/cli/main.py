"""The entry of the command line, and the one place that decides how it ends."""

from __future__ import annotations

import os
import sys

from devenv.cli import render
from devenv.cli.arguments import HelpWanted, parse
from devenv.cli.result import Become, Result
from devenv.cli.session import Session
from devenv.cli.verbs import VERBS
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

BUG = 3
INTERRUPTED = 130


def main() -> NoReturn:
    """End with 0 done, 1 expected failure, 2 wrong use, 3 our bug, 124 time limit, 130 ^C."""
    code = answer(sys.argv[1:])
    # Taking the interpreter apart costs as much as a round trip to the daemon.
    os._exit(code)


def answer(words: Sequence[str]) -> int:
    """Do what the words say, print it, and return the exit code."""
    try:
        code = _guarded(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough. Nothing more may be written, not even while ending.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _guarded(words: Sequence[str]) -> int:
    as_json = "--json" in words
    try:
        return _perform(words)
    except HelpWanted as wanted:
        return render.show(Result({"text": str(wanted)}, str(wanted)), as_json=as_json)
    except DevenvError as error:
        render.failure(error, as_json=as_json)
        return error.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the one place that turns a bug into a report
        from devenv.cli.report import report

        render.notice(report(error, words, os.environ))
        return BUG


def _perform(words: Sequence[str]) -> int:
    arguments = parse(words)
    session = Session(arguments, os.environ)
    module = __import__(f"devenv.cli.{VERBS[arguments.verb].module}", fromlist=["run"])
    try:
        result = module.run(arguments, session)
        if isinstance(result, Result):
            return render.show(result, as_json=arguments.json)
        if not isinstance(result, Become):
            return render.pour(result)
    finally:
        session.close()
    return _become(result)


def _become(program: Become) -> int:
    """Does not return, unless the program cannot be started."""
    try:
        os.chdir(program.directory)
        os.execvpe(program.command[0], program.command, program.environment)
    except OSError as error:
        what = program.command[0] if os.path.isdir(program.directory) else program.directory
        raise DevenvError(f"cannot run {what}: {error.strerror}") from error
