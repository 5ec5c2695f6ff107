"""Becomes a PostgreSQL server: finds one, has its cluster as the environment says, executes it.

``run.py [VERSION]``. PGDATA, PGHOST and PGPORT say where; POSTGRES_USER, POSTGRES_PASSWORD and
POSTGRES_DB what others log in with.
"""

from __future__ import annotations

import os
import signal
import sys

sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))

from profiles.postgres import cluster, servers
from profiles.programs import UnmetError, say


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        wish = cluster.wish(os.environ)
        server = servers.server(wanted, cluster.version(wish.data), os.environ)
        cluster.clear_stale_lock(wish.data)
        cluster.leave_root()
        cluster.have(server, wish)
        program = os.path.join(server.folder, "postgres")
        words = ["-D", wish.data, "-h", wish.host, "-p", wish.port, "-k", ""]
        os.execv(program, [program, *words])
    except UnmetError as problem:
        say(str(problem))
    except OSError as error:
        say(f"PostgreSQL cannot be started: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
