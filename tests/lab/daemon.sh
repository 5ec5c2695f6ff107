#!/usr/bin/env bash
# daemon.sh up|down: the engine itself, Debian's dockerd, run by hand: there may be no systemd.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

# The names of its bridge and of its control groups.
OURS=lab-$PORT
PIDFILE=$LAB/dockerd.pid

up() {
    answers && lives "$PIDFILE" dockerd && return
    [ "$(id -u)" = 0 ] || lack engine "only root can run dockerd"
    command -v apt-get >/dev/null || lack engine "this is not Debian: there is no apt-get"
    # The kernel refuses a socket with a longer path, and dockerd makes longer ones than this.
    [ ${#LAB} -le 60 ] || lack engine "the path $LAB is too long for sockets"
    need docker.io iptables iproute2
    # A number in the file that is another process's now would keep dockerd from starting.
    lives "$PIDFILE" dockerd || rm -f "$PIDFILE"
    make_bridge
    start
}

# dockerd would share docker0 with any other engine of the machine, and hand out its addresses.
make_bridge() {
    ip link show "$OURS" >/dev/null 2>&1 && return
    ip link add "$OURS" type bridge
    ip address add 10.127.$((PORT % 256)).1/24 dev "$OURS"
    ip link set "$OURS" up
}

# A trap: any dockerd drops the rules of every other one when it starts. What that one has published
# is reached all the same, by its proxy; its containers no longer reach the outside.
start() {
    [ -e "$LAB/ip_forward" ] || cat /proc/sys/net/ipv4/ip_forward >"$LAB/ip_forward"
    # The machine's /etc/docker/daemon.json is for another engine.
    echo '{}' >"$LAB/daemon.json"
    # --containerd-namespace: where the machine's own containerd runs, dockerd joins it.
    # --default-address-pool: Docker's own has room for 31 networks only.
    # --oom-score-adjust: root without CAP_SYS_RESOURCE may not lower it.
    setsid dockerd --host "$DOCKER_HOST" --pidfile "$PIDFILE" \
        --data-root "$LAB/data" --exec-root "$LAB/exec" --config-file "$LAB/daemon.json" \
        --containerd-namespace devenv-lab --containerd-plugins-namespace devenv-lab-plugins \
        --storage-driver overlay2 --bridge "$OURS" --cgroup-parent "/$OURS" \
        --shutdown-timeout 5 --oom-score-adjust 0 \
        --default-address-pool base=10.128.0.0/13,size=24 \
        </dev/null >"$LAB/dockerd.log" 2>&1 9>&- &
    local started=$! tries=300
    until answers; do
        kill -0 "$started" 2>/dev/null && [ $((tries -= 1)) -gt 0 ] ||
            lack engine "dockerd does not come up: $(tail -n 1 "$LAB/dockerd.log")"
        sleep 0.1
    done
}

answers() { docker version >/dev/null 2>&1; }

down() {
    [ -e "$PIDFILE" ] || return 0
    # What a test left would start again with the engine; networks left are bridges left.
    docker ps -aq | xargs -r docker rm -f >/dev/null || true
    docker network prune -f >/dev/null || true
    docker volume prune -f >/dev/null || true
    docker image prune -f >/dev/null || true
    finish "$PIDFILE" dockerd 20
    # Where dockerd was killed, these are still there.
    finish "$LAB/exec/containerd/containerd.pid" containerd 5
    { pgrep -f "containerd-shim.*$LAB/exec/" || true; } | xargs -r kill -KILL
    find /sys/fs/cgroup -path "*/$OURS/*" -name cgroup.procs -exec sort -u {} + | xargs -r kill -KILL
    find /sys/fs/cgroup -depth -type d -path "*/$OURS*" -exec rmdir {} + || true
    clear_network
    awk -v lab="$LAB/" 'index($5, lab) == 1 {print $5}' /proc/self/mountinfo | tac |
        xargs -r -d '\n' umount -l
}

# dockerd leaves its rules behind, and drops whatever else the machine would forward.
clear_network() {
    ip link delete "$OURS" 2>/dev/null || true
    pgrep -x dockerd >/dev/null && return
    iptables-save | grep -v -i docker | grep -v "$OURS" | sed 's/^:FORWARD DROP/:FORWARD ACCEPT/' |
        iptables-restore
    cat "$LAB/ip_forward" >/proc/sys/net/ipv4/ip_forward
    rm "$LAB/ip_forward"
}

"$1"
