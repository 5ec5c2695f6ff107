#!/usr/bin/env bash
# images.sh: makes the images that are missing or were made from other files; images.sh TAG: that one.
# No image registry is asked: they are made of Debian's packages, of Go modules, and from Maven.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

SUITE=bookworm
# The others begin with lab/base.
TAGS=(lab/busybox:1 lab/base:12 lab/python:3.11 lab/postgres:15 lab/redis:7 lab/nginx:1 lab/rabbitmq:3 \
    lab/mariadb:10.11 lab/mailpit:1.33 lab/minio:2026 lab/opensearch:2)
MAILPIT=github.com/axllent/mailpit@v1.33.1
MINIO=github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
OPENSEARCH=2.19.1

make_missing() {
    local made tag
    made=$(docker image inspect -f '{{index .Config.Labels "lab.made"}}' "${TAGS[@]}" 2>/dev/null || true)
    for tag in "${TAGS[@]}"; do
        ! grep -qxF "$(version_of "$tag")" <<<"$made" || continue
        say "making $tag"
        "$0" "$tag" >"$LAB/image.log" 2>&1 || (lack "$tag" "$(tail -n 1 "$LAB/image.log")") || true
    done
}

# The tag, and a sum of all that the image is made from.
version_of() {
    local folder
    folder=$HERE/images/$(name_of "$1")
    echo "$1@$({ cat "$0"; [ ! -d "$folder" ] || cat "$folder"/*; } | sha256sum | cut -c1-16)"
}

name_of() { expr "$1" : 'lab/\(.*\):'; }

make_image() {
    local name
    name=$(name_of "$1")
    work=$(mktemp -d "$LAB/work.XXXXXX")
    trap 'rm -rf --one-file-system "$work"' EXIT
    ! declare -F "fill_$name" >/dev/null || "fill_$name"
    if [ -d "$HERE/images/$name" ]; then
        cp "$HERE/images/$name"/* "$work"
        # The host's network: its names are those that the mirror and a proxy are known by.
        docker build --network host --label "lab.made=$(version_of "$1")" -t "$1" "$work"
    else
        tar -C "$work" -c . |
            docker import --change "LABEL lab.made=$(version_of "$1")" --change "CMD sh" - "$1"
    fi
    docker tag "$1" "lab/$name"
}

# Without its pages, which its releases add.
fill_mailpit() { install_go "$MAILPIT"; }

fill_minio() { install_go "$MINIO"; }

install_go() { # MODULE
    command -v go >/dev/null || lack "$name" "go is not on this machine"
    GOBIN=$work CGO_ENABLED=0 GOFLAGS=-mod=mod go install -trimpath -ldflags "-s -w" "$1"
}

# The server alone, and the plugin that its own image has for log-ins and TLS.
fill_opensearch() {
    need unzip
    command -v mvn >/dev/null || need maven
    fetch "org.opensearch.distribution.integ-test-zip:opensearch:$OPENSEARCH:zip"
    fetch "org.opensearch.plugin:opensearch-security:$OPENSEARCH.0:zip"
    unzip -q "$work/opensearch-$OPENSEARCH.zip" -d "$work"
    mv "$work/opensearch-$OPENSEARCH" "$work/opensearch"
    mv "$work/opensearch-security-$OPENSEARCH.0.zip" "$work/security.zip"
}

fetch() { # GROUP:ARTIFACT:VERSION:KIND
    mvn -q --batch-mode dependency:copy -Dartifact="$1" -DoutputDirectory="$work"
}

# Debian's `wget -T` crashes in it (exit status 139): let `timeout` limit it.
fill_busybox() {
    need busybox-static
    mkdir -p "$work"/{bin,etc,root,tmp,var/www}
    chmod 1777 "$work/tmp"
    cp "$(command -v busybox)" "$work/bin/"
    chroot "$work" /bin/busybox --install -s /bin
    echo root:x:0:0:root:/root:/bin/sh >"$work/etc/passwd"
}

fill_base() {
    need debootstrap
    mkdir -p "$work/etc/dpkg/dpkg.cfg.d"
    printf '%s\n' force-unsafe-io path-exclude=/usr/share/{man,doc,locale}/'*' >"$work/etc/dpkg/dpkg.cfg.d/lab"
    debootstrap --variant=minbase "$SUITE" "$work" "$(mirror)"
    cp /etc/apt/apt.conf.d/* "$work/etc/apt/apt.conf.d/"
    # The lists stay in it: each image on top would fetch them again.
    chroot "$work" apt-get update
    chroot "$work" apt-get clean
    rm -rf "$work"/usr/share/{man,doc,locale}/*
}

# The one that this machine's own packages come from.
mirror() {
    apt-get indextargets --format '$(SUITE) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
        awk -v suite="$SUITE" '$1 == suite || $2 == suite {print $3; exit}'
}

if [ $# = 0 ]; then make_missing; else make_image "$1"; fi
