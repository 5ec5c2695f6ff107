#!/usr/bin/env bash
# pki.sh: makes the authority, all certificates and the kubeconfigs in $STATE/pki.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

DAYS=3650

main() {
    mkdir -p "$STATE/pki"
    cd "$STATE/pki"
    umask 077
    exec 2>openssl.log
    local node="/O=system:nodes/CN=system:node:$NODE_NAME" masters=/O=system:masters names
    names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
    names+=,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:$KUBERNETES_IP,IP:$NODE_IP
    authority ca
    authority front-proxy-ca
    certificate apiserver ca /CN=kube-apiserver serverAuth "$names"
    certificate kubelet-serving ca "$node" serverAuth "DNS:$NODE_NAME,IP:$NODE_IP,IP:127.0.0.1"
    certificate apiserver-kubelet-client ca $masters/CN=apiserver-kubelet-client clientAuth
    certificate front-proxy-client front-proxy-ca /CN=front-proxy-client clientAuth
    certificate admin ca $masters/CN=admin clientAuth
    certificate kubelet ca "$node" clientAuth
    for part in controller-manager scheduler proxy; do
        certificate kube-$part ca /CN=system:kube-$part clientAuth
    done
    key sa
    openssl ec -in sa.key -pubout -out sa.pub
    kubeconfig admin "$NODE_IP"
    for part in kube-controller-manager kube-scheduler kube-proxy kubelet; do
        kubeconfig $part 127.0.0.1
    done
}

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

authority() { # NAME
    key "$1"
    openssl req -x509 -new -key "$1.key" -days "$DAYS" -subj "/CN=$OURS-$1" -out "$1.crt" \
        -addext keyUsage=critical,digitalSignature,keyCertSign,cRLSign
}

certificate() { # NAME AUTHORITY SUBJECT USAGE [NAMES]
    key "$1"
    openssl req -new -key "$1.key" -subj "$3" |
        openssl x509 -req -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "$DAYS" -out "$1.crt" \
            -extfile <(printf '%s\n' basicConstraints=CA:FALSE "extendedKeyUsage=$4" \
                keyUsage=critical,digitalSignature,keyEncipherment ${5:+"subjectAltName=$5"})
}

kubeconfig() { # NAME SERVER
    cat >"$1.kubeconfig" <<END
apiVersion: v1
kind: Config
current-context: $OURS
clusters:
- name: $OURS
  cluster: {server: "https://$2:6443", certificate-authority-data: $(base64 -w0 ca.crt)}
users:
- name: $1
  user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}
contexts:
- name: $OURS
  context: {cluster: $OURS, user: $1}
END
}

main
