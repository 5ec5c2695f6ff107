#!/usr/bin/env bash
# images.sh: makes the images that a cluster itself needs, as `docker load` takes them, without an engine.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

main() {
    local name sum
    for name in pause coredns; do
        sum=$(readlink "$BIN/$name")
        [ "$(cat "$LAB/kubernetes/$name.sum" 2>/dev/null)" != "$sum" ] || continue
        make_image "$name"
        echo "$sum" >"$LAB/kubernetes/$name.sum"
    done
}

make_image() { # NAME
    work=$(mktemp -d "$LAB/work.XXXXXX")
    trap 'rm -rf --one-file-system "$work"' EXIT
    chmod 755 "$work"
    cp -L "$BIN/$1" "$work/$1"
    python3 "$PARTS/image.py" "$LAB/kubernetes/$1.tar" "lab.local/$1:1" "$work" "/$1"
}

main
