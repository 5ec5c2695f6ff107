#!/usr/bin/env bash
# cluster.sh up|down|load FILE.tar: the cluster itself, a node in namespaces of its own.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

PACKAGES=(runc containernetworking-plugins iptables iproute2 conntrack curl docker-registry)
BASE=(pause coredns)

up() {
    is_up || bring_up
    serve_registry
}

bring_up() {
    [ "$(id -u)" = 0 ] || lack cluster "only root can run one"
    command -v apt-get >/dev/null || lack cluster "this is not Debian: there is no apt-get"
    [ -d /sys/fs/cgroup/cpuset ] || lack cluster "this machine has no cgroups of version 1"
    # The engine's lab installs too, and apt-get is for one at a time.
    (flock 9 && need "${PACKAGES[@]}") 9>"$LAB/lock" || exit 1
    down
    mkdir -p "$STATE/logs"
    "$PARTS/pki.sh"
    fill_in
    make_cgroups
    start_node
    begin
    kubectl wait --for=condition=Available -n kube-system deployment/coredns --timeout=120s >/dev/null ||
        fail "CoreDNS does not come up"
}

is_up() { node_lives && kubectl get --raw /readyz >/dev/null 2>&1; }

# Its name is that of its interpreter, so its words tell; another checkout may have started it.
node_lives() {
    local pid
    pid=$(cat "$STATE/node.pid" 2>/dev/null) && grep -qs "/tests/lab/kubernetes/node.sh" "/proc/$pid/cmdline"
}

fail() {
    down
    lack cluster "$1"
}

# The settings into the files of config/ and manifests/.
fill_in() {
    local file
    (cd "$PARTS" && find config manifests -type f) | while read -r file; do
        mkdir -p "$STATE/$(dirname "$file")"
        sed "s|@OURS@|$OURS|g; s|@NODE_NAME@|$NODE_NAME|g; s|@DNS_IP@|$DNS_IP|g; s|@POD_CIDR@|$POD_CIDR|g" \
            "$PARTS/$file" >"$STATE/$file"
    done
    grep -v '^search' /etc/resolv.conf >"$STATE/resolv.conf" || true
}

make_cgroups() {
    local tree file part
    for tree in /sys/fs/cgroup/*/; do
        [ ! -e "$tree/cgroup.procs" ] || mkdir -p "$tree/$OURS/system"
    done
    # A new cpuset takes no process before it has these.
    for file in cpus mems; do
        for part in "$OURS" "$OURS/system"; do
            cat "/sys/fs/cgroup/cpuset/cpuset.$file" >"/sys/fs/cgroup/cpuset/$part/cpuset.$file"
        done
    done
}

start_node() {
    local launcher node
    setsid bash -c 'for tree in /sys/fs/cgroup/*/"$1"/system/cgroup.procs; do echo $$ >"$tree"; done
        exec unshare --mount --net --pid --uts --ipc --mount-proc --fork -- "$0"' \
        "$PARTS/node.sh" "$OURS" </dev/null >"$STATE/logs/node.log" 2>&1 9>&- &
    launcher=$!
    until node=$(pgrep -P $launcher); do
        kill -0 $launcher || fail "its node ended: $(tail -n 1 "$STATE/logs/node.log")"
        sleep 0.02
    done
    echo "$node" >"$STATE/node.pid"
    ip link add "$OURS" type veth peer name eth0 netns "$node"
    ip address add "$HOST_IP/24" dev "$OURS"
    ip link set "$OURS" up
}

begin() {
    until_true containerd node_ctr version
    for image in "${BASE[@]}"; do load "$LAB/kubernetes/$image.tar"; done
    until_true "API server" kubectl get --raw /readyz
    until_true node kubectl wait --for=condition=Ready "node/$NODE_NAME" --timeout=1s
    # What starts before kube-proxy's first rules waits 30 s for the API server's service.
    until_true kube-proxy in_node curl -sf http://127.0.0.1:10256/healthz
    kubectl apply --server-side -f "$STATE/manifests" >"$STATE/logs/apply.log"
}

until_true() { # WHAT COMMAND...
    local what=$1 tries=600
    shift
    until "$@" >/dev/null 2>&1; do
        [ -e "/proc/$(cat "$STATE/node.pid")" ] && [ $((tries -= 1)) -gt 0 ] || fail "its $what does not come up"
        sleep 0.1
    done
}

# What the engine's lab has pushed, under the same name: loopback is the node's own there.
serve_registry() {
    local config=$STATE/config/registry.yml
    ! in_node curl -sf "http://$DEVENV_LAB_REGISTRY/v2/" >/dev/null || return 0
    cat >"$config" <<END
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $LAB/registry}}
http: {addr: $DEVENV_LAB_REGISTRY}
END
    # Not in the node's mounts: it reads this machine's files.
    setsid nsenter --target "$(cat "$STATE/node.pid")" --net --pid -- \
        docker-registry serve "$config" </dev/null >"$STATE/logs/registry.log" 2>&1 9>&- &
    until_true registry in_node curl -sf "http://$DEVENV_LAB_REGISTRY/v2/"
}

load() { # FILE.tar
    node_ctr images import --all-platforms=false --local "$1" >>"$STATE/logs/import.log" 2>&1 ||
        lack cluster "$1 cannot be loaded: $(tail -n 1 "$STATE/logs/import.log")"
}

# Process 1 of a pid namespace takes every process, mount and interface of it along.
down() {
    local tree tries
    if node_lives; then
        local node
        node=$(cat "$STATE/node.pid")
        kill -KILL "$node"
        timeout 20 tail --pid="$node" -s 0.05 -f /dev/null || true
    fi
    ip link delete "$OURS" 2>/dev/null || true
    for tree in /sys/fs/cgroup/*/"$OURS"; do
        tries=100
        while [ -d "$tree" ] && [ $((tries -= 1)) -gt 0 ]; do
            find "$tree" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
        done
    done
    rm -rf --one-file-system "$STATE"
}

"$@"
