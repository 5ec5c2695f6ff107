#!/usr/bin/env bash
# node.sh: process 1 of the node, started by cluster.sh in namespaces of its own. The machine sees
# nothing of what is done here, and all of it goes when this process is killed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

# Where $STATE is found once the node has a /run of its own.
INSIDE=/run/lab
KEYS=$INSIDE/pki

main() {
    network
    shield_machine
    own_folders
    cd "$INSIDE"
    start etcd etcd --data-dir /var/lib/etcd --unsafe-no-fsync \
        --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
        --initial-cluster default=http://127.0.0.1:2380 \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379
    start containerd containerd --config config/containerd.toml
    start_apiserver
    until curl -sf --cacert $KEYS/ca.crt https://127.0.0.1:6443/readyz >/dev/null; do sleep 0.05; done
    start_controllers
    start kubelet kubelet --config config/kubelet.yaml --kubeconfig $KEYS/kubelet.kubeconfig \
        --hostname-override "$NODE_NAME" --node-ip "$NODE_IP" --root-dir /var/lib/kubelet
    start kube-proxy kube-proxy --config config/kube-proxy.yaml
    while :; do
        wait || true
        sleep 1
    done
}

network() {
    hostname "$NODE_NAME"
    ip link set lo up
    # cluster.sh moves it here.
    until ip link show eth0 >/dev/null 2>&1; do sleep 0.02; done
    ip address add "$NODE_IP/24" dev eth0
    ip link set eth0 up
    ip route add default via "$HOST_IP"
    sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 || true
}

# The kubelet sets these for the whole machine (a panic at the first oops, among others).
shield_machine() {
    local setting
    mkdir -p "$STATE/sysctl"
    for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
        kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
        cat "/proc/sys/$setting" >"$STATE/sysctl/${setting//\//.}"
        mount --bind "$STATE/sysctl/${setting//\//.}" "/proc/sys/$setting"
    done
}

# Some paths are fixed in these programs: a /run and a /tmp of its own, a /var that is written beside.
own_folders() {
    local part
    mkdir -p "$STATE"/{run/lab,tmp,var-upper,var-work,containerd,kubelet,etcd,cni,pods,logs,pids}
    chmod 1777 "$STATE/tmp"
    exec 8<"$STATE"
    mount --bind "$STATE/run" /run
    mount --bind /proc/self/fd/8 "$INSIDE"
    exec 8<&-
    mount -t overlay overlay -o "lowerdir=/var,upperdir=$INSIDE/var-upper,workdir=$INSIDE/var-work" /var
    mkdir -p /var/lib/{containerd,kubelet,etcd,cni} /var/log/pods
    for part in containerd kubelet etcd cni; do mount --bind "$INSIDE/$part" "/var/lib/$part"; done
    mount --bind "$INSIDE/pods" /var/log/pods
    # Volumes are made in /tmp/hostpath_pv.
    mount --bind "$INSIDE/tmp" /tmp
    mount --make-rshared /
}

# Keeps a program running: its output in logs/NAME.log, its pid in pids/NAME.
start() { # NAME COMMAND...
    local name=$1
    shift
    while :; do
        "$@" >>"logs/$name.log" 2>&1 &
        echo $! >"pids/$name"
        wait $! || true
        echo "--- $name ended, started again" >>"logs/$name.log"
        sleep 0.5
    done &
}

start_apiserver() {
    start kube-apiserver kube-apiserver --advertise-address "$NODE_IP" --secure-port 6443 \
        --etcd-servers http://127.0.0.1:2379 --service-cluster-ip-range $SERVICE_CIDR \
        --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged=true \
        --client-ca-file $KEYS/ca.crt --tls-cert-file $KEYS/apiserver.crt \
        --tls-private-key-file $KEYS/apiserver.key --kubelet-certificate-authority $KEYS/ca.crt \
        --kubelet-client-certificate $KEYS/apiserver-kubelet-client.crt \
        --kubelet-client-key $KEYS/apiserver-kubelet-client.key \
        --kubelet-preferred-address-types InternalIP,Hostname \
        --service-account-key-file $KEYS/sa.pub --service-account-signing-key-file $KEYS/sa.key \
        --service-account-issuer https://kubernetes.default.svc.cluster.local \
        --requestheader-client-ca-file $KEYS/front-proxy-ca.crt \
        --requestheader-allowed-names front-proxy-client \
        --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
        --requestheader-extra-headers-prefix X-Remote-Extra- \
        --proxy-client-cert-file $KEYS/front-proxy-client.crt \
        --proxy-client-key-file $KEYS/front-proxy-client.key --enable-aggregator-routing=true
}

# With their usual rates, a cluster takes 4 s longer to come up.
start_controllers() {
    local common=(--leader-elect=false --bind-address 127.0.0.1 --kube-api-qps 500 --kube-api-burst 1000)
    start kube-controller-manager kube-controller-manager "${common[@]}" $(kubeconfigs kube-controller-manager) \
        --use-service-account-credentials=true --root-ca-file $KEYS/ca.crt \
        --service-account-private-key-file $KEYS/sa.key --enable-hostpath-provisioner=true \
        --cluster-signing-cert-file $KEYS/ca.crt --cluster-signing-key-file $KEYS/ca.key \
        --requestheader-client-ca-file $KEYS/front-proxy-ca.crt
    start kube-scheduler kube-scheduler "${common[@]}" $(kubeconfigs kube-scheduler)
}

kubeconfigs() { # NAME
    printf -- '--%skubeconfig %s\n' "" "$KEYS/$1.kubeconfig" authentication- "$KEYS/$1.kubeconfig" \
        authorization- "$KEYS/$1.kubeconfig"
}

main
