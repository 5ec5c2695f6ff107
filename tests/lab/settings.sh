# Where everything lies and what the parts share: they source it.
# shellcheck shell=bash

LAB=${DEVENV_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/devenv-lab}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

export DOCKER_HOST=unix://$LAB/docker.sock
# Plugins of the docker command are found here, and nobody's log-ins and contexts are.
export DOCKER_CONFIG=$LAB/docker
# The registry's port; a second lab on a machine takes another one, and another $DEVENV_LAB.
PORT=${DEVENV_LAB_PORT:-15000}
export DEVENV_LAB_REGISTRY=127.0.0.1:$PORT
export PATH=$LAB/bin:$PATH

say() { echo "lab: $*" >&2; }

# The one loud line: what will not be there, and why.
lack() {
    echo "LAB: NO $1: $2" >&2
    exit 1
}

lives() { # PIDFILE NAME: whether the file's process is there, and is no later one with its number
    local pid
    pid=$(cat "$1" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]
}

# Ends it with TERM, and with KILL when it has not gone in SECONDS.
finish() { # PIDFILE NAME SECONDS
    local pid
    if lives "$1" "$2"; then
        pid=$(cat "$1")
        kill "$pid"
        timeout "$3" tail --pid="$pid" -s 0.1 -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$1"
}

# Installs those of the packages that are missing; the lists are fetched where they do not do.
need() {
    local missing
    missing=$(for package; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q ^ii || echo "$package"
    done)
    [ -n "$missing" ] || return 0
    say "installing" $missing
    install_packages $missing || { apt-get update -qq && install_packages $missing; } ||
        lack "$(basename "$0" .sh)" "apt-get cannot install" $missing
}

install_packages() (
    # Debian starts a daemon as soon as it is installed: with nobody's settings, on anybody's ports.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@" >"$LAB/apt.log" 2>&1
)
