# Where the cluster's things lie and what its parts share: they source it.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/../settings.sh"

KUBERNETES_VERSION=1.37.2
PARTS=$HERE/kubernetes
BIN=$LAB/kubernetes/bin
# All that a running cluster writes; `down` removes it.
STATE=$LAB/kubernetes/state
# The name of its cgroup and of its network device.
OURS=k8s-$PORT
# The network between this machine (.1) and the node (.2).
NET=10.126.$((PORT % 256))
HOST_IP=$NET.1
NODE_IP=$NET.2
NODE_NAME=lab-node
POD_CIDR=10.244.0.0/16
SERVICE_CIDR=10.96.0.0/16
KUBERNETES_IP=10.96.0.1
DNS_IP=10.96.0.10
export KUBECONFIG=$STATE/pki/admin.kubeconfig
export PATH=$BIN:$PATH

# Runs a command in the namespaces of the node.
in_node() { nsenter --target "$(cat "$STATE/node.pid")" --mount --net --pid --uts --ipc -- "$@"; }

# ctr on the node's containerd, in the kubelet's namespace.
node_ctr() { ctr --address "$STATE/run/containerd/containerd.sock" --namespace k8s.io "$@"; }
