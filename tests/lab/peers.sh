#!/usr/bin/env bash
# peers.sh: builds Docker Compose, what devenv is held against, and buildx, which it builds with.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
PLUGINS=$DOCKER_CONFIG/cli-plugins

main() {
    mkdir -p "$PLUGINS" "$LAB/bin"
    peer docker-compose github.com/docker/compose/v5 5.6.0 ./cmd internal.Version
    # Later ones check signatures and policies, and take twice as long to build.
    peer docker-buildx github.com/docker/buildx 0.29.1 ./cmd/buildx version.Version
    # Compose is a program of its own as well.
    ln -sf "$PLUGINS/docker-compose" "$LAB/bin/"
}

peer() { # NAME MODULE VERSION PACKAGE VARIABLE
    local program=$LAB/bin/$1-$3
    if [ ! -x "$program" ]; then
        command -v go >/dev/null || (lack "$1" "go is not on this machine") || return 0
        say "building $1 $3"
        build "$program" "${@:2}" >"$LAB/$1.log" 2>&1 || (lack "$1" "$(tail -n 1 "$LAB/$1.log")") || return 0
    fi
    ln -sf "$program" "$PLUGINS/$1"
}

# `go install` takes no module with an exclude directive, and the module cache cannot be written to.
build() ( # PROGRAM MODULE VERSION PACKAGE VARIABLE
    trap 'rm -rf "$1.source"' EXIT
    cd "$LAB" &&
        source=$(go mod download -json "$2@v$3" | sed -n 's/^\t"Dir": "\(.*\)".*/\1/p') &&
        cp -r --no-preserve=mode "$source" "$1.source" &&
        cd "$1.source" &&
        # Only buildx has it: 170 packages to build in a cluster.
        find cmd -name main.go -exec sed -i '/k8s.io\/\|driver\/kubernetes"/d' {} + &&
        go build -trimpath -ldflags "-s -w -X $2/$5=v$3" -o "$1.part" "$4" &&
        mv "$1.part" "$1"
)

main
