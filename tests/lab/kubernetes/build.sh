#!/usr/bin/env bash
# build.sh: builds the programs of a cluster into $BIN from the Go module proxy; those that are there stay.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

# Nobody waits for it alone: the engine's tests run meanwhile.
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-buildvcs=false ${GOFLAGS:-}"
CONTAINERD=github.com/containerd/containerd/v2
CONTAINERD_VERSION=2.4.2

main() {
    mkdir -p "$BIN"
    command -v go >/dev/null || lack cluster "go is not on this machine"
    ours hyperkube "$(stamps)"
    ours pause ""
    ours coredns ""
    published "$CONTAINERD_VERSION" "-X $CONTAINERD/version.Version=$CONTAINERD_VERSION" \
        "$CONTAINERD"/cmd/{containerd,containerd-shim-runc-v2,ctr}
    for part in etcd kube-apiserver kube-controller-manager kube-proxy kube-scheduler kubectl kubelet; do
        ln -sfn hyperkube "$BIN/$part"
    done
}

# Without these a client takes the server for a v0.0.0.
stamps() {
    local package minor=${KUBERNETES_VERSION#*.}
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        printf -- '-X %s=%s ' "$package.gitVersion" "v$KUBERNETES_VERSION" "$package.gitMajor" 1 \
            "$package.gitMinor" "${minor%.*}" "$package.gitTreeState" clean "$package.gitCommit" lab \
            "$package.buildDate" 2026-01-01T00:00:00Z
    done
}

# A main package of the folder's, with its own go.mod; made again when that changes.
ours() { # NAME LDFLAGS
    local made=$BIN/$1-$(cat "$PARTS/$1"/* | sha256sum | cut -c1-12)
    if [ ! -x "$made" ]; then
        say "building $1"
        (cd "$PARTS/$1" && go build -trimpath -ldflags "-s -w $2" -o "$made.part" .) >"$LAB/$1.log" 2>&1 ||
            lack cluster "$1 cannot be built: $(tail -n 1 "$LAB/$1.log")"
        mv "$made.part" "$made"
    fi
    ln -sfn "${made##*/}" "$BIN/$1"
}

published() { # VERSION LDFLAGS PACKAGE...
    local version=$1 flags=$2 package missing=()
    shift 2
    for package; do [ -x "$BIN/$version/${package##*/}" ] || missing+=("$package@v$version"); done
    if [ ${#missing[@]} != 0 ]; then
        say "building ${missing[*]##*/}"
        GOBIN=$BIN/$version go install -trimpath -tags "no_btrfs no_zfs no_devmapper" -ldflags "-s -w $flags" \
            "${missing[@]}" >"$LAB/published.log" 2>&1 || lack cluster "$(tail -n 1 "$LAB/published.log")"
    fi
    for package; do ln -sfn "$version/${package##*/}" "$BIN/"; done
}

main
