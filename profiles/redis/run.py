"""Becomes a Redis or Valkey server: finds one, gives it its settings, executes it.

``run.py [VERSION]``. REDIS_DATA, REDIS_HOST and REDIS_PORT say where, REDIS_PASSWORD what others
log in with.
"""

from __future__ import annotations

import os
import signal
import sys

sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))

from profiles.programs import UnmetError, say
from profiles.redis import servers, settings


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        text = settings.text(os.environ)
        data = os.environ["REDIS_DATA"]
        program, version = servers.server(wanted, settings.version(data), os.environ)
        settings.have_folder(data, version)
        # The password is in the settings, and these come by its input: nobody else sees them.
        reading, writing = os.pipe()
        with os.fdopen(writing, "w", encoding="utf-8") as file:
            file.write(text)
        os.dup2(reading, 0)
        os.close(reading)
        os.execv(program, [program, "-"])
    except UnmetError as problem:
        say(str(problem))
    except OSError as error:
        say(f"Redis cannot be started: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
