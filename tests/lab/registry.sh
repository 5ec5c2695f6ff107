#!/usr/bin/env bash
# registry.sh up|down: a registry on $DEVENV_LAB_REGISTRY; an engine trusts 127.0.0.0/8 without TLS.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

PIDFILE=$LAB/registry.pid

up() {
    # The kernel cuts names at 15 letters; this one has just as many.
    lives "$PIDFILE" docker-registry && return
    need docker-registry
    cat >"$LAB/registry.yml" <<END
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $LAB/registry}, delete: {enabled: true}}
http: {addr: $DEVENV_LAB_REGISTRY}
END
    setsid docker-registry serve "$LAB/registry.yml" </dev/null >"$LAB/registry.log" 2>&1 9>&- &
    local started=$! tries=50
    echo "$started" >"$PIDFILE"
    until (: </dev/tcp/"${DEVENV_LAB_REGISTRY/://}") 2>/dev/null; do
        kill -0 "$started" 2>/dev/null && [ $((tries -= 1)) -gt 0 ] ||
            lack registry "it does not come up: $(tail -n 1 "$LAB/registry.log")"
        sleep 0.1
    done
}

down() { finish "$PIDFILE" docker-registry 5; }

"$1"
